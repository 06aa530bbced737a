"""The base class of learning-rate schedules."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import numeric as n


class LearningRateSchedule:
    """A learning rate as a function of the number of updates done; define ``__call__(step)``."""

    def __call__(self, step: Any) -> Any:
        """The rate after ``step`` updates."""
        raise InvalidArgumentError(
            "{schedule}: a schedule must define __call__(self, step)", schedule=type(self).__name__
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        raise InvalidArgumentError(
            "{schedule}: a schedule must define get_config to be saved",
            schedule=type(self).__name__,
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """A schedule from ``get_config``'s answer."""
        return cls(**config)


def as_step(step: Any) -> Any:
    """The step as a float32 tensor."""
    return n.tensor(step, "float32")


def positive(schedule: str, name: str, value: Any) -> None:
    """Raise unless ``value`` is above 0."""
    if not value > 0:
        raise InvalidArgumentError(
            "{schedule}: {name} must be positive, received {value}",
            schedule=schedule,
            name=name,
            value=value,
        )
