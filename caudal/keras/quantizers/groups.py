"""Asymmetric quantization: each group of rows has a scale and a zero point for each column."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras import ops as k


def abs_max_quantize_grouped_with_zero_point(
    inputs: Any,
    block_size: int,
    value_range: tuple[int, int] = (-8, 7),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple[Any, Any, Any]:
    """(integers, scales, zero points) of a matrix ``(rows, columns)``.

    Every ``block_size`` rows are a group; scales and zero points are ``(groups, columns)``. The
    last group is filled up with zeros. ``inputs`` is near ``(integers - zero point) * scale``.

    to_numpy: accepted; the values are the same.

    >>> found = abs_max_quantize_grouped_with_zero_point(np.eye(4, 3, dtype="float32"), 2)
    >>> [tuple(part.shape) for part in found]
    [(4, 3), (2, 3), (2, 3)]

    Raises:
        ShapeError: ``inputs`` is no matrix.
        InvalidArgumentError: ``block_size`` is not positive.
    """
    x = convert_to_tensor(inputs)
    if len(x.shape) != 2:
        raise ShapeError(
            "abs_max_quantize_grouped_with_zero_point: expected a matrix, received shape {shape}.",
            shape=tuple(x.shape),
        )
    if not hasattr(block_size, "__index__") or int(block_size) < 1:
        raise InvalidArgumentError(
            "abs_max_quantize_grouped_with_zero_point: `block_size` must be a positive integer, "
            "received {block_size!r}.",
            block_size=block_size,
        )
    array = x.numpy()
    rows, columns = array.shape
    groups = math.ceil(rows / block_size)
    low, high = value_range
    filled = np.zeros((groups * block_size, columns), array.dtype)
    filled[:rows] = array
    blocks = filled.reshape(groups, block_size, columns)
    least, most = blocks.min(axis=1, keepdims=True), blocks.max(axis=1, keepdims=True)
    if not to_numpy:
        # A group of one value gets room on both sides.
        flat = least == most
        least, most = np.where(flat, least - 1, least), np.where(flat, most + 1, most)
    step = ((most - least) + array.dtype.type(epsilon)) / array.dtype.type(high - low)
    zero = np.clip(np.round(-least / step) + low, low, high)
    levels = np.clip(np.round(blocks / step) + zero, low, high).astype(dtype)
    return (
        convert_to_tensor(levels.reshape(-1, columns)[:rows]),
        convert_to_tensor(step[:, 0].astype(array.dtype)),
        convert_to_tensor(zero[:, 0].astype("int8")),
    )


def dequantize_with_sz_map(
    weights_matrix: Any, scale: Any, zero: Any, g_idx: Any, group_axis: int = -1
) -> Any:
    """``(weights - zero point) * scale``; ``g_idx`` names the group of each place of an axis."""
    groups = k.cast(g_idx, "int32")
    scales = k.take(scale, groups, axis=group_axis)
    zeros = k.cast(k.take(zero, groups, axis=group_axis), scales.dtype.name)
    return k.multiply(k.subtract(k.cast(weights_matrix, scales.dtype.name), zeros), scales)
