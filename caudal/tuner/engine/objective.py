"""What a search is after: a metric to be made small or large, or several of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.tuner.engine.metrics_tracking import infer_metric_direction


class Objective:
    """The metric ``name``, to be made small ("min") or large ("max").

    >>> str(Objective("val_f1", direction="max"))
    'Objective(name="val_f1", direction="max")'
    """

    def __init__(self, name: str, direction: str) -> None:
        if direction not in ("min", "max"):
            raise InvalidArgumentError(
                "Objective({name!r}): direction must be 'min' or 'max', received {received!r}.",
                name=name,
                received=direction,
            )
        self.name = name
        self.direction = direction

    def has_value(self, logs: Mapping[str, Any]) -> bool:
        """Whether an epoch's logs have what it needs."""
        return self.name in logs

    def get_value(self, logs: Mapping[str, Any]) -> Any:
        """Its value in an epoch's logs."""
        return logs[self.name]

    def better_than(self, a: float, b: float) -> bool:
        """Whether value ``a`` is better than ``b``."""
        return a > b if self.direction == "max" else a < b

    def missing(self, logs: Mapping[str, Any]) -> list[str]:
        """The names that it needs and the logs lack."""
        return [] if self.name in logs else [self.name]

    def direction_of(self, name: str) -> str | None:
        """The direction in which it wants a metric, if it is about that."""
        return self.direction if name == self.name else None

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Objective) and type(other) is type(self)
        return same and (other.name, other.direction) == (self.name, self.direction)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.name, self.direction))

    def __str__(self) -> str:
        return f'{type(self).__name__}(name="{self.name}", direction="{self.direction}")'


class DefaultObjective(Objective):
    """What a trial returns is the value to be made small."""

    def __init__(self) -> None:
        super().__init__("default_objective", "min")


class MultiObjective(Objective):
    """The sum of what is to be small less the sum of what is to be large, made small."""

    def __init__(self, objectives: list[Objective]) -> None:
        super().__init__("multi_objective", "min")
        self.objectives = objectives
        self.name_to_direction = {one.name: one.direction for one in objectives}

    def has_value(self, logs: Mapping[str, Any]) -> bool:
        """Whether all of them are in the logs."""
        return not self.missing(logs)

    def get_value(self, logs: Mapping[str, Any]) -> Any:
        """The sum, with its signs."""
        signed = self.name_to_direction.items()
        return sum(logs[name] if way == "min" else -logs[name] for name, way in signed)

    def missing(self, logs: Mapping[str, Any]) -> list[str]:
        """The names that the logs lack."""
        return [name for name in self.name_to_direction if name not in logs]

    def direction_of(self, name: str) -> str | None:
        """The direction in which it wants one of its metrics, or the sum."""
        return self.name_to_direction.get(name) or super().direction_of(name)

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, MultiObjective)
        return same and other.name_to_direction == self.name_to_direction  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(frozenset(self.name_to_direction.items()))

    def __str__(self) -> str:
        return f"{super().__str__()}: [{', '.join(map(str, self.objectives))}]"


def create_objective(objective: Any) -> Objective:
    """The objective that a user means: None, a name, an `Objective` or a list of these.

    Raises:
        InvalidArgumentError: a name says no direction.
        DTypeError: it is something else.
    """
    if objective is None:
        return DefaultObjective()
    if isinstance(objective, Objective):
        return objective
    if isinstance(objective, list | tuple):
        return MultiObjective([create_objective(one) for one in objective])
    if not isinstance(objective, str):
        raise DTypeError(
            "objective: expected a metric's name, a keras_tuner.Objective or a list of these, "
            "received {received!r}.",
            received=objective,
        )
    direction = infer_metric_direction(objective)
    if direction is None:
        raise InvalidArgumentError(
            "objective: whether {name!r} is to be small or large cannot be told from its name: "
            "write keras_tuner.Objective({name!r}, direction='min') or 'max'.",
            name=objective,
        )
    return Objective(objective, direction)
