"""Reductions over axes, running sums and differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal import ops
from caudal.array_api.array import Array
from caudal.array_api.elementwise import number, truth
from caudal.array_api.movement import axes_of, axis_of
from caudal.array_api.promotion import (
    DEFAULT_INT,
    INDEX,
    KINDS,
    cast,
    tensor_of,
    together,
)
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import Tensor
from caudal.ir.dtypes import as_dtype, uint64


def _folded(op: Any, x: Any, axis: Any, keepdims: bool, what: str) -> Any:
    axes = tuple(sorted(axes_of(axis, len(x.shape), what)))
    shape = tuple(int(n) for n in x.shape)
    found = op(x, axes=axes) if axes else x
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return ops.reshape(found, shape=kept) if keepdims else found


def _accumulator(dtype: Any, wanted: Any) -> Any:
    """What is summed in: integers narrower than the default one become it."""
    if wanted is not None:
        return as_dtype(wanted)
    if dtype.is_bool or dtype in KINDS["signed integer"]:
        return DEFAULT_INT
    return uint64 if dtype in KINDS["unsigned integer"] else dtype


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """The sum; small integers are summed as int64 or uint64.

    >>> from caudal import array_api as xp
    >>> xp.sum(xp.asarray([[1, 2], [3, 4]]), axis=0)
    Array([4, 6], dtype=int64)
    """
    found = tensor_of(x, "sum", "numeric")
    wide = cast(found, _accumulator(found.dtype, dtype))
    return Array(_folded(ops.reduce_sum, wide, axis, keepdims, "sum"))


def prod(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """The product; small integers are multiplied as int64 or uint64."""
    found = tensor_of(x, "prod", "numeric")
    wide = cast(found, _accumulator(found.dtype, dtype))
    return Array(_folded(ops.reduce_prod, wide, axis, keepdims, "prod"))


def _extreme(op: Any, x: Any, axis: Any, keepdims: bool, what: str) -> Array:
    found = tensor_of(x, what, "real numeric")
    axes = axes_of(axis, len(found.shape), what)
    if 0 in [int(found.shape[place]) for place in axes]:
        raise InvalidArgumentError("{what}: an empty axis has no extreme.", what=what)
    return Array(_folded(op, found, axis, keepdims, what))


def max(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """The greatest element; NaN if one is."""
    return _extreme(ops.reduce_max, x, axis, keepdims, "max")


def min(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """The least element; NaN if one is."""
    return _extreme(ops.reduce_min, x, axis, keepdims, "min")


def _count(x: Any, axis: Any, what: str) -> int:
    return math.prod(int(x.shape[place]) for place in axes_of(axis, len(x.shape), what))


def mean(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """The mean; NaN of nothing."""
    found = tensor_of(x, "mean", "floating")
    total = _folded(ops.reduce_sum, found, axis, keepdims, "mean")
    return Array(ops.div(total, number(_count(found, axis, "mean"), total)))


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """The mean squared difference from the mean; ``correction`` is taken off the count."""
    found = tensor_of(x, "var", "real floating")
    apart = ops.sub(found, mean(found, axis=axis, keepdims=True).tensor)
    total = _folded(ops.reduce_sum, ops.mul(apart, apart), axis, keepdims, "var")
    left = _count(found, axis, "var") - correction
    return Array(ops.div(total, number(left, total)))


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """The square root of `var`."""
    tensor_of(x, "std", "real floating")
    return Array(ops.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims).tensor))


def all(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Whether all elements differ from 0."""
    return Array(_folded(ops.reduce_and, truth(tensor_of(x, "all")), axis, keepdims, "all"))


def any(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Whether an element differs from 0."""
    return Array(_folded(ops.reduce_or, truth(tensor_of(x, "any")), axis, keepdims, "any"))


def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """How many elements differ from 0."""
    counted = cast(truth(tensor_of(x, "count_nonzero")), INDEX)
    return Array(_folded(ops.reduce_sum, counted, axis, keepdims, "count_nonzero"))


def _running(
    op: Any, first: int, x: Any, axis: int | None, dtype: Any, include_initial: bool, what: str
) -> Array:
    found = tensor_of(x, what, "numeric")
    rank = len(found.shape)
    if axis is None and rank != 1:
        raise DTypeError(
            "{what}: expected an axis for an array of shape {shape}.",
            what=what,
            shape=tuple(found.shape),
        )
    place = axis_of(-1 if axis is None else axis, rank, what)
    wide = cast(found, _accumulator(found.dtype, dtype))
    total = op(wide, axis=place, exclusive=False, reverse=False)
    if not include_initial:
        return Array(total)
    edge = tuple(1 if i == place else int(n) for i, n in enumerate(found.shape))
    start = Tensor(np.full(edge, first, wide.dtype.np_dtype))
    return Array(ops.concat(start, total, axis=place))


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Array:
    """The sums up to each element, after a 0 if ``include_initial``."""
    return _running(ops.cumsum, 0, x, axis, dtype, include_initial, "cumulative_sum")


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Array:
    """The products up to each element, after a 1 if ``include_initial``."""
    return _running(ops.cumprod, 1, x, axis, dtype, include_initial, "cumulative_prod")


def diff(
    x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None
) -> Array:
    """The n-th differences along an axis.

    >>> from caudal import array_api as xp
    >>> xp.diff(xp.asarray([1, 4, 9]))
    Array([3, 5], dtype=int64)
    """
    if n < 0:
        raise InvalidArgumentError("diff: expected n of at least 0, received {n}.", n=n)
    parts = [part for part in (prepend, x, append) if part is not None]
    kinds = [tensor_of(part, "diff", "numeric") for part in parts]
    place = axis_of(axis, len(tensor_of(x, "diff").shape), "diff")
    found = ops.concat(*together("diff", "numeric", *kinds), axis=place)
    for _ in range(n):
        shape = tuple(int(extent) for extent in found.shape)
        if shape[place] == 0:
            break
        low = tuple(int(i == place) for i in range(len(shape)))
        end = tuple(extent - step for extent, step in zip(shape, low, strict=True))
        ones = (1,) * len(shape)
        later = ops.slice(found, begin=low, end=shape, strides=ones)
        found = ops.sub(later, ops.slice(found, begin=(0,) * len(shape), end=end, strides=ones))
    return Array(found)


__all__ = [
    "all",
    "any",
    "count_nonzero",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]
