"""Sums, products and extremes of sparse tensors; their gradients flow through the values."""

from __future__ import annotations

import math as _math
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.array.arguments import as_tensor, axes_of, dims, static, static_int, unify
from caudal.array.indexing import gather_nd, scatter_nd
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32, int32
from caudal.math import segments
from caudal.sparse.functions import Array, Known, known
from caudal.sparse.tensor import SparseTensor


def _is_sparse(value: Any) -> bool:
    return isinstance(value, SparseTensor)


def add(a: Any, b: Any, threshold: Any = 0) -> Any:
    """The sum of two sparse tensors, sparse; or of a sparse and a dense one, dense.

    Sums of two elements whose magnitude is below ``threshold`` are left out.

    >>> add(SparseTensor([[0]], [1], [2]), SparseTensor([[1]], [5], [2])).values.numpy().tolist()
    [1, 5]
    """
    if _is_sparse(a) and _is_sparse(b):
        one, two = known("sparse.add", a), known("sparse.add", b)
        found, both = _union("sparse.add", one, two, ops.add)
        limit = static(as_tensor(threshold), "sparse.add: threshold")
        if not limit.any():
            return found
        small = both & (np.abs(static(found.values, "sparse.add: threshold")) < limit)
        kept = np.flatnonzero(~small)
        values = ops.gather(found.values, convert_to_tensor(kept), axis=0)
        return SparseTensor(static(found.indices, "sparse.add")[kept], values, one.shape)
    if not (_is_sparse(a) or _is_sparse(b)):
        raise DTypeError("sparse.add: at least one input should be a SparseTensor.")
    sparse, dense = (a, b) if _is_sparse(a) else (b, a)
    one = known("sparse.add", sparse)
    values, whole = unify("sparse.add", one.values, dense)
    if dims(whole) != one.shape:
        raise ShapeError(
            "sparse.add: expected tensors of one shape, received {a} and {b}.",
            a=one.shape,
            b=dims(whole),
        )
    return ops.add(scatter_nd(convert_to_tensor(one.places), values, one.shape), whole)


def _union(what: str, one: Known, two: Known, op: Callable[..., Any]) -> tuple[SparseTensor, Array]:
    """``op`` of both at every place that either has, and which places both have."""
    if one.shape != two.shape:
        raise ShapeError(
            "{what}: expected sparse tensors of one shape, received {a} and {b}.",
            what=what,
            a=one.shape,
            b=two.shape,
        )
    left, right = unify(what, one.values, two.values)
    first, second = one.flat(), two.flat()
    if len(first) == len(second) and (first == second).all():
        # Elements in the same places need no search, and keep their order.
        found = SparseTensor(one.places, op(left, right), one.shape)
        return found, np.ones(len(first), bool)
    merged, inverse = np.unique(np.concatenate([first, second]), return_inverse=True)
    columns = []
    for values, at in ((left, inverse[: len(first)]), (right, inverse[len(first) :])):
        spread = np.full(len(merged), len(at), np.int64)
        spread[at] = np.arange(len(at))
        zero = convert_to_tensor(np.zeros(1, values.dtype.np_dtype))
        padded = ops.concat(values, zero, axis=0)
        columns.append(ops.gather(padded, convert_to_tensor(spread), axis=0))
    both = np.bincount(inverse, minlength=len(merged)) > 1
    places = np.stack(np.unravel_index(merged, one.shape), 1) if one.shape else one.places[:1]
    return SparseTensor(places, op(*columns), one.shape), both


def maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The greater of two sparse tensors, at every place that either has."""
    what = "sparse.maximum"
    return _union(what, known(what, sp_a), known(what, sp_b), ops.maximum)[0]


def minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The lesser of two sparse tensors, at every place that either has."""
    what = "sparse.minimum"
    return _union(what, known(what, sp_a), known(what, sp_b), ops.minimum)[0]


# --- reductions -------------------------------------------------------------------------------


def _reduced(
    what: str, sp_input: Any, axis: Any, keepdims: bool | None, sparse: bool, largest: bool
) -> Any:
    one = known(what, sp_input)
    axes = axes_of(axis, len(one.shape), what)
    rest = [k for k in range(len(one.shape)) if k not in axes]
    left = tuple(one.shape[k] for k in rest)
    outer = Known(one.places[:, rest], one.values, left).flat()
    groups, ids = np.unique(outer, return_inverse=True)
    fold = segments.unsorted_segment_max if largest else segments.unsorted_segment_sum
    values = fold(one.values, convert_to_tensor(ids), len(groups))
    places = np.stack(np.unravel_index(groups, left), 1) if left else np.zeros((len(groups), 0))
    shape = left
    if keepdims:
        whole = np.zeros((len(groups), len(one.shape)), np.int64)
        whole[:, rest] = places
        places = whole
        shape = tuple(1 if k in axes else n for k, n in enumerate(one.shape))
    if sparse:
        return SparseTensor(places.astype(np.int64), values, shape)
    if not shape:
        return ops.reshape(values, shape=()) if len(groups) else ops.reduce_sum(values, axes=(0,))
    return scatter_nd(convert_to_tensor(places.astype(np.int64)), values, shape)


def reduce_sum(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """The sum along axes, dense or (where there are elements) sparse.

    >>> float(reduce_sum(SparseTensor([[0, 1], [1, 0]], [2.0, 3.0], [2, 2])))
    5.0
    """
    return _reduced("sparse.reduce_sum", sp_input, axis, keepdims, output_is_sparse, False)


def reduce_max(
    sp_input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    output_is_sparse: bool = False,
    name: str | None = None,
) -> Any:
    """The greatest element along axes; 0 where there is none."""
    return _reduced("sparse.reduce_max", sp_input, axis, keepdims, output_is_sparse, True)


def softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """``exp(x) / sum(exp(x))`` over the elements of each innermost row."""
    one = known("sparse.softmax", sp_input)
    if len(one.shape) < 2:
        raise ShapeError(
            "sparse.softmax: expected rank 2 or more, received shape {shape}.", shape=one.shape
        )
    _, ids = np.unique(
        Known(one.places[:, :-1], one.values, one.shape[:-1]).flat(), return_inverse=True
    )
    rows, count = convert_to_tensor(ids), int(ids.max(initial=-1)) + 1
    top = segments.unsorted_segment_max(one.values, rows, count)
    powers = ops.exp(ops.sub(one.values, ops.gather(top, rows, axis=0)))
    total = segments.unsorted_segment_sum(powers, rows, count)
    return SparseTensor(one.places, ops.div(powers, ops.gather(total, rows, axis=0)), one.shape)


# --- products ---------------------------------------------------------------------------------


def sparse_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Any:
    """The product of a sparse and a dense matrix, in either order; it is dense.

    >>> a = SparseTensor([[0, 1]], [2.0], [2, 2])
    >>> sparse_dense_matmul(a, [[1.0], [3.0]]).numpy().tolist()
    [[6.0], [0.0]]
    """
    what = "sparse.sparse_dense_matmul"
    if _is_sparse(b):
        # A B = (B' A')', where the sparse factor stands first.
        found = sparse_dense_matmul(b, sp_a, not adjoint_b, not adjoint_a)
        return _adjoint(found)
    one = known(what, sp_a)
    values, dense = unify(what, one.values, b)
    if len(one.shape) != 2 or len(dense.shape) != 2:
        raise ShapeError(
            "{what}: expected matrices, received shapes {a} and {b}.",
            what=what,
            a=one.shape,
            b=dims(dense),
        )
    rows, columns = one.places.T
    height, width = one.shape
    if adjoint_a:
        rows, columns, height, width = columns, rows, width, height
        values = ops.conj(values) if values.dtype.is_complex else values
    # The gradient of a matrix that was looked into by rows is a matrix all the same.
    dense = _adjoint(dense) if adjoint_b else ops.reshape(dense, shape=dims(dense))
    if dims(dense)[0] != width:
        raise ShapeError(
            "{what}: Cannot multiply A and B because inner dimension does not match: {a} vs. {b}. "
            "Did you forget a transpose?",
            what=what,
            a=width,
            b=dims(dense)[0],
        )
    picked = ops.gather(dense, convert_to_tensor(columns.copy()), axis=0)
    products = ops.mul(picked, ops.reshape(values, shape=(len(rows), 1)))
    return segments.unsorted_segment_sum(products, convert_to_tensor(rows.copy()), height)


def _adjoint(matrix: Any) -> Any:
    turned = ops.transpose(matrix, perm=(1, 0))
    return ops.conj(turned) if matrix.dtype.is_complex else turned


def sampled_addmm(
    indices: Any,
    values: Any,
    dense_shape: Any,
    mat1: Any,
    mat2: Any,
    beta: Any = 1.0,
    alpha: Any = 1.0,
    output_type: Any = float32,
) -> tuple[Any, Any, Any]:
    """``alpha * (mat1 @ mat2) + beta * values`` at the indices alone.

    Returns:
        indices, the new values, dense_shape.
    """
    kind = as_dtype(output_type)
    places = static(as_tensor(indices), "sparse.sampled_addmm: indices")
    left, right = (ops.cast(as_tensor(one), dtype=kind) for one in (mat1, mat2))
    rows = gather_nd(left, convert_to_tensor(places[:, :-1].copy()))
    column = np.concatenate([places[:, :-2], places[:, -1:]], axis=1)
    rank = len(right.shape)
    turned = movement.transpose(right, [*range(rank - 2), rank - 1, rank - 2])
    columns = gather_nd(turned, convert_to_tensor(column))
    products = ops.reduce_sum(ops.mul(rows, columns), axes=(1,))
    old = ops.cast(as_tensor(values), dtype=kind)
    scaled = [ops.mul(as_tensor(factor, kind), x) for factor, x in ((alpha, products), (beta, old))]
    return as_tensor(indices), ops.add(*scaled), as_tensor(dense_shape)


# --- segments ---------------------------------------------------------------------------------


def _segments(
    what: str, data: Any, indices: Any, segment_ids: Any, num_segments: Any
) -> tuple[Any, Any, Array, int]:
    ids = static(as_tensor(segment_ids), what + ": segment_ids")
    rows = static(as_tensor(indices), what + ": indices")
    if ids.shape != rows.shape or ids.ndim != 1:
        raise ShapeError(
            "{what}: expected as many segment_ids as indices, received shapes {a} and {b}.",
            what=what,
            a=ids.shape,
            b=rows.shape,
        )
    if (np.diff(ids) < 0).any():
        raise InvalidArgumentError("{what}: segment ids are not increasing.", what=what)
    least = int(ids[-1]) + 1 if ids.size else 0
    count = least if num_segments is None else static_int(num_segments, what + ": num_segments")
    if count < least:
        raise InvalidArgumentError("{what}: segment ids must be < num_segments.", what=what)
    table = as_tensor(data)
    whole = ops.reshape(table, shape=dims(table))
    picked = ops.gather(whole, convert_to_tensor(rows), axis=0)
    total = segments.unsorted_segment_sum(picked, convert_to_tensor(ids), count)
    return picked, total, np.bincount(ids, minlength=count), count


def _divided(total: Any, counts: Array) -> Any:
    divisor = np.maximum(counts, 1).reshape(-1, *(1,) * (len(total.shape) - 1))
    return ops.div(total, convert_to_tensor(divisor.astype(total.dtype.np_dtype)))


def segment_sum(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:
    """The sum of the rows of ``data`` that the indices name, by rising segment ids."""
    return _segments("sparse.segment_sum", data, indices, segment_ids, num_segments)[1]


def segment_mean(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:
    """As `segment_sum`, divided by the number of rows of the segment; 0 without rows."""
    found = _segments("sparse.segment_mean", data, indices, segment_ids, num_segments)
    return _divided(found[1], found[2])


def segment_sqrt_n(
    data: Any,
    indices: Any,
    segment_ids: Any,
    num_segments: Any = None,
    name: str | None = None,
    sparse_gradient: bool = False,
) -> Any:
    """As `segment_sum`, divided by the root of the number of rows of the segment."""
    found = _segments("sparse.segment_sqrt_n", data, indices, segment_ids, num_segments)
    return _divided(found[1], np.sqrt(np.maximum(found[2], 1)))


# --- counting ---------------------------------------------------------------------------------


def bincount(
    values: Any,
    weights: Any = None,
    axis: int | None = 0,
    minlength: Any = None,
    maxlength: Any = None,
    binary_output: bool = False,
    name: str | None = None,
) -> SparseTensor:
    """How often each number occurs: in all, or in each row with ``axis=-1``.

    Args:
        values: integers: dense, sparse or ragged.
        weights: what each element counts, in the form of ``values``; not with ``binary_output``.
        axis: 0 or None for all elements, -1 for those of each row.
        minlength, maxlength: the least and the greatest extent of the last axis.
        binary_output: 1 for what occurs at all.
    """
    from caudal.ragged.tensor import RaggedTensor

    what = "sparse.bincount"
    rows: Array | None = None
    if isinstance(values, SparseTensor):
        one = known(what, values)
        ids, lead = one.values, one.shape[:-1]
        rows = Known(one.places[:, :-1], ids, lead).flat()
        amounts = weights.values if isinstance(weights, SparseTensor) else weights
    elif isinstance(values, RaggedTensor):
        ids, lead = values.flat_values, (values.partition.rows,)
        rows = values.partition.row_ids
        amounts = weights.flat_values if isinstance(weights, RaggedTensor) else weights
    else:
        ids, amounts = as_tensor(values), weights
        lead = dims(ids)[:-1]
        rows = np.repeat(np.arange(_math.prod(lead)), dims(ids)[-1] if dims(ids) else 1)
    if axis not in (0, None, -1):
        raise InvalidArgumentError(
            "{what}: expected axis 0, None or -1, received {axis}.", what=what, axis=axis
        )
    if not ids.dtype.is_integer:
        raise DTypeError("{what}: expected integers, received {d}.", what=what, d=ids.dtype.name)
    numbers = static(ids, what).reshape(-1)
    if (numbers < 0).any():
        raise InvalidArgumentError("{what}: expected no negative numbers.", what=what)
    by_row = axis == -1 and bool(lead)
    return _counted(
        numbers, rows if by_row else None, lead, amounts, (minlength, maxlength), binary_output, ids
    )


def _counted(
    numbers: Array,
    rows: Array | None,
    lead: tuple[int, ...],
    weights: Any,
    limits: tuple[Any, Any],
    binary: bool,
    ids: Any,
) -> SparseTensor:
    low, high = (None if n is None else static_int(n, "sparse.bincount") for n in limits)
    width = max(int(numbers.max(initial=-1)) + 1, low or 0)
    width = width if high is None else min(width, high)
    kind = int32 if binary else ids.dtype
    amounts = np.ones(len(numbers), kind.np_dtype)
    if weights is not None:
        tensor = as_tensor(weights)
        kind, amounts = tensor.dtype, static(tensor, "sparse.bincount: weights").reshape(-1)
        if len(amounts) != len(numbers):
            raise ShapeError("sparse.bincount: expected as many weights as values.")
    inside = numbers < width
    owner = np.zeros(len(numbers), np.int64) if rows is None else rows
    flat = owner[inside] * width + numbers[inside]
    groups, inverse = np.unique(flat, return_inverse=True)
    totals = np.zeros(len(groups), kind.np_dtype)
    np.add.at(totals, inverse, amounts[inside])
    if binary:
        totals = np.ones_like(totals)
    shape = (width,) if rows is None else (*lead, width)
    places = np.stack(np.unravel_index(groups, shape), 1) if width else np.zeros((0, len(shape)))
    return SparseTensor(places.astype(np.int64), convert_to_tensor(totals), shape)
