"""Reductions of ragged tensors, over ragged axes and over others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, axis_of, cast_to, dims, scalar, static, static_ints
from caudal.array.create import ones_like
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor, stop_gradient
from caudal.ir.dtypes import as_dtype, float64, int64
from caudal.math import elementwise as flat_math
from caudal.math import reduce as dense
from caudal.math.segments import unsorted_segment_sum
from caudal.ragged.conversion import loosened, pick
from caudal.ragged.elementwise import elementwise
from caudal.ragged.indexing import new_axis
from caudal.ragged.partition import Array, RowPartition
from caudal.ragged.tensor import RaggedTensor

Fold = Callable[[Any, Array, int], Any]
"""``fold(values, segment_ids, count)``: the values of each segment as one."""


def segment_fold(fold: Fold, data: Any, ids: Array, count: int) -> Any:
    """The fold of the entries of each segment; of ragged entries, place by place."""
    if not isinstance(data, RaggedTensor):
        return fold(as_tensor(data), ids, count)
    part = data.partition
    lengths = np.zeros(count, np.int64)
    np.maximum.at(lengths, ids, part.lengths)
    result = RowPartition.of_lengths(lengths, part.dtype)
    places = np.repeat(result.starts[ids], part.lengths) + part.places
    values = segment_fold(fold, data.values, places, result.count)
    return RaggedTensor(values, result, internal=True)


def _dense_fold(what: str, x: Any, ids: Array, count: int) -> Any:
    """Of a dense tensor: sums by scattering, others over rows filled up with a neutral value."""
    if what == "reduce_sum":
        return unsorted_segment_sum(x, convert_to_tensor(ids), count)
    rest = dims(x)[1:]
    neutral = {
        "reduce_prod": 1,
        "reduce_max": None if x.dtype.is_bool else x.dtype.min,
        "reduce_min": None if x.dtype.is_bool else x.dtype.max,
        "reduce_all": True,
        "reduce_any": False,
    }[what]
    order = np.argsort(ids, kind="stable")
    part = RowPartition.of_lengths(np.bincount(ids, minlength=count))
    places = np.full((count, max(part.longest, 1)), len(ids), np.int64)
    places[part.row_ids, part.places] = order
    filler = ops.broadcast_to(scalar(neutral, x), shape=(1, *rest))
    column = ops.concat(x, filler, axis=0)
    return getattr(dense, what)(pick(column, places), axis=1)


_FOLDS = frozenset("reduce_sum reduce_prod reduce_max reduce_min reduce_all reduce_any".split())


def reduce(
    function: Callable[..., Any],
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool | None = False,
    name: str | None = None,
) -> Any:
    """A ``tf.reduce_…`` function of a ragged tensor.

    Over a ragged axis the rows are reduced; over axis 0, the columns, which end where no row
    reaches them. An empty row gives 0, 1, the dtype's limits or NaN, as an empty sum, product,
    extreme or mean.
    """
    what = function.__name__
    rank, keep = len(input_tensor.shape), bool(keepdims)
    if axis is None:
        flat = input_tensor.flat_values
        if what == "reduce_mean" and flat.dtype.is_integer:
            flat = cast_to(flat, float64)
        found = function(flat)
        return ops.reshape(found, shape=(1,) * rank) if keep else found
    return _over(what, input_tensor, _axes(what, axis, rank), keep)


def _axes(what: str, axis: Any, rank: int) -> list[int]:
    """The axes counted from the front, the innermost first."""
    given = static(axis, what + ": axis")
    listed = static_ints(axis, what + ": axis") if given.ndim else (axis,)
    return sorted({axis_of(one, rank, what) for one in listed}, reverse=True)


def folded(fold: Fold, what: str, ragged: Any, axis: Any, keepdims: bool) -> Any:
    """A ragged tensor folded over axes, the innermost first."""
    for place in _axes(what, axis, len(ragged.shape)):
        ragged = _one(fold, ragged, place)
        ragged = new_axis(ragged, place) if keepdims else ragged
    return ragged


def _over(what: str, x: Any, axes: list[int], keep: bool) -> Any:
    """Over axes, the innermost first."""
    if what in _FOLDS:
        for axis in axes:
            x = _one(partial(_dense_fold, what), x, axis)
            x = new_axis(x, axis) if keep else x
        return x
    if what == "reduce_mean":
        return _mean(x, axes, keep)
    if what in ("reduce_variance", "reduce_std"):
        mean = _each(flat_math.square, _mean(x, axes, keep))
        squares = _mean(_each(flat_math.square, x), axes, keep)
        found = _each(flat_math.subtract, squares, mean)
        return _each(flat_math.sqrt, found) if what == "reduce_std" else found
    if what == "reduce_logsumexp":
        return _log_sum_exp(x, axes, keep)
    raise InvalidArgumentError(
        "{what}: this reduction of a RaggedTensor over chosen axes is not defined; without axis "
        "it reduces all values.",
        what=what,
    )


def _each(function: Callable[..., Any], *values: Any) -> Any:
    if any(isinstance(value, RaggedTensor) for value in values):
        return elementwise(function, values, {})
    return function(*values)


def _mean(x: Any, axes: list[int], keep: bool) -> Any:
    ones = x.with_flat_values(ones_like(x.flat_values))
    total, count = (_over("reduce_sum", one, axes, keep) for one in (x, ones))
    return loosened(_each(flat_math.divide, total, count))


def _log_sum_exp(x: Any, axes: list[int], keep: bool) -> Any:
    """``log(sum(exp(x)))``; the greatest value, a constant for gradients, keeps exp in range."""
    constant = x.with_flat_values(stop_gradient(x.flat_values))
    top = _over("reduce_max", constant, axes, True)
    powers = _each(flat_math.exp, _each(flat_math.subtract, x, top))
    total = _each(flat_math.log, _over("reduce_sum", powers, axes, keep))
    return _each(flat_math.add, total, top if keep else _over("reduce_max", constant, axes, False))


def _one(fold: Fold, x: Any, axis: int) -> Any:
    if not isinstance(x, RaggedTensor):
        return _inner(fold, x, axis)
    part = x.partition
    if axis == 0:
        count = part.longest
        return segment_fold(fold, x.values, part.places, count)
    if axis == 1:
        return segment_fold(fold, x.values, part.row_ids, part.rows)
    inner = _one(fold, x.values, axis - 1)
    return x.with_values(inner)


def _inner(fold: Fold, x: Any, axis: int) -> Any:
    """A dense tensor along one axis, which goes first for the fold and is then gone."""
    shape = dims(x)
    order = (axis, *(k for k in range(len(shape)) if k != axis))
    turned = ops.transpose(x, perm=order) if axis else x
    rest = dims(turned)[1:]
    folded_once = fold(turned, np.zeros(shape[axis], np.int64), 1)
    return ops.reshape(folded_once, shape=rest)


def count_nonzero(
    input: Any, axis: Any = None, keepdims: bool | None = None, dtype: Any = None, name: Any = None
) -> Any:
    """How many elements are not zero, along axes."""
    flags = ops.not_equal(input.flat_values, scalar(0, input.flat_values))
    ones = input.with_flat_values(cast_to(flags, int64 if dtype is None else as_dtype(dtype)))
    return reduce(dense.reduce_sum, ones, axis, keepdims)


def softmax(logits: Any, axis: Any = -1, name: str | None = None) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis, without overflow."""
    rank = len(logits.shape)
    place = axis_of(axis, rank, "softmax")
    top = reduce(dense.reduce_max, logits, place, True)
    shifted = elementwise(flat_math.subtract, (logits, top), {})
    powers = elementwise(flat_math.exp, (shifted,), {})
    total = reduce(dense.reduce_sum, powers, place, True)
    return elementwise(flat_math.divide, (powers, total), {})
