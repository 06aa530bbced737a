"""What ``compile`` was given, as a configuration, and back."""

from __future__ import annotations

import warnings
from typing import Any

from caudal.errors import CaudalWarning
from caudal.keras.engine.serialization import (
    deserialize_keras_object,
    get_registered_object,
    is_builtin,
    serialize_keras_object,
)
from caudal.keras.training.trainer import Trainer

_OBJECTS = ("loss", "loss_weights", "metrics", "weighted_metrics")


def compile_config(model: Any) -> dict[str, Any]:
    """The arguments of ``compile``; empty for a model that is not compiled.

    A class of the user's may say itself what they are, by a ``get_compile_config`` of its own.
    """
    if not model.compiled:
        return {}
    if not is_builtin(type(model).get_compile_config):
        own: dict[str, Any] = serialize_keras_object(model.get_compile_config())
        return own
    state = model._training
    return {
        "optimizer": serialize_keras_object(model.optimizer),
        **{name: _written(state.arguments[name]) for name in _OBJECTS},
        "run_eagerly": state.run_eagerly,
        "steps_per_execution": state.steps_per_execution,
        "jit_compile": "auto",
    }


def _written(value: Any) -> Any:
    """Built-in functions and classes by their names, as Keras accepts them everywhere."""
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_written(item) for item in value]
    if isinstance(value, type):
        value = value()
    if callable(value) and hasattr(value, "__name__") and is_builtin(value):
        return value.__name__
    return serialize_keras_object(value)


def compile_from(model: Any, config: dict[str, Any]) -> None:
    """Compiles a model as a configuration says, and makes the optimizer's slots.

    A class of the user's with a ``compile`` of its own takes arguments that nobody wrote down: it
    stays uncompiled, with a warning, unless it has a ``compile_from_config`` too.

    Raises:
        DTypeError: a loss or metric of the user's that was not given as a custom object.
    """
    if type(model).compile_from_config is not Trainer.compile_from_config:
        model.compile_from_config(config)
        _make_slots(model)
        return
    if not is_builtin(type(model).compile):
        warnings.warn(
            f"Model {model.name!r} is loaded without being compiled, because "
            f"{type(model).__name__} has a compile() of its own. Call it, or load with "
            "compile=False.",
            CaudalWarning,
            stacklevel=2,
        )
        return
    arguments = {name: _read(config.get(name)) for name in _OBJECTS}
    model.compile(
        optimizer=deserialize_keras_object(config.get("optimizer") or "rmsprop"),
        run_eagerly=bool(config.get("run_eagerly", False)),
        steps_per_execution=config.get("steps_per_execution") or 1,
        **arguments,
    )
    _make_slots(model)


def _make_slots(model: Any) -> None:
    optimizer = getattr(model, "optimizer", None)
    if model.built and optimizer is not None and not optimizer.built:
        optimizer.build(model.trainable_variables)


def _read(value: Any) -> Any:
    """Names stay names, unless they are the user's own."""
    if isinstance(value, str):
        found = get_registered_object(value)
        return value if found is None else found
    if isinstance(value, list | tuple):
        return [_read(item) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _read(item) for key, item in value.items()}
    return deserialize_keras_object(value)
