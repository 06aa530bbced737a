"""How a quantized weight is kept: its integers, its scales, and the way back to floats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal.keras import ops as k
from caudal.keras.quantizers.abs_max import AbsMaxQuantizer, abs_max_quantize
from caudal.keras.quantizers.groups import (
    abs_max_quantize_grouped_with_zero_point,
    dequantize_with_sz_map,
)
from caudal.keras.quantizers.int4 import pack_int4, unpack_int4

RANGE4 = (-8, 7)


@dataclass(frozen=True)
class Layout:
    """One weight of a layer under quantization.

    reduced: the axes over which one scale holds. order: the other axes, in the order of the
    stored scale, whose shape is ``scale_shape``. Four bits: the weight is seen as ``flat``, a
    matrix; ``grouped`` is the axis that blocks cut, ``packed`` the one whose neighbours share a
    byte.
    """

    name: str
    shape: tuple[int, ...]
    reduced: tuple[int, ...]
    order: tuple[int, ...]
    scale_shape: tuple[int, ...]
    flat: tuple[int, int]
    grouped: int = 0
    packed: int = 1
    own_quantizer4: bool = True

    # --- shapes -------------------------------------------------------------------------------

    @property
    def packed_shape(self) -> tuple[int, int]:
        """The shape of the bytes."""
        shape = [*self.flat]
        shape[self.packed] = (shape[self.packed] + 1) // 2
        return shape[0], shape[1]

    def scale_shape4(self, block: int | None) -> tuple[int, ...]:
        """The shape of the scales of four-bit integers."""
        groups, channels = self.flat[self.grouped], self.flat[1 - self.grouped]
        if block is None:
            return (channels,)
        count = math.ceil(groups / block)
        return (count, channels) if self.grouped == 0 else (channels, count)

    # --- from floats --------------------------------------------------------------------------

    def quantize8(self, weight: Any, quantizer: Any) -> dict[str, Any]:
        """int8 values and their scales, by the names' endings."""
        quantizer = quantizer or AbsMaxQuantizer(axis=self.reduced)
        values, scale = quantizer(weight, to_numpy=True)
        scale = k.transpose(scale, (*self.order, *self.reduced))
        return {"": values, "_scale": k.reshape(scale, self.scale_shape)}

    def quantize4(self, weight: Any, quantizer: Any, block: int | None) -> dict[str, Any]:
        """Packed values, scales and zero points."""
        matrix = k.reshape(weight, self.flat)
        if block is None:
            axis = self.grouped
            if quantizer is not None and self.own_quantizer4:
                values, scale = quantizer(matrix, to_numpy=True)
            else:
                values, scale = abs_max_quantize(matrix, axis, RANGE4, to_numpy=True)
            found = {"_scale": k.squeeze(scale, axis=axis)}
        else:
            rows = k.transpose(matrix) if self.grouped else matrix
            parts = abs_max_quantize_grouped_with_zero_point(rows, block, RANGE4, to_numpy=True)
            values, scale, zero = (k.transpose(p) if self.grouped else p for p in parts)
            found = {"_scale": scale, "_zero": zero}
        return {"": pack_int4(values, axis=self.packed)[0], **found}

    # --- back to floats -----------------------------------------------------------------------

    def dequantize8(self, values: Any, scale: Any, dtype: str) -> Any:
        """The weight as floats."""
        kept = [self.shape[axis] for axis in self.order]
        scale = k.reshape(scale, (*kept, *(1 for _ in self.reduced)))
        places = np.argsort((*self.order, *self.reduced))
        return k.divide(k.cast(values, dtype), k.transpose(scale, tuple(map(int, places))))

    def unpack(self, values: Any) -> Any:
        """The integers as a matrix."""
        return unpack_int4(values, self.flat[self.packed], axis=self.packed)

    def dequantize4(self, values: Any, scale: Any, zero: Any, groups: Any, dtype: str) -> Any:
        """The weight as floats."""
        matrix = self.unpack(values)
        if zero is None:
            scale = k.expand_dims(scale, self.grouped)
            matrix = k.divide(k.cast(matrix, dtype), scale)
        else:
            matrix = dequantize_with_sz_map(matrix, scale, zero, groups, self.grouped)
        return k.cast(k.reshape(matrix, self.shape), dtype)
