"""Penalties on weights and outputs."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras.engine.argument_rules import Checked
from caudal.keras.engine.serialization import (
    deserialize_keras_object,
    lookup,
    serialize_keras_object,
)


class Regularizer(Checked):
    """The base class: a function of a tensor, with a configuration."""

    def __call__(self, x: Any) -> Any:
        """The penalty: a scalar."""
        return convert_to_tensor(0.0)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The regularizer of a configuration."""
        return cls(**config)


def _factor(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e30:
        raise InvalidArgumentError(
            "A regularization factor must be a finite, non-negative number: {name}={value!r}.",
            name=name,
            value=value,
        )
    return float(value)


class L1L2(Regularizer):
    """``l1 * sum|x| + l2 * sum x^2``.

    >>> float(L1L2(l1=1.0, l2=0.5)(convert_to_tensor([1.0, -2.0])))
    5.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor(0.0 if l1 is None else l1, "l1")
        self.l2 = _factor(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        """The penalty: a scalar."""
        x = convert_to_tensor(x)
        loss: Any = None
        if self.l1:
            loss = math.reduce_sum(math.abs(x)) * self.l1
        if self.l2:
            part = math.reduce_sum(math.square(x)) * self.l2
            loss = part if loss is None else loss + part
        return convert_to_tensor(0.0, dtype=x.dtype) if loss is None else loss

    def get_config(self) -> dict[str, Any]:
        """Both factors."""
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """``l1 * sum|x|``."""

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _factor(0.01 if l1 is None else l1, "l1")

    def __call__(self, x: Any) -> Any:
        """The penalty: a scalar."""
        return math.reduce_sum(math.abs(convert_to_tensor(x))) * self.l1

    def get_config(self) -> dict[str, Any]:
        """The factor."""
        return {"l1": self.l1}


class L2(Regularizer):
    """``l2 * sum x^2``."""

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _factor(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: Any) -> Any:
        """The penalty: a scalar."""
        return math.reduce_sum(math.square(convert_to_tensor(x))) * self.l2

    def get_config(self) -> dict[str, Any]:
        """The factor."""
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Pulls the rows (or columns) of a matrix towards orthogonality.

    ``factor * sum |cosine similarity|`` over each pair of different rows, divided by the number
    of pairs.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _factor(factor, "factor")
        if mode not in ("rows", "columns"):
            raise InvalidArgumentError(
                "OrthogonalRegularizer: `mode` must be 'rows' or 'columns', received {mode!r}.",
                mode=mode,
            )
        self.mode = mode

    def __call__(self, inputs: Any) -> Any:
        """The penalty: a scalar."""
        x = convert_to_tensor(inputs)
        if len(x.shape) != 2:
            raise InvalidArgumentError(
                "OrthogonalRegularizer: expected a tensor of rank 2, received shape {shape}.",
                shape=tuple(x.shape),
            )
        if self.mode == "columns":
            x = _transpose(x)
        norm = math.sqrt(math.maximum(math.reduce_sum(math.square(x), 1, keepdims=True), 1e-12))
        x = x / norm
        size = int(x.shape[0])
        product = x @ _transpose(x)
        import numpy as np

        off_diagonal = product * (1.0 - np.eye(size, dtype=product.dtype.np_dtype))
        pairs = size * (size - 1.0) / 2.0
        return math.reduce_sum(math.abs(off_diagonal)) * (0.5 * self.factor) / pairs

    def get_config(self) -> dict[str, Any]:
        """Factor and mode."""
        return {"factor": self.factor, "mode": self.mode}


def _transpose(x: Any) -> Any:
    from caudal import ops

    return ops.transpose(x, perm=(1, 0))


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_TABLE: dict[str, Any] = {
    "L1": L1,
    "L2": L2,
    "L1L2": L1L2,
    "OrthogonalRegularizer": OrthogonalRegularizer,
    "l1": L1,
    "l2": L2,
    "l1_l2": L1L2,
    "l1l2": L1L2,
    "orthogonal_regularizer": OrthogonalRegularizer,
}


def get(identifier: Any) -> Any:
    """A regularizer from None, a name, a configuration, or a function."""
    return lookup("regularizer", identifier, _TABLE)


def serialize(regularizer: Any) -> Any:
    """The configuration of a regularizer."""
    return serialize_keras_object(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The regularizer of a configuration."""
    return deserialize_keras_object(config, {**_TABLE, **(custom_objects or {})})
