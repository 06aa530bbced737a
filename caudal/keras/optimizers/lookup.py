"""Optimizers by name, and their configurations."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.keras.optimizers.adafactor import Adafactor
from caudal.keras.optimizers.adam import Adam, AdamW
from caudal.keras.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from caudal.keras.optimizers.lamb import Lamb
from caudal.keras.optimizers.loss_scale import LossScaleOptimizer
from caudal.keras.optimizers.multi import MultiOptimizer
from caudal.keras.optimizers.muon import Muon
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.schedule_free import ScheduleFreeAdamW
from caudal.keras.optimizers.sgd import SGD
from caudal.keras.optimizers.variants import Adamax, Ftrl, Lion, Nadam

CLASSES: dict[str, type[Optimizer]] = {
    kind.__name__: kind
    for kind in (
        Adadelta,
        Adafactor,
        Adagrad,
        Adam,
        AdamW,
        Adamax,
        Ftrl,
        Lamb,
        Lion,
        LossScaleOptimizer,
        MultiOptimizer,
        Muon,
        Nadam,
        RMSprop,
        SGD,
        ScheduleFreeAdamW,
    )
}
_BY_LOWER_NAME = {name.lower(): kind for name, kind in CLASSES.items()}


def get(identifier: Any) -> Any:
    """An optimizer from a name, a config, a class or itself.

    Raises InvalidArgumentError with the nearest names for an unknown one.
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    if isinstance(identifier, str):
        kind = _BY_LOWER_NAME.get(identifier.lower())
        if kind is not None:
            return kind()
        raise InvalidArgumentError(
            "optimizer: unknown name {name!r}.{hint}",
            name=identifier,
            hint=did_you_mean(identifier.lower(), list(_BY_LOWER_NAME)),
        )
    raise InvalidArgumentError(
        "optimizer: expected a name or a keras.optimizers.Optimizer, received {received!r}",
        received=identifier,
    )


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """A dict with ``class_name`` and ``config``."""
    known = type(optimizer).__name__ in CLASSES
    return {
        "module": "keras.optimizers" if known else type(optimizer).__module__,
        "class_name": type(optimizer).__name__,
        "config": optimizer.get_config(),
        "registered_name": None,
    }


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer that ``serialize`` described."""
    name = str(config.get("class_name", ""))
    kind: Any = (custom_objects or {}).get(name) or _BY_LOWER_NAME.get(name.lower())
    if kind is None:
        raise InvalidArgumentError(
            "optimizer: unknown class {name!r}.{hint}",
            name=name,
            hint=did_you_mean(name, list(CLASSES)),
        )
    return kind.from_config(config.get("config", {}))
