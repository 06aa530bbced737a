"""Rows of a table by id."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, dims, scalar
from caudal.array.indexing import gather
from caudal.errors import UnimplementedError


def embedding_lookup(params: Any, ids: Any, max_norm: Any = None, name: str | None = None) -> Any:
    """The rows of ``params`` that the ids name, each cut to the norm ``max_norm`` if given."""
    if isinstance(params, list | tuple):
        if len(params) != 1:
            raise UnimplementedError(
                "embedding_lookup: expected one table, received {count} parts. Join them with "
                "tf.concat.",
                count=len(params),
            )
        params = params[0]
    rows = gather(params, ids)
    if max_norm is None:
        return rows
    first = len(as_tensor(ids).shape)
    axes = tuple(range(first, len(rows.shape)))
    squares = ops.reduce_sum(ops.mul(rows, rows), axes=axes)
    squares = ops.reshape(squares, shape=dims(rows)[:first] + (1,) * len(axes))
    limit = as_tensor(max_norm, rows.dtype)
    some = ops.greater(squares, scalar(0, squares))
    size = ops.select(some, ops.sqrt(ops.select(some, squares, scalar(1, squares))), squares)
    return ops.div(ops.mul(rows, limit), ops.maximum(size, limit))
