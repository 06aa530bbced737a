"""``keras.ops``: blocks of images laid out in columns and back; poolings to a given size."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import linalg, math, ops
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


# --- pooling to a size ------------------------------------------------------------------------


def _bins(extent: int, count: int) -> list[tuple[int, int]]:
    """Where each of ``count`` windows begins and ends; they overlap where they must."""
    return [(i * extent // count, -(-(i + 1) * extent // count)) for i in range(count)]


def _adaptive(inputs: Any, output_size: Any, data_format: str | None, mean: bool) -> Any:
    x = floating(inputs)
    rank = len(x.shape) - 2
    if not 1 <= rank <= 3:
        raise ShapeError(
            "keras.ops: adaptive pooling expects inputs of 3 to 5 axes, received shape {shape}.",
            shape=_dims(x),
        )
    sizes = arguments.integers(output_size, rank, "output_size")
    first = arguments.data_format(data_format) == "channels_first"
    for place, count in enumerate(sizes):
        axis = place + (2 if first else 1)
        bins = _bins(_dims(x)[axis], count)
        width = max(end - begin for begin, end in bins)
        # Windows of unequal widths: places beyond the end repeat the first one or weigh nothing.
        index = np.array(
            [[min(begin + i, end - 1) for i in range(width)] for begin, end in bins], "int32"
        )
        parts = ops.gather(x, convert_to_tensor(index), axis=axis)
        if mean:
            share = np.array(
                [[(i < end - begin) / (end - begin) for i in range(width)] for begin, end in bins]
            )
            shape = [1] * len(parts.shape)
            shape[axis : axis + 2] = share.shape
            weights = convert_to_tensor(share.astype(x.dtype.np_dtype).reshape(shape))
            x = math.reduce_sum(parts * weights, axis=axis + 1)
        else:
            x = math.reduce_max(parts, axis=axis + 1)
    return x


def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    """Means over windows that divide the space into ``output_size`` parts.

    >>> adaptive_average_pool([[[1.0], [2.0], [3.0], [4.0]]], 2).numpy().ravel().tolist()
    [1.5, 3.5]
    """
    return _adaptive(inputs, output_size, data_format, True)


def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    """The greatest elements of windows that divide the space into ``output_size`` parts."""
    return _adaptive(inputs, output_size, data_format, False)
