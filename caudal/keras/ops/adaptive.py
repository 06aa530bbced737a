"""``keras.ops``: pooling to a given number of windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array import movement
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor
from caudal.framework.matmul import matmul
from caudal.keras.layers import arguments
from caudal.keras.ops.promotion import tensor


def _edges(extent: int, count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where window i begins, floor(i * extent / count), and ends, ceil((i + 1) * extent / count).

    >>> [part.tolist() for part in _edges(7, 3)]
    [[0, 2, 4], [3, 5, 7]]
    """
    places = np.arange(count)
    return places * extent // count, -((-(places + 1) * extent) // count)


def _mean(x: Any, axis: int, count: int) -> Any:
    extent = int(x.shape[axis])
    starts, ends = _edges(extent, count)
    inside = np.arange(extent)
    weights = (inside >= starts[:, None]) & (inside < ends[:, None])
    shares = (weights / (ends - starts)[:, None]).astype(x.dtype.np_dtype)
    rank = len(x.shape)
    order = [i for i in range(rank) if i != axis] + [axis]
    moved = ops.transpose(x, perm=tuple(order))
    flat = movement.reshape(moved, (-1, extent))
    found = matmul(flat, convert_to_tensor(shares), transpose_b=True)
    found = movement.reshape(found, (*moved.shape[:-1], count))
    back = tuple(int(i) for i in np.argsort(order))
    return ops.transpose(found, perm=back)


def _largest(x: Any, axis: int, count: int) -> Any:
    starts, ends = _edges(int(x.shape[axis]), count)
    width = int((ends - starts).max())
    # Shorter windows look at their last place more than once.
    places = np.minimum(starts[:, None] + np.arange(width), ends[:, None] - 1)
    windows = ops.gather(x, convert_to_tensor(places.reshape(-1)), axis=axis)
    shape = (*x.shape[:axis], count, width, *x.shape[axis + 1 :])
    return math.reduce_max(movement.reshape(windows, shape), axis=axis + 1)


def _pooled(what: str, x: Any, size: Any, data_format: str | None, pool: Any) -> Any:
    x = tensor(x)
    rank = len(x.shape) - 2
    if not 1 <= rank <= 3:
        raise ShapeError(
            "keras.ops.{what}: expected inputs of 3 to 5 axes, received shape {shape}.",
            what=what,
            shape=tuple(x.shape),
        )
    sizes = arguments.integers(size, rank, "output_size")
    first = arguments.data_format(data_format) == "channels_first"
    for place, count in enumerate(sizes):
        x = pool(x, place + (2 if first else 1), count)
    return x


def adaptive_average_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    """The means of ``output_size`` windows along each spatial axis.

    >>> adaptive_average_pool(np.arange(4.0).reshape(1, 4, 1), 2).numpy().ravel().tolist()
    [0.5, 2.5]
    """
    return _pooled("adaptive_average_pool", inputs, output_size, data_format, _mean)


def adaptive_max_pool(inputs: Any, output_size: Any, data_format: str | None = None) -> Any:
    """The largest of ``output_size`` windows along each spatial axis.

    >>> adaptive_max_pool(np.arange(4.0).reshape(1, 4, 1), 2).numpy().ravel().tolist()
    [1.0, 3.0]
    """
    return _pooled("adaptive_max_pool", inputs, output_size, data_format, _largest)
