"""``keras.ops``: which elements there are, and how many of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array import arguments, indexing, movement
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor, is_symbolic
from caudal.keras.ops.promotion import cast, cast_value, tensor
from caudal.keras.ops.selection import argsort

_OP = "keras.ops.histogram"


def histogram(x: Any, bins: int = 10, range: Any = None) -> tuple[Any, Any]:
    """How many elements are in each of equal bins, as floats, and the ``bins + 1`` bounds of these.

    Args:
        x: a vector of numbers.
        bins: how many, at least 1.
        range: (least, greatest): what lies outside is not counted; None takes x's own.

    As in NumPy, a bin holds its lower bound, the last one its upper bound too.

    >>> [part.numpy().tolist() for part in histogram([1.0, 2.0, 2.5, 4.0], 3)]
    [[1.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0]]
    """
    x = tensor(x)
    if len(x.shape) != 1:
        raise ShapeError("{op}: expected a vector, received shape {shape}.", op=_OP, shape=x.shape)
    if isinstance(bins, bool) or not isinstance(bins, int):
        raise DTypeError("{op}: `bins` must be an integer, received {bins!r}.", op=_OP, bins=bins)
    if bins < 1:
        raise InvalidArgumentError(
            "{op}: `bins` must be at least 1, received {bins}.", op=_OP, bins=bins
        )
    kind = x.dtype.name if x.dtype.is_floating else "float32"
    x = cast(x, kind if x.dtype.is_floating else "float64")
    bounds = _bounds(x, bins, range)
    place = indexing.searchsorted(bounds, x, side="right", out_type="int32") - 1
    last = ops.equal(x, bounds[-1])
    place = ops.select(last, cast_value(bins - 1, place.dtype), place)
    inside = ops.bit_and(ops.greater_equal(x, bounds[0]), ops.less_equal(x, bounds[-1]))
    place = ops.select(inside, place, cast_value(-1, place.dtype))
    return math.unsorted_segment_sum(cast(inside, kind), place, bins), cast(bounds, kind)


def _bounds(x: Any, bins: int, range: Any) -> Any:
    """The bounds of the bins, in x's dtype."""
    if range is None and x.shape[0]:
        low, high = math.reduce_min(x), math.reduce_max(x)
    else:
        low, high = (cast_value(end, x.dtype) for end in _ends(range))
    flat = ops.equal(low, high)
    half = cast_value(0.5, x.dtype)
    low, high = ops.select(flat, low - half, low), ops.select(flat, high + half, high)
    steps = convert_to_tensor(np.arange(bins, dtype=x.dtype.np_dtype))
    starts = steps * ((high - low) / cast_value(bins, x.dtype)) + low
    return ops.concat(starts, movement.reshape(high, (1,)), axis=0)


def _ends(range: Any) -> tuple[float, float]:
    if range is None:
        return 0.0, 1.0
    try:
        low, high = (float(end) for end in range)
    except (TypeError, ValueError):
        low, high = 1.0, 0.0
    if not low <= high:
        raise InvalidArgumentError(
            "{op}: `range` must be (least, greatest), received {range!r}.", op=_OP, range=range
        )
    return low, high


def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different elements in rising order; with ``size``, cut or filled up to it.

    What is filled up has ``fill_value`` (0), the index 0 and the count 0. Without ``size``, or
    along an axis, the elements must be known, as the result's shape depends on them.

    >>> [part.numpy().tolist() for part in unique([3, 1, 3], size=3, return_counts=True)]
    [[1, 3, 0], [1, 2, 0]]
    """
    own = tensor(x)
    fill = 0 if fill_value is None else fill_value
    if axis is None and size is not None and is_symbolic(own):
        parts = _sized(movement.reshape(own, (-1,)), size, fill)
    else:
        parts = _known(own, axis, size, fill)
    if axis is None:
        parts[2] = movement.reshape(parts[2], [int(n) for n in own.shape])
    wanted = (True, return_index, return_inverse, return_counts)
    found = [part for part, asked in zip(parts, wanted, strict=True) if asked]
    return found[0] if len(found) == 1 else tuple(found)


def _known(x: Any, axis: int | None, size: int | None, fill: Any) -> list[Any]:
    """Values, indices, inverse and counts of elements that are known."""
    values, index, inverse, counts = np.unique(
        arguments.static(x, "keras.ops.unique"),
        return_index=True,
        return_inverse=True,
        return_counts=True,
        axis=axis,
    )
    if size is not None:
        place = 0 if axis is None else axis
        values = _cut(values, place, size, fill)
        index, counts = _cut(index, 0, size, 0), _cut(counts, 0, size, 0)
    integers = (part.astype("int32") for part in (index, inverse, counts))
    return [cast(convert_to_tensor(values), x.dtype), *map(convert_to_tensor, integers)]


def _cut(x: np.ndarray[Any, Any], axis: int, size: int, fill: Any) -> np.ndarray[Any, Any]:
    x = np.take(x, np.arange(min(size, x.shape[axis])), axis=axis)
    widths = [(0, 0)] * x.ndim
    widths[axis] = (0, size - x.shape[axis])
    return np.pad(x, widths, constant_values=fill)


def _sized(x: Any, size: int, fill: Any) -> list[Any]:
    """The same of elements that a program computes: runs of equals in sorted order."""
    count = int(x.shape[0])
    order = argsort(x)
    ranked = ops.gather(x, order, axis=0)
    before, after = ranked[:-1], ranked[1:]
    differs = ops.not_equal(before, after)
    if x.dtype.is_floating:
        both = ops.bit_and(ops.is_nan(before), ops.is_nan(after))
        differs = ops.bit_and(differs, ops.bit_not(both))
    run = cast(movement.pad(cast(math.cumsum(cast(differs, "int32")), "int32"), [[1, 0]]), "int32")
    ones = convert_to_tensor(np.ones(count, np.int32))
    counts = math.unsorted_segment_sum(ones, run, max(size, count))[:size]
    starts = math.cumsum(counts, exclusive=True)
    starts = ops.minimum(starts, cast_value(count - 1, starts.dtype))
    there = ops.greater(counts, cast_value(0, counts.dtype))
    values = ops.select(there, ops.gather(ranked, starts, axis=0), cast_value(fill, x.dtype))
    index = cast(ops.gather(order, starts, axis=0), "int32")
    index = ops.select(there, index, cast_value(0, index.dtype))
    return [values, index, ops.gather(run, argsort(order), axis=0), counts]
