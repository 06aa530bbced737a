"""Sparse and ragged tensors, which a graph holds as their parts: places, values and a shape.

Their extents follow from values, so these run op by op.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops, sparse
from caudal.array.arguments import as_tensor, dims, static, static_ints
from caudal.framework import convert_to_tensor
from caudal.ragged.tensor import RaggedTensor
from caudal.saved_model.registry import reads
from caudal.saved_model.texts import by_rows
from caudal.sparse import SparseTensor
from caudal.strings.arguments import strings_of


def _parts(tensor: SparseTensor) -> tuple[Any, Any, Any]:
    return tensor.indices, tensor.values, tensor.dense_shape


@reads(
    "SparseFillEmptyRows",
    outputs=("output_indices", "output_values", "empty_row_indicator", "reverse_index_map"),
    eager=True,
)
def _fill_empty_rows(call: Any, indices: Any, values: Any, shape: Any, default: Any) -> Any:
    filled, empty = sparse.fill_empty_rows(SparseTensor(indices, values, shape), default)
    rows = static(indices, call.op)[:, 0]
    # Within its row an element keeps its place; each filled row before it moves it by one.
    order = np.argsort(rows, kind="stable")
    moved = np.empty(len(rows), np.int64)
    before = np.cumsum(np.asarray(empty.numpy(), np.int64))
    moved[order] = np.arange(len(rows)) + before[rows[order]]
    return filled.indices, filled.values, empty, convert_to_tensor(moved)


@reads("SparseReshape", outputs=("output_indices", "output_shape"), eager=True)
def _reshape(call: Any, indices: Any, shape: Any, new_shape: Any) -> Any:
    places = SparseTensor(indices, convert_to_tensor(np.arange(dims(indices)[0])), shape)
    found = sparse.reshape(places, list(static_ints(new_shape, call.op)))
    return found.indices, found.dense_shape


@reads("SparseReorder", outputs=("output_indices", "output_values"), eager=True)
def _reorder(call: Any, indices: Any, values: Any, shape: Any) -> Any:
    return _parts(sparse.reorder(SparseTensor(indices, values, shape)))[:2]


@reads("SparseToDense", eager=True)
def _to_dense(call: Any, indices: Any, shape: Any, values: Any, default: Any) -> Any:
    extents = list(static_ints(shape, call.op))
    places = static(indices, call.op).reshape(-1, len(extents))
    flat = convert_to_tensor(places.astype(np.int64))
    if not dims(values):
        values = ops.broadcast_to(values, shape=(len(places),))
    check = bool(call.get("validate_indices", True))
    return sparse.to_dense(SparseTensor(flat, values, extents), default, validate_indices=check)


@reads("SparseTensorDenseMatMul", eager=True)
def _matmul(call: Any, indices: Any, values: Any, shape: Any, dense: Any) -> Any:
    return sparse.sparse_dense_matmul(
        SparseTensor(indices, values, shape),
        dense,
        adjoint_a=bool(call.get("adjoint_a", False)),
        adjoint_b=bool(call.get("adjoint_b", False)),
    )


@reads("SparseSlice", outputs=("output_indices", "output_values", "output_shape"), eager=True)
def _slice(call: Any, indices: Any, values: Any, shape: Any, start: Any, size: Any) -> Any:
    whole = SparseTensor(indices, values, shape)
    return _parts(sparse.slice(whole, static(start, call.op), static(size, call.op)))


@reads("SparseConcat", outputs=("output_indices", "output_values", "output_shape"), eager=True)
def _concat(call: Any, *inputs: Any) -> Any:
    count = len(inputs) // 3
    parts = inputs[:count], inputs[count : 2 * count], inputs[2 * count :]
    tensors = [SparseTensor(*one) for one in zip(*parts, strict=True)]
    return _parts(sparse.concat(int(call["concat_dim"]), tensors))


# --- sums of rows -----------------------------------------------------------------------------


def _segments(name: str, fold: Callable[..., Any]) -> None:
    reads(f"SparseSegment{name}", eager=True)(
        lambda call, data, indices, ids: fold(data, indices, ids)
    )
    reads(f"SparseSegment{name}WithNumSegments", eager=True)(
        lambda call, data, indices, ids, count: fold(data, indices, ids, count)
    )


_segments("Sum", sparse.segment_sum)
_segments("Mean", sparse.segment_mean)
_segments("SqrtN", sparse.segment_sqrt_n)


# --- rows of different lengths ----------------------------------------------------------------


@reads(
    "RaggedTensorToSparse",
    outputs=("sparse_indices", "sparse_values", "sparse_dense_shape"),
    eager=True,
)
def _ragged_to_sparse(call: Any, *inputs: Any) -> Any:
    """Rows given by their splits, the outer ones first, and the flat values."""
    *splits, values = inputs
    return _parts(RaggedTensor.from_nested_row_splits(values, splits).to_sparse())


@reads("StringSplit", outputs=("indices", "values", "shape"), eager=True)
def _split(call: Any, x: Any, delimiter: Any) -> Any:
    """The parts of texts between any of the delimiter's bytes; without one the bytes."""
    cuts = bytes(as_tensor(delimiter).numpy())
    table = bytes.maketrans(cuts, cuts[:1] * len(cuts))
    rows = []
    for text in strings_of(call.op, x).reshape(-1):
        one = bytes(text)
        pieces = one.translate(table).split(cuts[:1]) if cuts else [bytes([b]) for b in one]
        kept = bool(one) and not call.get("skip_empty", True)
        rows.append(pieces if kept else [piece for piece in pieces if piece])
    return by_rows(rows)
