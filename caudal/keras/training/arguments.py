"""Reading the arguments of compile, fit, evaluate and predict."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, InvalidArgumentError, did_you_mean
from caudal.framework import nest
from caudal.keras import losses, metrics, optimizers
from caudal.keras.engine import switches
from caudal.keras.metrics.metric import Metric
from caudal.keras.training.arrays import is_stream
from caudal.keras.training.data import read

_OLD = {"workers", "use_multiprocessing", "max_queue_size"}


def names_of(method: Callable[..., Any]) -> list[str]:
    """The names of a method's arguments."""
    return [name for name in inspect.signature(method).parameters if name not in ("self", "kwargs")]


def reject_unknown(method: str, kwargs: dict[str, Any], known: list[str]) -> None:
    """Raise for an unknown keyword, by name; Keras 2's worker options get a warning."""
    for name in kwargs:
        if name in _OLD:
            warnings.warn(
                f"{method}: {name}= is an old argument without effect; leave it out",
                CaudalWarning,
                stacklevel=4,
            )
            continue
        raise InvalidArgumentError(
            "{method}: unknown argument {name!r}.{hint}",
            method=method,
            name=name,
            hint=did_you_mean(name, known),
        )


def metrics_in_third_place(loss_weights: Any, metrics: Any) -> tuple[Any, Any]:
    """Keras 2 had ``metrics`` where ``loss_weights`` stands now: put it right, with a warning."""
    if metrics is None and any(
        isinstance(one, str | Metric) or callable(one) for one in nest.flatten(loss_weights)
    ):
        warnings.warn(
            "compile: the third argument is loss_weights, but metrics were given; write metrics=",
            CaudalWarning,
            stacklevel=3,
        )
        return None, loss_weights
    return loss_weights, metrics


def epochs(value: Any) -> int:
    """The epochs of ``fit``, at most keras.config.max_epochs()."""
    limit = switches.max_epochs()
    count = whole("fit", "epochs", value)
    return count if limit is None else min(count, limit)


def steps(method: str, name: str, value: Any) -> int | None:
    """A number of batches or None, at most keras.config.max_steps_per_epoch()."""
    if value is not None:
        value = whole(method, name, value, least=1)
    return switches.limited(value, switches.max_steps_per_epoch())


def verbosity(verbose: Any) -> int:
    """0, 1 or 2; "auto" and True are 1."""
    if verbose == "auto" or verbose is True:
        return 1
    if verbose in (0, 1, 2) or verbose is False:
        return int(verbose)
    raise InvalidArgumentError(
        "verbose must be 0, 1, 2 or 'auto', received {verbose!r}", verbose=verbose
    )


def batch_size(method: str, size: Any) -> int:
    """The batch size; 32 unless given."""
    if size is None:
        return 32
    return whole(method, "batch_size", size, least=1)


def whole(method: str, name: str, value: Any, least: int = 0) -> int:
    """An argument that counts something, as an int."""
    fits = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not fits or int(value) != value or value < least:
        raise InvalidArgumentError(
            "{method}: {name} must be an integer >= {least}, received {value!r}",
            method=method,
            name=name,
            least=least,
            value=value,
        )
    return int(value)


def validation(data: Any) -> Any:
    """The data of ``validation_data``."""
    if is_stream(data):
        return read(data)
    if not isinstance(data, list | tuple) or not 1 <= len(data) <= 3:
        raise InvalidArgumentError(
            "validation_data must be (x, y), (x, y, sample_weight) or a dataset, received {kind}",
            kind=type(data).__name__,
        )
    return read(*data)


def is_due(freq: Any, epoch: int) -> bool:
    """Whether validation runs after this epoch: every ``freq`` epochs, or those listed from 1."""
    if isinstance(freq, int):
        return (epoch + 1) % freq == 0
    return (epoch + 1) in freq


def compile_config(arguments: dict[str, Any], model: Any) -> dict[str, Any]:
    """The arguments of ``compile`` as a configuration."""
    if not arguments:
        return {}
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": nest.map_structure(losses.serialize, arguments["loss"]),
        "loss_weights": arguments["loss_weights"],
        "metrics": nest.map_structure(metrics.serialize, arguments["metrics"]),
        "weighted_metrics": nest.map_structure(metrics.serialize, arguments["weighted_metrics"]),
    }


def from_compile_config(config: dict[str, Any]) -> dict[str, Any]:
    """The arguments of ``compile`` from a configuration."""

    def revive(value: Any, deserialize: Callable[[Any], Any]) -> Any:
        if isinstance(value, dict) and "class_name" in value:
            return deserialize(value)
        if isinstance(value, dict):
            return {key: revive(part, deserialize) for key, part in value.items()}
        if isinstance(value, list):
            return [revive(part, deserialize) for part in value]
        return value

    found = dict(config)
    found["optimizer"] = revive(config.get("optimizer", "rmsprop"), optimizers.deserialize)
    found["loss"] = revive(config.get("loss"), losses.deserialize)
    for name in ("metrics", "weighted_metrics"):
        found[name] = revive(config.get(name), metrics.deserialize)
    return {name: value for name, value in found.items() if value is not None}
