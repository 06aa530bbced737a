"""Array functions of ragged tensors: join, pick, repeat, turn round, mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import indexing, movement
from caudal.array.arguments import as_tensor, axis_of, dims, static, static_int, static_ints
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import as_dtype, int32, int64
from caudal.ragged.conversion import deepened, loosened, opened, pick
from caudal.ragged.elementwise import elementwise, require_same
from caudal.ragged.gathering import as_ragged, splits_kind
from caudal.ragged.indexing import new_axis, take_rows
from caudal.ragged.partition import RowPartition, common_dtype, host_integers
from caudal.ragged.tensor import RaggedTensor, rebuilt

# --- join -------------------------------------------------------------------------------------


def _aligned(what: str, values: Sequence[Any]) -> list[Any]:
    """Tensors of one rank, all with as many ragged levels as the most ragged one."""
    found = [as_ragged(value) for value in values]
    ranks = {len(one.shape) for one in found}
    if len(ranks) != 1:
        raise ShapeError(
            "{what}: expected tensors of one rank, received {shapes}.",
            what=what,
            shapes=[one.shape for one in found],
        )
    ragged = [one for one in found if isinstance(one, RaggedTensor)]
    kind = common_dtype(what, [one.partition.dtype for one in ragged])
    levels = max(one.ragged_rank for one in ragged)
    return [
        deepened(one, levels) if isinstance(one, RaggedTensor) else opened(one, levels, kind)
        for one in found
    ]


def concat(values: Any, axis: Any, name: str | None = None) -> Any:
    """Ragged and dense tensors joined along an axis; other axes need not agree where ragged."""
    listed = [as_ragged(value) for value in values]
    if len(listed) == 1:
        return listed[0]
    if not any(isinstance(one, RaggedTensor) for one in listed):
        return movement.concat(listed, axis)
    whole = _aligned("concat", listed)
    return loosened(_joined(whole, axis_of(axis, len(whole[0].shape), "concat")))


def _joined(values: list[Any], axis: int) -> Any:
    if not any(isinstance(one, RaggedTensor) for one in values):
        return movement.concat(values, axis)
    first = values[0]
    if axis == 0:
        lengths = np.concatenate([one.partition.lengths for one in values])
        part = RowPartition.of_lengths(lengths, first.partition.dtype)
        return RaggedTensor(_joined([one.values for one in values], 0), part, internal=True)
    rows = first.partition.rows
    if any(one.partition.rows != rows for one in values):
        raise InvalidArgumentError(
            "concat: Input tensors have incompatible shapes: numbers of rows {rows}.",
            rows=[one.partition.rows for one in values],
        )
    if axis == 1:
        # The rows of all, one below another, then those of one row side by side.
        stacked = _joined(values, 0)
        order = np.arange(len(values) * rows).reshape(len(values), rows).T.reshape(-1)
        mixed = take_rows(stacked, order)
        part = RowPartition(mixed.partition.splits[:: len(values)], first.partition.dtype)
        return RaggedTensor(mixed.values, part, internal=True)
    for other in values[1:]:
        if not first.partition.same(other.partition):
            raise InvalidArgumentError(
                "concat: expected the same row lengths before axis {axis}, received {a} and {b}.",
                axis=axis,
                a=first.partition.lengths.tolist()[:10],
                b=other.partition.lengths.tolist()[:10],
            )
    return first.with_values(_joined([one.values for one in values], axis - 1))


def stack(values: Any, axis: Any = 0, name: str | None = None) -> Any:
    """Tensors of any lengths joined along a new axis; the result is ragged.

    >>> stack([[1, 2], [3]])
    <tf.RaggedTensor [[1, 2], [3]]>
    """
    found = [as_ragged(value) for value in values]
    if not found:
        raise InvalidArgumentError("ragged.stack: expected at least one tensor.")
    rank = len(found[0].shape)
    if any(len(one.shape) != rank for one in found):
        raise ShapeError(
            "ragged.stack: expected tensors of one rank, received {shapes}.",
            shapes=[one.shape for one in found],
        )
    place = axis_of(axis, rank + 1, "ragged.stack")
    if rank == 0:
        return movement.stack(found, 0)
    if not any(isinstance(one, RaggedTensor) for one in found):
        if place and len({dims(one) for one in found}) == 1:
            return movement.stack(found, place)
        if rank == 1:
            lengths = np.asarray([dims(one)[0] for one in found])
            return rebuilt(movement.concat(found, 0), [RowPartition.of_lengths(lengths, int32)])
        found = [opened(one, 1, int64) for one in found]
    whole = [new_axis(one, place) for one in _aligned("ragged.stack", found)]
    return loosened(_joined(_aligned("ragged.stack", whole), place))


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """The tensor repeated ``multiples[i]`` times along axis i."""
    counts = static_ints(multiples, "tile: multiples")
    if len(counts) != len(input.shape):
        raise ShapeError(
            "tile: expected {rank} multiples, received {counts}.",
            rank=len(input.shape),
            counts=list(counts),
        )
    return loosened(_tiled(input, counts))


def _tiled(x: Any, counts: tuple[int, ...]) -> Any:
    if not isinstance(x, RaggedTensor):
        return movement.tile(x, counts)
    inner = x.with_values(_tiled(x.values, (1, *counts[2:])))
    part = inner.partition
    if counts[1] != 1:
        # Each row again and again, then the copies of one row as one.
        rows = np.repeat(np.arange(part.rows), counts[1])
        copies = take_rows(inner, rows)
        part = RowPartition.of_lengths(part.lengths * counts[1], part.dtype)
        inner = RaggedTensor(copies.values, part, internal=True)
    if counts[0] == 1:
        return inner
    return take_rows(inner, np.tile(np.arange(part.rows), counts[0]))


def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    """One more axis of extent 1."""
    return new_axis(input, axis_of(axis, len(input.shape) + 1, "expand_dims"))


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Without axes of extent 1, which must be named where they are ragged."""
    shape = tuple(input.shape)
    if axis is None:
        raise InvalidArgumentError("squeeze: a RaggedTensor needs an axis.")
    axes = {axis_of(one, len(shape), "squeeze") for one in static_ints(axis, "squeeze: axis")}
    for place in sorted(axes, reverse=True):
        input = _squeezed(input, place)
    return input


def _squeezed(x: Any, axis: int) -> Any:
    if not isinstance(x, RaggedTensor):
        return movement.squeeze(x, axis)
    part = x.partition
    if axis > 1:
        return x.with_values(_squeezed(x.values, axis - 1))
    wrong = part.rows != 1 if axis == 0 else bool((part.lengths != 1).any())
    if wrong:
        raise InvalidArgumentError(
            "squeeze: expected extent 1 along axis {axis} of shape {shape}.",
            axis=axis,
            shape=x.shape,
        )
    return x.values


# --- turn round, mask ---------------------------------------------------------------------------


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Back to front along axes; a ragged axis within each row."""
    rank = len(tensor.shape)
    for place in {axis_of(one, rank, "reverse") for one in static_ints(axis, "reverse: axis")}:
        tensor = _reversed(tensor, place)
    return tensor


def _reversed(x: Any, axis: int) -> Any:
    if not isinstance(x, RaggedTensor):
        return movement.reverse(x, [axis])
    part = x.partition
    if axis == 0:
        return take_rows(x, np.arange(part.rows)[::-1].copy())
    if axis == 1:
        ends = np.repeat(part.splits[1:] - 1, part.lengths)
        return x.with_values(take_rows(x.values, ends - part.places))
    return x.with_values(_reversed(x.values, axis - 1))


def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """The elements where the mask is true, in rows as the mask's.

    Args:
        data: of the mask's rank or more.
        mask: bool, of one or more axes; ragged as the data are.

    >>> boolean_mask([[1, 2, 3], [4, 5, 6]], [[True, False, True], [False, False, True]])
    <tf.RaggedTensor [[1, 3], [6]]>
    """
    table, flags = as_ragged(data), as_ragged(mask)
    if not flags.dtype.is_bool:
        raise InvalidArgumentError(
            "ragged.boolean_mask: expected a bool mask, received {got}.", got=flags.dtype.name
        )
    rank = len(flags.shape)
    if not rank or rank > len(table.shape):
        raise ShapeError(
            "ragged.boolean_mask: expected a mask of rank 1 to {most}, received rank {rank}.",
            most=len(table.shape),
            rank=rank,
        )
    return _masked(table, flags)


def _masked(table: Any, flags: Any) -> Any:
    rank = len(flags.shape)
    if rank == 1:
        known = static(flags, "ragged.boolean_mask: mask")
        count = table.partition.rows if isinstance(table, RaggedTensor) else dims(table)[0]
        if len(known) != count:
            raise ShapeError(
                "ragged.boolean_mask: expected a mask of {count} entries, received {got}.",
                count=count,
                got=len(known),
            )
        return take_rows(table, np.flatnonzero(known))
    kind = splits_kind(table, flags)
    table = table if isinstance(table, RaggedTensor) else opened(table, 1, kind)
    flags = flags if isinstance(flags, RaggedTensor) else opened(flags, 1, kind)
    if not table.partition.same(flags.partition):
        raise InvalidArgumentError(
            "ragged.boolean_mask: the rows of data and mask differ: {a} and {b}.",
            a=table.partition.lengths.tolist()[:10],
            b=flags.partition.lengths.tolist()[:10],
        )
    part = flags.partition
    if rank > 2:
        return RaggedTensor(_masked(table.values, flags.values), part, internal=True)
    known = static(flags.flat_values, "ragged.boolean_mask: mask")
    kept = np.bincount(part.row_ids[known], minlength=part.rows)
    left = RowPartition.of_lengths(kept, part.dtype)
    return RaggedTensor(take_rows(table.values, np.flatnonzero(known)), left, internal=True)


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """``x`` where the condition holds, else ``y``; alone, the indices where it does."""
    if (x is None) != (y is None):
        raise InvalidArgumentError("where: expected both x and y, or neither of them.")
    if x is not None:
        # A list would take the dtype of the ragged values beside it.
        chosen = condition if isinstance(condition, RaggedTensor) else as_tensor(condition)
        return elementwise(indexing.where, (chosen, x, y), {})
    sparse = condition.to_sparse()
    chosen = np.flatnonzero(static(sparse.values, "where"))
    return pick(sparse.indices, chosen)


# --- about ------------------------------------------------------------------------------------


def size(input: Any, out_type: Any = int32, name: str | None = None) -> Tensor:
    """The number of elements."""
    count = int(np.prod(dims(input.flat_values), dtype=np.int64))
    return convert_to_tensor(np.asarray(count, as_dtype(out_type).np_dtype))


def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of axes."""
    return convert_to_tensor(np.asarray(len(input.shape), np.int32))


def one_hot(function: Callable[..., Any], indices: Any, *args: Any, **kwargs: Any) -> Any:
    """`tf.one_hot` of each value, along a new last axis."""
    axis = kwargs.get("axis", args[3] if len(args) > 3 else None)
    if axis not in (None, -1, len(indices.shape)):
        raise InvalidArgumentError("one_hot: of a RaggedTensor only axis=-1 is defined.")
    kwargs.pop("axis", None)
    return indices.with_flat_values(function(indices.flat_values, *args[:3], **kwargs))


def split_values(data: Any, partitions: Any, num_partitions: Any, name: str | None = None) -> Any:
    """The entries of ``data`` with partition i, as row i: `tf.ragged.stack_dynamic_partitions`.

    >>> split_values(["a", "b", "c"], [1, 0, 1], 2)
    <tf.RaggedTensor [[b'b'], [b'a', b'c']]>
    """
    table, where_to = as_ragged(data), as_ragged(partitions)
    count = static_int(num_partitions, "ragged.stack_dynamic_partitions: num_partitions")
    if isinstance(where_to, RaggedTensor):
        if not isinstance(table, RaggedTensor):
            table = opened(table, where_to.ragged_rank, where_to.partition.dtype)
        levels = where_to.ragged_rank
        require_same("stack_dynamic_partitions", table, where_to)
        inner = rebuilt(table.flat_values, table.partitions()[levels:])
        found = split_values(inner, where_to.flat_values, count)
        return found.with_row_splits_dtype(table.partition.dtype)
    known, kind = host_integers(where_to, "ragged.stack_dynamic_partitions: partitions")
    if known.ndim != 1:
        shape = known.shape
        if isinstance(table, RaggedTensor):
            table = table.merge_dims(0, known.ndim - 1)
        else:
            table = ops.reshape(table, shape=(known.size, *dims(table)[len(shape) :]))
        known = known.reshape(-1)
    if ((known < 0) | (known >= count)).any():
        raise InvalidArgumentError(
            "ragged.stack_dynamic_partitions: expected partitions from 0 to {last}.", last=count - 1
        )
    order = np.argsort(known, kind="stable")
    if isinstance(table, RaggedTensor):
        kind = table.partition.dtype
    part = RowPartition.of_lengths(np.bincount(known, minlength=count), kind)
    return rebuilt(take_rows(table, order), [part])


def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: Any = None, name: str | None = None
) -> list[Any]:
    """Parts along an axis that is not ragged: so many equal ones, or parts of given sizes."""
    place = axis_of(axis, len(value.shape), "split")
    extent = value.shape[place]
    if extent is None:
        raise InvalidArgumentError("split: axis {axis} of a RaggedTensor is ragged.", axis=place)
    sizes = static(num_or_size_splits, "split")
    if not sizes.ndim:
        if extent % int(sizes):
            raise InvalidArgumentError(
                "split: {extent} rows cannot be divided into {count} equal parts.",
                extent=extent,
                count=int(sizes),
            )
        sizes = np.full(int(sizes), extent // int(sizes))
    known = sizes.tolist()
    if -1 in known:
        known[known.index(-1)] = extent - sum(known) - 1
    if sum(known) != extent:
        raise InvalidArgumentError(
            "split: the sizes {sizes} do not add up to {extent}.", sizes=known, extent=extent
        )
    ends = np.cumsum(known).tolist()
    lead = (slice(None),) * place
    return [
        value[tuple([*lead, slice(end - size, end)])] for size, end in zip(known, ends, strict=True)
    ]


def bincount(
    function: Callable[..., Any],
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = int32,
    name: str | None = None,
    axis: int | None = None,
    binary_output: bool = False,
) -> Any:
    """`tf.math.bincount` of all values, or with axis=-1 of each row."""
    flat = arr.flat_values if isinstance(arr, RaggedTensor) else arr
    loads = weights.flat_values if isinstance(weights, RaggedTensor) else weights
    if axis in (None, 0):
        return function(flat, loads, minlength, maxlength, dtype, None, axis, binary_output)
    known, _ = host_integers(flat, "bincount")
    low = 0 if minlength is None else static_int(minlength, "bincount: minlength")
    width = max(int(known.max()) + 1 if known.size else 0, low)
    if maxlength is not None:
        width = min(width, static_int(maxlength, "bincount: maxlength"))
    part = arr.partition
    kind = as_dtype(dtype) if loads is None else as_tensor(loads).dtype
    found = np.zeros((part.rows, width), kind.np_dtype)
    inside = (known >= 0) & (known < width)
    amounts = 1 if loads is None else static(loads, "bincount: weights")[inside]
    np.add.at(found, (part.row_ids[inside], known[inside]), amounts)
    if binary_output:
        found = (found > 0).astype(kind.np_dtype)
    return convert_to_tensor(found)
