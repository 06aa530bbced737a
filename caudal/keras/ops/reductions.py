"""``keras.ops``: reductions over axes, running sums, order statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array import arguments, indexing, movement
from caudal.errors import InvalidArgumentError
from caudal.keras.ops.elementwise import divide
from caudal.keras.ops.promotion import (
    boolean,
    cast,
    cast_value,
    common,
    floating,
    result_type,
    tensor,
)

Axis = Any


def _rank(x: Any) -> int:
    return len(x.shape)


def _summable(x: Any) -> Any:
    """Small integers and bools are summed as 32 bits."""
    x = tensor(x)
    name = x.dtype.name
    if name in ("bool", "int8", "int16"):
        return cast(x, "int32")
    return cast(x, "uint32") if name in ("uint8", "uint16") else x


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum; of bools and small integers, in 32 bits.

    >>> sum([[1, 2], [3, 4]], axis=0).numpy().tolist()
    [4, 6]
    """
    return math.reduce_sum(_summable(x), axis=axis, keepdims=keepdims)


def prod(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """The product."""
    x = _summable(x) if dtype is None else cast(tensor(x), dtype)
    return math.reduce_prod(x, axis=axis, keepdims=keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean, in floats; short floats are summed in float32."""
    x = floating(x)
    if x.dtype.size >= 4:
        return math.reduce_mean(x, axis=axis, keepdims=keepdims)
    return cast(math.reduce_mean(cast(x, "float32"), axis=axis, keepdims=keepdims), x.dtype)


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean squared difference from the mean."""
    return math.reduce_variance(floating(x), axis=axis, keepdims=keepdims)


def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The square root of the variance."""
    return math.reduce_std(floating(x), axis=axis, keepdims=keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The greatest element, and at least ``initial``."""
    x = tensor(x)
    if x.dtype.is_bool:
        return math.reduce_any(x, axis=axis, keepdims=keepdims)
    found = math.reduce_max(x, axis=axis, keepdims=keepdims)
    return found if initial is None else ops.maximum(found, cast_value(initial, x.dtype))


def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """The least element, and at most ``initial``."""
    x = tensor(x)
    if x.dtype.is_bool:
        return math.reduce_all(x, axis=axis, keepdims=keepdims)
    found = math.reduce_min(x, axis=axis, keepdims=keepdims)
    return found if initial is None else ops.minimum(found, cast_value(initial, x.dtype))


def amax(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The greatest element."""
    return max(x, axis, keepdims)


def amin(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The least element."""
    return min(x, axis, keepdims)


def ptp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The greatest element minus the least."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether all elements hold."""
    return math.reduce_all(boolean(x), axis=axis, keepdims=keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether an element holds."""
    return math.reduce_any(boolean(x), axis=axis, keepdims=keepdims)


def count_nonzero(x: Any, axis: Axis = None) -> Any:
    """How many elements are not 0, as int32."""
    return math.reduce_sum(cast(boolean(x), "int32"), axis=axis)


def _extreme(op: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    x = tensor(x)
    if x.dtype.is_bool:
        x = cast(x, "int32")
    rank = _rank(x)
    flat = movement.reshape(x, (-1,)) if axis is None else x
    found = op(flat, axis=0 if axis is None else int(axis), output_type="int32")
    if not keepdims:
        return found
    shape = [1] * rank if axis is None else list(x.shape)
    if axis is not None:
        shape[axis] = 1
    return movement.reshape(found, shape)


def argmax(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Where the greatest element is (the first of equals), as int32; in the flat tensor if None."""
    return _extreme(math.argmax, x, axis, keepdims)


def argmin(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Where the least element is (the first of equals), as int32; in the flat tensor if None."""
    return _extreme(math.argmin, x, axis, keepdims)


def average(x: Any, axis: Axis = None, weights: Any = None) -> Any:
    """The mean, weighted by ``weights`` (of x's shape, or of its extent along ``axis``)."""
    if weights is None:
        return mean(x, axis)
    x, weights = common(x, weights, also=(float,))
    if _rank(weights) != _rank(x):
        if axis is None:
            raise InvalidArgumentError(
                "keras.ops.average: `axis` must be given where the shapes differ: {x}, {weights}.",
                x=tuple(x.shape),
                weights=tuple(weights.shape),
            )
        shape = [1] * _rank(x)
        shape[axis] = -1
        weights = movement.reshape(weights, shape)
    weights = movement.broadcast_to(weights, x.shape)
    return divide(math.reduce_sum(x * weights, axis), math.reduce_sum(weights, axis))


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """``log(sum(exp(x)))``, without overflow."""
    return math.reduce_logsumexp(floating(x), axis=axis, keepdims=keepdims)


def _running(op: Any, x: Any, axis: Axis, dtype: Any) -> Any:
    x = tensor(x)
    if dtype is not None:
        x = cast(x, dtype)
    elif x.dtype.is_bool:
        x = cast(x, "int32")
    return op(movement.reshape(x, (-1,)), axis=0) if axis is None else op(x, axis=axis)


def cumsum(x: Any, axis: Axis = None, dtype: Any = None) -> Any:
    """The running sum along an axis; of the flat tensor if None."""
    return _running(math.cumsum, x, axis, dtype)


def cumprod(x: Any, axis: Axis = None, dtype: Any = None) -> Any:
    """The running product along an axis; of the flat tensor if None."""
    return _running(math.cumprod, x, axis, dtype)


def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """Each element minus the one before it, ``n`` times over."""
    x = tensor(a)
    if n < 0:
        raise InvalidArgumentError("keras.ops.diff: `n` must not be below 0, received {n}.", n=n)
    place = arguments.axis_of(axis, _rank(x), "keras.ops.diff")
    for _ in range(n):
        index = [slice(None)] * _rank(x)
        index[place] = slice(1, None)
        later = x[tuple(index)]
        index[place] = slice(None, -1)
        earlier = x[tuple(index)]
        x = ops.bit_xor(later, earlier) if x.dtype.is_bool else later - earlier
    return x


# --- order statistics -------------------------------------------------------------------------


def _to_last(x: Any, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """The reduced axes joined into the last one, and the shape with them kept."""
    rank = _rank(x)
    axes = range(rank) if axis is None else [axis] if isinstance(axis, int) else axis
    gone = sorted({one % rank for one in axes})
    rest = [one for one in range(rank) if one not in gone]
    kept = tuple(1 if one in gone else int(x.shape[one]) for one in range(rank))
    moved = ops.transpose(x, perm=(*rest, *gone))
    joined = movement.reshape(moved, [*(int(x.shape[one]) for one in rest), -1])
    return joined, kept


_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The q-th quantile along axes, q known and from 0 to 1.

    >>> float(quantile([1.0, 2.0, 4.0, 8.0], 0.5))
    3.0
    """
    if method not in _METHODS:
        raise InvalidArgumentError(
            "keras.ops.quantile: `method` must be one of {known}, received {method!r}.",
            known=_METHODS,
            method=method,
        )
    x = floating(x)
    points = arguments.static(q, "keras.ops.quantile: q").astype("float64")
    joined, kept = _to_last(x, axis)
    ordered = indexing.sort(joined, axis=-1)
    places = points.reshape(-1) * (int(ordered.shape[-1]) - 1)
    low, high = np.floor(places).astype("int32"), np.ceil(places).astype("int32")
    if method == "nearest":
        low = high = np.round(places).astype("int32")
    share = {"lower": 0 * places, "higher": 0 * places + 1, "midpoint": 0 * places + 0.5}
    part = share.get(method, places - low).astype(x.dtype.np_dtype)
    below, above = indexing.gather(ordered, low, axis=-1), indexing.gather(ordered, high, axis=-1)
    found = below if method == "nearest" else below * (1 - part) + above * part
    rank = _rank(found)
    found = ops.transpose(found, perm=(rank - 1, *range(rank - 1)))
    shape = kept if keepdims else tuple(int(n) for n in found.shape[1:])
    return movement.reshape(found, (*points.shape, *shape))


def median(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The middle element, or the mean of the two."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


def percentile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The quantile of ``q`` percent."""
    points = arguments.static(q, "keras.ops.percentile: q") / 100.0
    return quantile(x, points, axis, method, keepdims)


def _filled(x: Any, value: float) -> Any:
    """Without its NaNs."""
    x = tensor(x)
    if not x.dtype.is_floating:
        return x
    return ops.select(ops.is_nan(x), cast_value(value, x.dtype), x)


def nansum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum of what is not NaN."""
    return sum(_filled(x, 0.0), axis, keepdims)


def nanprod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product of what is not NaN."""
    return prod(_filled(x, 1.0), axis, keepdims)


def nancumsum(x: Any, axis: Axis = None, dtype: Any = None) -> Any:
    """The running sum, NaN counting as 0."""
    return cumsum(_filled(x, 0.0), axis, dtype)


def nancumprod(x: Any, axis: Axis = None, dtype: Any = None) -> Any:
    """The running product, NaN counting as 1."""
    return cumprod(_filled(x, 1.0), axis, dtype)


def nanmean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean of what is not NaN."""
    x = floating(x)
    count = sum(cast(ops.bit_not(ops.is_nan(x)), x.dtype), axis, keepdims)
    return divide(nansum(x, axis, keepdims), count)


def nanvar(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The variance of what is not NaN."""
    x = floating(x)
    apart = x - nanmean(x, axis, keepdims=True)
    return nanmean(apart * apart, axis, keepdims)


def nanstd(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The standard deviation of what is not NaN."""
    return ops.sqrt(nanvar(x, axis, keepdims))


def _nan_extreme(fold: Any, fill: float, x: Any, axis: Axis, keepdims: bool) -> Any:
    x = tensor(x)
    found = fold(_filled(x, fill), axis, keepdims)
    if not x.dtype.is_floating:
        return found
    return ops.select(all(ops.is_nan(x), axis, keepdims), cast_value(float("nan"), x.dtype), found)


def nanmax(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The greatest element that is not NaN."""
    return _nan_extreme(max, float("-inf"), x, axis, keepdims)


def nanmin(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The least element that is not NaN."""
    return _nan_extreme(min, float("inf"), x, axis, keepdims)


def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """The mean and the variance; of float16, computed in float32."""
    if synchronized:
        raise InvalidArgumentError("keras.ops.moments: synchronized=True needs several devices.")
    x = tensor(x)
    wide = cast(x, result_type(x.dtype, "float32")) if x.dtype.name == "float16" else floating(x)
    kind = x.dtype if x.dtype.is_floating else wide.dtype
    found = mean(wide, axes, keepdims), var(wide, axes, keepdims)
    if kind.name == "float16":
        # As in Keras, what is too large becomes the greatest number.
        most = float(np.finfo(np.float16).max)
        found = tuple(math.clip_by_value(value, -most, most) for value in found)
    return cast(found[0], kind), cast(found[1], kind)
