"""Projections that an optimizer applies to weights after each update."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.framework import convert_to_tensor
from caudal.keras.engine.argument_rules import Checked
from caudal.keras.engine.policy import epsilon
from caudal.keras.engine.serialization import (
    deserialize_keras_object,
    lookup,
    serialize_keras_object,
)


class Constraint(Checked):
    """The base class: a function from a weight to the permitted weight."""

    def __call__(self, w: Any) -> Any:
        """The permitted weight."""
        return convert_to_tensor(w)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The constraint of a configuration."""
        return cls(**config)


def _norm(w: Any, axis: Any) -> Any:
    return math.sqrt(math.reduce_sum(math.square(w), axis=axis, keepdims=True))


class MaxNorm(Constraint):
    """Scales vectors along ``axis`` down to a norm of at most ``max_value``."""

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Any) -> Any:
        """The permitted weight."""
        w = convert_to_tensor(w)
        norms = _norm(w, self.axis)
        desired = math.minimum(math.maximum(norms, 0.0), float(self.max_value))
        return w * (desired / (norms + epsilon()))

    def get_config(self) -> dict[str, Any]:
        """The limit and the axis."""
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """Sets negative weights to 0."""

    def __call__(self, w: Any) -> Any:
        """The permitted weight."""
        return math.maximum(convert_to_tensor(w), 0.0)


class UnitNorm(Constraint):
    """Scales vectors along ``axis`` to norm 1."""

    def __init__(self, axis: Any = 0) -> None:
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        """The permitted weight."""
        w = convert_to_tensor(w)
        return w / (_norm(w, self.axis) + epsilon())

    def get_config(self) -> dict[str, Any]:
        """The axis."""
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Pulls the norm of vectors along ``axis`` between two values, by ``rate`` at a time."""

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0
    ) -> None:
        self.min_value, self.max_value = min_value, max_value
        self.rate, self.axis = rate, axis

    def __call__(self, w: Any) -> Any:
        """The permitted weight."""
        w = convert_to_tensor(w)
        norms = _norm(w, self.axis)
        clipped = math.minimum(math.maximum(norms, float(self.min_value)), float(self.max_value))
        desired = clipped * self.rate + norms * (1.0 - self.rate)
        return w * (desired / (norms + epsilon()))

    def get_config(self) -> dict[str, Any]:
        """Limits, rate and axis."""
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm

_TABLE: dict[str, Any] = {
    "MaxNorm": MaxNorm,
    "NonNeg": NonNeg,
    "UnitNorm": UnitNorm,
    "MinMaxNorm": MinMaxNorm,
    "max_norm": MaxNorm,
    "non_neg": NonNeg,
    "unit_norm": UnitNorm,
    "min_max_norm": MinMaxNorm,
}


def get(identifier: Any) -> Any:
    """A constraint from None, a name, a configuration, or a function."""
    return lookup("constraint", identifier, _TABLE)


def serialize(constraint: Any) -> Any:
    """The configuration of a constraint."""
    return serialize_keras_object(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The constraint of a configuration."""
    return deserialize_keras_object(config, {**_TABLE, **(custom_objects or {})})
