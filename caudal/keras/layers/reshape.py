"""Reshape: the same elements in another shape."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.errors import ShapeError
from caudal.keras.engine.layer import Layer


class Reshape(Layer):
    """``(batch, *anything)`` becomes ``(batch, *target_shape)``; one extent may be -1."""

    _config_names = ("target_shape",)

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._build_at_init()
        if isinstance(target_shape, int):
            target_shape = (target_shape,)
        self.target_shape = tuple(int(extent) for extent in target_shape)
        if self.target_shape.count(-1) > 1 or any(n < -1 for n in self.target_shape):
            raise ShapeError(
                "Reshape: `target_shape` may hold one -1 and no other negative extent, "
                "received {shape}.",
                shape=self.target_shape,
            )

    def _resolve(self, rest: tuple[Any, ...]) -> tuple[Any, ...]:
        if None in rest:
            return tuple(None if n == -1 else n for n in self.target_shape)
        size = math.prod(rest)
        known = math.prod(n for n in self.target_shape if n != -1)
        fits = size % known == 0 if -1 in self.target_shape and known else size == known
        if not fits:
            raise ShapeError(
                "Layer {layer!r}: the total size of the tensor must be unchanged. Received: "
                "input_shape={shape} ({size} elements), target_shape={target}.",
                layer=self.name,
                shape=rest,
                size=size,
                target=self.target_shape,
            )
        return tuple(size // max(known, 1) if n == -1 else n for n in self.target_shape)

    def call(self, inputs: Any) -> Any:
        """The reshaped tensor."""
        shape = tuple(inputs.shape)
        return ops.reshape(inputs, shape=(shape[0], *self._resolve(shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Batch and the target, its -1 resolved."""
        return (input_shape[0], *self._resolve(tuple(input_shape[1:])))

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
