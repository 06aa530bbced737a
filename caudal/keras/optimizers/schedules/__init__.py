"""Learning-rate schedules; pass one as an optimizer's ``learning_rate``."""

from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.keras.optimizers.schedules.decays import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from caudal.keras.optimizers.schedules.schedule import LearningRateSchedule

_CLASSES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        CosineDecay,
        CosineDecayRestarts,
        ExponentialDecay,
        InverseTimeDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
    )
}


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """A dict with ``class_name`` and ``config``."""
    return {
        "module": "keras.optimizers.schedules",
        "class_name": type(learning_rate_schedule).__name__,
        "config": learning_rate_schedule.get_config(),
        "registered_name": None,
    }


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The schedule that ``serialize`` described."""
    name = config.get("class_name", "")
    kind = (custom_objects or {}).get(name) or _CLASSES.get(name)
    if kind is None:
        raise InvalidArgumentError(
            "learning-rate schedule: unknown class {name!r}.{hint}",
            name=name,
            hint=did_you_mean(name, list(_CLASSES)),
        )
    return kind.from_config(config.get("config", {}))


__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
