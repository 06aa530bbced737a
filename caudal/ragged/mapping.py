"""`tf.map_fn` over the rows of ragged tensors, or with ragged results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array import movement
from caudal.array.arguments import as_tensor
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import nest
from caudal.ir.dtypes import as_dtype
from caudal.ragged.conversion import opened
from caudal.ragged.functions import concat
from caudal.ragged.gathering import as_ragged
from caudal.ragged.partition import RowPartition
from caudal.ragged.spec import RaggedTensorSpec
from caudal.ragged.tensor import RaggedTensor, rebuilt


def has_ragged(*structures: Any) -> bool:
    """Whether a leaf is a ragged tensor or its spec."""
    leaves = [leaf for structure in structures for leaf in nest.flatten(structure)]
    return any(isinstance(leaf, RaggedTensor | RaggedTensorSpec) for leaf in leaves)


def map_rows(fn: Callable[..., Any], elems: Any, wanted: Any) -> Any:
    """``fn`` of each row; results are stacked as ``wanted`` says, or as ``elems`` are."""
    leaves = [as_ragged(leaf) for leaf in nest.flatten(elems)]
    if any(not len(leaf.shape) for leaf in leaves):
        raise ShapeError("map_fn: expected elems with an axis, received a scalar.")
    counts = {int(leaf.shape[0]) for leaf in leaves}
    if len(counts) != 1:
        raise ShapeError("map_fn: expected as many rows in each of elems, received {n}.", n=counts)
    count = counts.pop()
    if not count:
        raise InvalidArgumentError("map_fn: expected at least one row of a RaggedTensor.")
    rows = [nest.pack_sequence_as(elems, [leaf[row] for leaf in leaves]) for row in range(count)]
    found = [fn(row) for row in rows]
    columns = zip(*(nest.flatten(one) for one in found), strict=True)
    kinds = nest.flatten(wanted) if wanted is not None else leaves
    if len(kinds) != len(nest.flatten(found[0])):
        raise InvalidArgumentError(
            "map_fn: the function's results have another structure than elems: give "
            "fn_output_signature."
        )
    stacked = [_stacked(list(parts), kind) for parts, kind in zip(columns, kinds, strict=True)]
    return nest.pack_sequence_as(found[0], stacked)


def _stacked(parts: list[Any], kind: Any) -> Any:
    """The results for one leaf, of which a dtype, a spec or an argument says the kind."""
    values = [as_ragged(part) for part in parts]
    dtype = as_dtype(getattr(kind, "dtype", kind))
    wrong = next((one for one in values if one.dtype is not dtype), None)
    if wrong is not None:
        raise InvalidArgumentError(
            "map_fn: expected results of {wanted}, received {got}. Give fn_output_signature.",
            wanted=dtype.name,
            got=wrong.dtype.name,
        )
    if not isinstance(kind, RaggedTensor | RaggedTensorSpec):
        return movement.stack([as_tensor(one) for one in values], 0)
    if any(not len(one.shape) for one in values):
        raise InvalidArgumentError(
            "map_fn: Ragged values must have rank >= 1; the function gave scalars. Give "
            "fn_output_signature=tf.{dtype} for a dense result.",
            dtype=dtype.name,
        )
    if isinstance(kind, RaggedTensorSpec):
        levels, wide = kind.ragged_rank, kind.row_splits_dtype
    else:
        levels, wide = kind.ragged_rank - 1, kind.partition.dtype
    lengths = np.asarray([one.shape[0] for one in values], np.int64)
    if levels:
        values = [
            one.with_row_splits_dtype(wide)
            if isinstance(one, RaggedTensor)
            else opened(one, levels, wide)
            for one in values
        ]
    return rebuilt(concat(values, 0), [RowPartition.of_lengths(lengths, wide)])
