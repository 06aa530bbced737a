"""Concatenate: several tensors behind one another along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.errors import ShapeError
from caudal.framework import Tensor
from caudal.keras.layers.merging import Merge, as_bools, wide_mask


class Concatenate(Merge):
    """Joins tensors that agree in all extents but that of ``axis``."""

    _config_names = ("axis",)

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        """The joined tensor."""
        values = list(inputs)
        self.compute_output_shape([tuple(value.shape) for value in values])
        return ops.concat(*values, axis=self.axis % len(values[0].shape))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks joined as the inputs are; all True for an input without one."""
        masks = self._masks(inputs, mask)
        if masks is None or all(one is None for one in masks):
            return None
        parts = []
        for value, one in zip(inputs, masks, strict=True):
            if one is None:
                part = Tensor(np.ones(tuple(value.shape), bool))
            elif len(one.shape) < len(value.shape):
                part = wide_mask(one, value)
            else:
                part = as_bools(one)
            parts.append(part)
        joined = ops.concat(*parts, axis=self.axis % len(parts[0].shape))
        return math.reduce_any(joined, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape with the extents of ``axis`` added up."""
        self._check(input_shape)
        first = tuple(input_shape[0])
        rank = len(first)
        good = all(len(shape) == rank for shape in input_shape) and -rank <= self.axis < rank
        place = self.axis % rank if rank else 0
        result = list(first)
        for shape in input_shape[1:] if good else ():
            for axis, (a, b) in enumerate(zip(result, shape, strict=True)):
                if axis == place:
                    result[axis] = None if a is None or b is None else a + b
                elif a is None:
                    result[axis] = b
                elif b is not None and a != b:
                    good = False
        if not good:
            raise ShapeError(
                "Layer {layer!r}: a `Concatenate` layer requires inputs with matching shapes "
                "except for the concatenation axis {axis}. Received: {shapes}.",
                layer=self.name,
                axis=self.axis,
                shapes=[tuple(shape) for shape in input_shape],
            )
        return tuple(result)

    def compute_output_dtype(self, inputs: Any) -> str:
        """The inputs'."""
        return str(inputs[0].dtype)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """The same as calling the layer `Concatenate`."""
    return Concatenate(axis=axis, **kwargs)(inputs)
