"""`tf.gather` and `tf.gather_nd` of ragged tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array import indexing
from caudal.array.arguments import as_tensor, axis_of, dims, static_int
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import int64
from caudal.ragged.conversion import closed, opened
from caudal.ragged.indexing import take_rows
from caudal.ragged.partition import Array, RowPartition, common_dtype, host_integers
from caudal.ragged.tensor import RaggedTensor, rebuilt


def as_ragged(value: Any) -> Any:
    """A ragged tensor as it is, anything else as a tensor."""
    return value if isinstance(value, RaggedTensor) else as_tensor(value)


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """The entries of ``params`` along ``axis`` that the indices name; either may be ragged."""
    table, ids = as_ragged(params), as_ragged(indices)
    batch = static_int(batch_dims, "gather: batch_dims")
    batch = batch + len(ids.shape) if batch < 0 else batch
    place = batch if axis is None else axis_of(axis, len(table.shape), "gather")
    if place < batch:
        raise InvalidArgumentError(
            "gather: expected axis >= batch_dims, received {axis} and {batch}.",
            axis=place,
            batch=batch,
        )
    return closed(_gathered(table, ids, place, batch))


def _gathered(table: Any, ids: Any, axis: int, batch: int) -> Any:
    if not isinstance(table, RaggedTensor) and not isinstance(ids, RaggedTensor):
        return indexing.gather(table, ids, axis=axis, batch_dims=batch)
    if isinstance(ids, RaggedTensor) and not batch and axis == 0:
        return ids.with_flat_values(_gathered(table, ids.flat_values, 0, 0))
    if axis == 0:
        known, _ = host_integers(ids, "gather")
        _in_range(known, table.partition.rows)
        found = take_rows(table, known.reshape(-1))
        parts = [
            RowPartition.regular(
                int(np.prod(known.shape[:n])), known.shape[n], found.partition.dtype
            )
            for n in range(1, known.ndim)
        ]
        if known.ndim == 0:
            return found[0]
        return rebuilt(found, parts)
    kind = splits_kind(table, ids)
    table = table if isinstance(table, RaggedTensor) else opened(table, 1, kind)
    part = table.partition
    if axis > 1 and not batch:
        return table.with_values(_gathered(table.values, ids, axis - 1, 0))
    if not batch:
        known, _ = host_integers(ids, "gather")
        spread = np.broadcast_to(known, (part.rows, *known.shape)).copy()
        ids, batch = convert_to_tensor(spread), 1
    ids = ids if isinstance(ids, RaggedTensor) else opened(ids, 1, kind)
    rows = ids.partition
    if rows.rows != part.rows:
        raise ShapeError(
            "gather: expected as many rows of indices as of params, received {a} and {b}.",
            a=rows.rows,
            b=part.rows,
        )
    if batch > 1:
        if not rows.same(part):
            raise ShapeError("gather: the first batch_dims axes of params and indices differ.")
        return ids.with_values(_gathered(table.values, ids.values, axis - 1, batch - 1))
    flat, _ = host_integers(ids.flat_values, "gather")
    owner = _owners(ids)
    lengths = part.lengths[owner].reshape(-1, *(1,) * (flat.ndim - 1))
    if ((flat < 0) | (flat >= lengths)).any():
        raise InvalidArgumentError("gather: an index is out of range of its row.")
    places = flat + part.starts[owner].reshape(-1, *(1,) * (flat.ndim - 1))
    return ids.with_flat_values(_gathered(table.values, convert_to_tensor(places), 0, 0))


def splits_kind(*values: Any) -> Any:
    """The dtype of row splits that ragged tensors share; int64 without any."""
    kinds = [one.partition.dtype for one in values if isinstance(one, RaggedTensor)]
    return common_dtype("gather", kinds) if kinds else int64


def _owners(ids: RaggedTensor) -> Array:
    """The outermost row of each flat value."""
    owner = np.arange(ids.partitions()[-1].count)
    for part in reversed(ids.partitions()):
        owner = part.row_ids[owner]
    return owner


def _in_range(known: Array, limit: int) -> None:
    bad = (known < 0) | (known >= limit)
    if bad.any():
        raise InvalidArgumentError(
            "gather: index {index} is not in [0, {limit}).", index=int(known[bad][0]), limit=limit
        )


def gather_nd(
    params: Any,
    indices: Any,
    batch_dims: int = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> Any:
    """The elements or rows that the vectors in the last axis of ``indices`` name."""
    if static_int(batch_dims, "gather_nd: batch_dims"):
        raise InvalidArgumentError("gather_nd: batch_dims is not defined for a RaggedTensor.")
    table, ids = as_ragged(params), as_ragged(indices)
    if isinstance(ids, RaggedTensor):
        return ids.with_flat_values(gather_nd(table, ids.flat_values))
    known, _ = host_integers(ids, "gather_nd")
    lead = known.shape[:-1]
    flat = known.reshape(-1, known.shape[-1])
    at = flat[:, 0]
    for column in flat.T[1:]:
        if not isinstance(table, RaggedTensor):
            break
        part = table.partition
        _in_range(at, part.rows)
        if ((column < 0) | (column >= part.lengths[at])).any():
            raise InvalidArgumentError("gather_nd: an index is out of range of its row.")
        at = part.starts[at] + column
        table = table.values
        flat = flat[:, 1:]
    if not isinstance(table, RaggedTensor):
        rest = np.concatenate([at[:, None], flat[:, 1:]], axis=1)
        found = ops.gather_nd(table, convert_to_tensor(rest))
        return ops.reshape(found, shape=(*lead, *dims(found)[1:]))
    _in_range(at, table.partition.rows)
    return _gathered(table, convert_to_tensor(at.reshape(lead)), 0, 0)
