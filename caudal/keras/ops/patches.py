"""``keras.ops``: blocks of images laid out in columns, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import linalg, ops
from caudal.array import movement
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras.layers import arguments
from caudal.keras.ops.promotion import floating, tensor


def _dims(x: Any) -> tuple[int, ...]:
    return tuple(int(extent) for extent in x.shape)


def _places(extent: int, size: int, dilation: int, padding: int, stride: int) -> Any:
    """(windows, size) places along an axis that is padded on both sides."""
    count = (extent + 2 * padding - dilation * (size - 1) - 1) // stride + 1
    if count < 1:
        raise ShapeError(
            "keras.ops.unfold: a window of {size} does not fit into {extent} places.",
            size=size,
            extent=extent,
        )
    return np.arange(count)[:, None] * stride + np.arange(size)[None] * dilation


def _pairs(**values: Any) -> list[tuple[int, ...]]:
    return [
        arguments.integers(value, 2, name, zero=name == "padding") for name, value in values.items()
    ]


def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Sliding blocks of (batch, channels, height, width): (batch, channels * block, blocks).

    >>> unfold([[[[1, 2], [3, 4]]]], kernel_size=2).numpy().tolist()
    [[[1], [2], [3], [4]]]
    """
    x = tensor(x)
    size, gap, edge, step = _pairs(
        kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    batch, channels, height, width = _dims(x)
    rows = _places(height, size[0], gap[0], edge[0], step[0])
    columns = _places(width, size[1], gap[1], edge[1], step[1])
    x = movement.pad(x, [[0, 0], [0, 0], [edge[0]] * 2, [edge[1]] * 2])
    x = ops.gather(x, convert_to_tensor(rows.astype("int32")), axis=2)
    x = ops.gather(x, convert_to_tensor(columns.astype("int32")), axis=4)
    # (batch, channels, row windows, rows, column windows, columns)
    x = movement.transpose(x, (0, 1, 3, 5, 2, 4))
    blocks = rows.shape[0] * columns.shape[0]
    return movement.reshape(x, (batch, channels * size[0] * size[1], blocks))


def fold(
    x: Any,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Any:
    """The sum of overlapping blocks: `unfold`'s columns put back in their places."""
    x = floating(x)
    out, size, gap, edge, step = _pairs(
        output_size=output_size,
        kernel_size=kernel_size,
        dilation=dilation,
        padding=padding,
        stride=stride,
    )
    batch, wide, blocks = _dims(x)
    rows = _places(out[0], size[0], gap[0], edge[0], step[0])
    columns = _places(out[1], size[1], gap[1], edge[1], step[1])
    if wide % (size[0] * size[1]) or blocks != rows.shape[0] * columns.shape[0]:
        raise ShapeError(
            "keras.ops.fold: expected columns of shape (batch, channels * {block}, {blocks}), "
            "received {received}.",
            block=size[0] * size[1],
            blocks=rows.shape[0] * columns.shape[0],
            received=_dims(x),
        )
    channels = wide // (size[0] * size[1])
    shape = (batch, channels, *size, rows.shape[0], columns.shape[0])
    x = movement.reshape(x, shape)
    # Each axis is put back by a matrix of zeros and ones: (place, row in a block, block).
    down = _placing(rows, out[0] + 2 * edge[0], edge[0], x.dtype)
    across = _placing(columns, out[1] + 2 * edge[1], edge[1], x.dtype)
    x = linalg.einsum("bcijhw,yih->bcjyw", x, down)
    return linalg.einsum("bcjyw,xjw->bcyx", x, across)


def _placing(places: Any, extent: int, edge: int, dtype: Any) -> Any:
    found = np.zeros((extent, *places.shape[::-1]), dtype.np_dtype)
    windows, size = np.indices(places.shape)
    found[places, size, windows] = 1
    return convert_to_tensor(found[edge : extent - edge])
