"""Rows of a table by sparse ids, combined row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, scalar, static
from caudal.array.movement import concat
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.math.segments import unsorted_segment_sum
from caudal.nn.lookup import embedding_lookup
from caudal.sparse.tensor import SparseTensor

_COMBINERS = ("mean", "sqrtn", "sum")


def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    combiner: str | None = None,
    max_norm: Any = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """The rows of ``params`` that each row of ``sp_ids`` names, as one row.

    Args:
        params: the table [ids, ...], or a list of its parts.
        sp_ids: sparse or ragged integers [rows, any].
        sp_weights: weights in the same places, or None for ones.
        combiner: "mean" (over the weights' sum; the default), "sqrtn" (over the root of the sum
            of their squares) or "sum".
        max_norm: what each row of the table is cut to first.

    Returns:
        [last row with ids + 1, ...].
    """
    ids, weights = _pair("embedding_lookup_sparse", sp_ids, sp_weights)
    places = static(ids.indices, "embedding_lookup_sparse: indices")[:, 0]
    count = int(places.max(initial=-1)) + 1
    return _combined(params, ids.values, weights, places, count, combiner, max_norm)


def _pair(what: str, ids: Any, weights: Any) -> tuple[SparseTensor, Any]:
    found = []
    for value in (ids, weights):
        value = value.to_sparse() if hasattr(value, "to_sparse") else value
        found.append(None if value is None else SparseTensor.from_value(value))
    first, second = found
    if first is None or not first.dtype.is_integer:
        raise InvalidArgumentError(
            "{what}: expected sparse integers, received {x}.", what=what, x=ids
        )
    if second is not None and dims(second.values) != dims(first.values):
        raise InvalidArgumentError(
            "{what}: expected as many weights as ids, received {weights} and {ids}.",
            what=what,
            weights=dims(second.values)[0],
            ids=dims(first.values)[0],
        )
    return first, None if second is None else second.values


def _combined(
    params: Any, ids: Any, weights: Any, rows: Any, count: int, combiner: Any, max_norm: Any
) -> Any:
    how = combiner or "mean"
    if how not in _COMBINERS:
        raise InvalidArgumentError(
            "embedding_lookup_sparse: expected combiner to be one of {known}, received {how!r}.",
            known=_COMBINERS,
            how=how,
        )
    table = concat(params, 0) if isinstance(params, list | tuple) and len(params) > 1 else params
    found = embedding_lookup(table, ids, max_norm)
    each = np.ones(dims(ids), found.dtype.np_dtype)
    weight = (
        convert_to_tensor(each) if weights is None else cast_to(as_tensor(weights), found.dtype)
    )
    wide = ops.reshape(weight, shape=dims(weight) + (1,) * (len(dims(found)) - 1))
    segments = convert_to_tensor(np.asarray(rows, np.int64))
    total = unsorted_segment_sum(ops.mul(found, wide), segments, count)
    if how == "sum":
        return total
    if how == "sqrtn":
        size = ops.sqrt(unsorted_segment_sum(ops.mul(weight, weight), segments, count))
    else:
        size = unsorted_segment_sum(weight, segments, count)
    none = ops.equal(size, scalar(0, size))
    size = ops.select(none, scalar(1, size), size)
    return ops.div(total, ops.reshape(size, shape=dims(size) + (1,) * (len(dims(found)) - 1)))


def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: Any = None,
    max_norm: Any = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Any:
    """`embedding_lookup_sparse` that leaves ids below 0, and weights not above 0, out.

    A row without ids has the table's row ``default_id``, or zeros.

    Returns:
        sparse_ids.shape[:-1] + [...].
    """
    what = "safe_embedding_lookup_sparse"
    ids, weights = _pair(what, sparse_ids, sparse_weights)
    values, places = static(ids.values, what), static(ids.indices, what)
    shape = tuple(int(n) for n in static(ids.dense_shape, what))
    kept = values >= 0
    if weights is not None and combiner != "sum":
        kept &= static(weights, what) > 0
    lead = shape[:-1]
    rows = (
        np.ravel_multi_index(tuple(places[kept, :-1].T), lead) if kept.any() else np.zeros(0, int)
    )
    count = int(np.prod(lead))
    values = values[kept]
    chosen = None if weights is None else as_tensor(weights)[convert_to_tensor(kept)]
    if default_id is not None:
        empty = np.setdiff1d(np.arange(count), rows)
        rows = np.concatenate([rows, empty])
        values = np.concatenate([values, np.full(len(empty), int(default_id), values.dtype)])
        if chosen is not None:
            ones = convert_to_tensor(np.ones(len(empty), chosen.dtype.np_dtype))
            chosen = concat([chosen, ones], 0)
    found = _combined(
        embedding_weights, convert_to_tensor(values), chosen, rows, count, combiner, max_norm
    )
    return ops.reshape(found, shape=(*lead, *dims(found)[1:]))
