"""RMSNormalization: division by the root of the mean square."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.keras.engine.layer import Layer
from caudal.keras.layers.wide_floats import narrow, widen


class RMSNormalization(Layer):
    """``scale * x / sqrt(mean(x^2) + epsilon)`` over ``axis``.

    Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
    """

    _config_names = ("axis", "epsilon")

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, list | tuple) else [axis]
        self.epsilon = epsilon

    def _axes(self, rank: int) -> list[int]:
        return sorted(axis % rank for axis in self.axis)

    def build(self, input_shape: Any) -> None:
        """Makes the scale."""
        shape = tuple(input_shape[axis] for axis in self._axes(len(input_shape)))
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")

    def call(self, x: Any) -> Any:
        """The scaled input."""
        rank = len(x.shape)
        axes = self._axes(rank)
        wide = tuple(x.shape[axis] if axis in axes else 1 for axis in range(rank))
        wider = widen(x)
        square = math.reduce_mean(math.square(wider), axis=axes, keepdims=True)
        scale = ops.reshape(widen(self.scale), shape=wide)
        return narrow(wider * ops.rsqrt(square + self.epsilon) * scale, x)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
