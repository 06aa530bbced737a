"""RMSNormalization: division by the root of the mean square."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.framework import convert_to_tensor
from caudal.keras.engine.layer import Layer


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

    def call(self, inputs: Any) -> Any:
        """The scaled input."""
        rank = len(inputs.shape)
        axes = self._axes(rank)
        wide = tuple(inputs.shape[axis] if axis in axes else 1 for axis in range(rank))
        square = math.reduce_mean(math.square(inputs), axis=axes, keepdims=True)
        scale = ops.reshape(convert_to_tensor(self.scale), shape=wide)
        return inputs * ops.rsqrt(square + self.epsilon) * scale

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
