"""Maxima and means over sliding windows; zeros of the padding do not count in a mean."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import dims, numeric, scalar, static_ints
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.nn.geometry import (
    Pairs,
    batched,
    channels_first,
    padding_pairs,
    spatial,
    to_first,
    to_last,
)


def _counts(
    extents: tuple[int, ...],
    window: tuple[int, ...],
    strides: tuple[int, ...],
    pairs: Pairs,
) -> np.ndarray[Any, Any]:
    """How many real elements each window covers; it is separable in the axes."""
    total = np.ones((1,) * (len(extents) + 2))
    for axis, (n, k, s, (low, high)) in enumerate(
        zip(extents, window, strides, pairs, strict=True)
    ):
        starts = np.arange(0, n + low + high - k + 1, s) - low
        counts = np.minimum(starts + k, n) - np.maximum(starts, 0)
        shape = [1] * (len(extents) + 2)
        shape[axis + 1] = len(counts)
        total = total * counts.reshape(shape)
    return total


def _pool(
    what: str,
    rank: int,
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
) -> Any:
    x = numeric(what, input)
    first = channels_first(data_format, rank, what)
    if first:
        x = to_last(x)
    x, lead = batched(x, rank, what, once=True)
    window = spatial(ksize, rank, what + ": ksize", first=first)
    step = spatial(strides, rank, what + ": strides", first=first)
    extents = dims(x)[1:-1]
    pairs = padding_pairs(padding, extents, window, step, (1,) * rank, what, first=first)
    if any(n + low + high < k for n, k, (low, high) in zip(extents, window, pairs, strict=True)):
        raise ShapeError(
            "{what}: expected a window of at most {extents}, received {window}.",
            what=what,
            extents=extents,
            window=window,
        )
    params = {
        "window": (1, *window, 1),
        "strides": (1, *step, 1),
        "padding": ((0, 0), *pairs, (0, 0)),
    }
    if what.startswith("max"):
        y = ops.window_max(x, **params)
    else:
        y = ops.window_sum(x, **params)
        if any(pair != (0, 0) for pair in pairs):
            counts = _counts(extents, window, step, pairs).astype(x.dtype.np_dtype)
            y = ops.div(y, convert_to_tensor(counts))
        else:
            y = ops.div(y, scalar(math.prod(window), y))
    if len(lead) > 1:
        y = ops.reshape(y, shape=lead + dims(y)[1:])
    return to_first(y) if first else y


def max_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Any:
    """The greatest element of each window over ``[batch, width, channels]``."""
    return _pool("max_pool1d", 1, input, ksize, strides, padding, data_format)


def max_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    name: str | None = None,
) -> Any:
    """The greatest element of each window over ``[batch, height, width, channels]``."""
    return _pool("max_pool2d", 2, input, ksize, strides, padding, data_format)


def max_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Any:
    """The greatest element of each window over ``[batch, depth, height, width, channels]``."""
    return _pool("max_pool3d", 3, input, ksize, strides, padding, data_format)


def avg_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NWC",
    name: str | None = None,
) -> Any:
    """The mean of each window over ``[batch, width, channels]``."""
    return _pool("avg_pool1d", 1, input, ksize, strides, padding, data_format)


def avg_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    name: str | None = None,
) -> Any:
    """The mean of each window over ``[batch, height, width, channels]``."""
    return _pool("avg_pool2d", 2, input, ksize, strides, padding, data_format)


def avg_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NDHWC",
    name: str | None = None,
) -> Any:
    """The mean of each window over ``[batch, depth, height, width, channels]``."""
    return _pool("avg_pool3d", 3, input, ksize, strides, padding, data_format)


def _rank(what: str, input: Any) -> int:
    rank = len(numeric(what, input).shape) - 2
    if not 1 <= rank <= 3:
        raise ShapeError(
            "{what}: expected an input of 3 to 5 axes, received {received}.",
            what=what,
            received=rank + 2,
        )
    return rank


def max_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """`max_pool1d`, `max_pool2d` or `max_pool3d`, by the input's number of axes."""
    return _pool("max_pool", _rank("max_pool", input), input, ksize, strides, padding, data_format)


def avg_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """`avg_pool1d`, `avg_pool2d` or `avg_pool3d`, by the input's number of axes."""
    return _pool("avg_pool", _rank("avg_pool", input), input, ksize, strides, padding, data_format)


def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """A "MAX" or "AVG" pooling with stride 1 by default."""
    if pooling_type not in ("MAX", "AVG"):
        raise InvalidArgumentError(
            "pool: expected pooling_type 'MAX' or 'AVG', received {received!r}.",
            received=pooling_type,
        )
    if dilations is not None and any(n != 1 for n in static_ints(dilations, "pool: dilations")):
        raise UnimplementedError(
            "pool: expected dilations of 1, received {received}.", received=dilations
        )
    rank = len(static_ints(window_shape, "pool: window_shape"))
    what = "max_pool" if pooling_type == "MAX" else "avg_pool"
    return _pool(
        what, rank, input, window_shape, 1 if strides is None else strides, padding, data_format
    )
