"""Losses by name, and their configurations."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.keras.losses import (
    alignment,
    crossentropy,
    margins,
    probabilistic,
    regression,
    similarity,
)
from caudal.keras.losses.loss import Loss, LossFunctionWrapper

CLASSES: dict[str, type[Loss]] = {
    kind.__name__: kind
    for module in (alignment, crossentropy, margins, regression, similarity)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Loss) and kind is not LossFunctionWrapper
}

FUNCTIONS: dict[str, Any] = {
    function.__name__: function
    for function in (
        regression.mean_squared_error,
        regression.mean_absolute_error,
        regression.mean_absolute_percentage_error,
        regression.mean_squared_logarithmic_error,
        regression.cosine_similarity,
        regression.huber,
        regression.log_cosh,
        margins.hinge,
        margins.squared_hinge,
        margins.categorical_hinge,
        margins.dice,
        margins.tversky,
        alignment.ctc,
        similarity.circle,
        probabilistic.binary_crossentropy,
        probabilistic.binary_focal_crossentropy,
        probabilistic.categorical_crossentropy,
        probabilistic.categorical_focal_crossentropy,
        probabilistic.categorical_generalized_cross_entropy,
        probabilistic.sparse_categorical_crossentropy,
        probabilistic.kl_divergence,
        probabilistic.poisson,
    )
}

_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "bce": "binary_crossentropy",
}
FUNCTIONS.update({short: FUNCTIONS[long] for short, long in _SHORT.items()})
FUNCTIONS.update({short.upper(): FUNCTIONS[_SHORT[short]] for short in ("mse", "mae", "mape")})
FUNCTIONS.update(MSLE=FUNCTIONS["msle"], KLD=FUNCTIONS["kld"])


class Reduction:
    """Keras 2's names of the reductions."""

    AUTO = "sum_over_batch_size"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


def get(identifier: Any) -> Any:
    """A loss from a name (a function), a class's name (an instance), a config or itself.

    Raises InvalidArgumentError with the nearest names for an unknown one.

    >>> get("mse").__name__
    'mean_squared_error'
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return _by_name(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier):
        return identifier
    raise InvalidArgumentError(
        "loss: expected a name, a keras.losses.Loss or a function, received {received!r}",
        received=identifier,
    )


def _by_name(name: str) -> Any:
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name in CLASSES:
        return CLASSES[name]()
    custom = _custom_objects().get(name)
    if custom is not None:
        return get(custom)
    known = [*FUNCTIONS, *CLASSES]
    raise InvalidArgumentError(
        "loss: unknown name {name!r}.{hint}", name=name, hint=did_you_mean(name, known)
    )


def _custom_objects() -> dict[str, Any]:
    from caudal.keras.engine import serialization

    found: dict[str, Any] = getattr(serialization, "get_custom_objects", dict)()
    return found


def serialize(loss: Any) -> Any:
    """A built-in function's name, or a dict with ``class_name`` and ``config``."""
    if isinstance(loss, Loss):
        return {
            "module": "keras.losses" if type(loss).__name__ in CLASSES else type(loss).__module__,
            "class_name": type(loss).__name__,
            "config": loss.get_config(),
            "registered_name": None,
        }
    return getattr(loss, "__name__", loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The loss that ``serialize`` described, or that a name means."""
    config = name
    if isinstance(config, str) or not isinstance(config, dict):
        found = (custom_objects or {}).get(config) if isinstance(config, str) else None
        return found if found is not None else get(config)
    name = config.get("class_name", "")
    kind = (custom_objects or {}).get(name) or CLASSES.get(name) or _custom_objects().get(name)
    if name == "function":
        return get(config["config"])
    if kind is None:
        raise InvalidArgumentError(
            "loss: unknown class {name!r}.{hint}", name=name, hint=did_you_mean(name, [*CLASSES])
        )
    return kind.from_config(config.get("config", {}))
