"""Ragged tensors to and from dense and sparse ones, lists and arrays; axes merged."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, static, static_int
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import DType
from caudal.ragged import tensor as tensors
from caudal.ragged.partition import Array, RowPartition, host_integers
from caudal.sparse.tensor import SparseTensor, sparse_of


def pick(values: Any, places: Array) -> Any:
    """The entries of a tensor's first axis at known places."""
    # Through a view, so that the gradient of the values is no IndexedSlices.
    whole = ops.reshape(values, shape=dims(values))
    return ops.gather(whole, convert_to_tensor(places), axis=0)


def opened(tensor: Any, levels: int, kind: DType) -> Any:
    """A dense tensor as a ragged one whose first ``levels`` inner axes are uniform levels."""
    shape = dims(tensor)
    inner = ops.reshape(tensor, shape=(math.prod(shape[: levels + 1]), *shape[levels + 1 :]))
    parts = [
        RowPartition.regular(math.prod(shape[:level]), shape[level], kind)
        for level in range(1, levels + 1)
    ]
    return tensors.rebuilt(inner, parts)


def deepened(ragged: Any, levels: int) -> Any:
    """The same ragged tensor with at least so many levels, the new ones uniform."""
    parts = ragged.partitions()
    if len(parts) >= levels:
        return ragged
    inner = opened(ragged.flat_values, levels - len(parts), parts[0].dtype)
    return tensors.rebuilt(inner, parts)


# --- from others ------------------------------------------------------------------------------


def from_tensor(tensor: Any, lengths: Any, padding: Any, ragged_rank: int, kind: DType) -> Any:
    """See `RaggedTensor.from_tensor`."""
    what = "RaggedTensor.from_tensor"
    x = as_tensor(tensor)
    rank = static_int(ragged_rank, what + ": ragged_rank")
    if lengths is not None and padding is not None:
        raise InvalidArgumentError("{what}: expected lengths or padding, not both.", what=what)
    if isinstance(lengths, list | tuple) and lengths and not np.isscalar(lengths[0]):
        return _cut_levels(x, lengths, kind)
    if rank < 1 or len(x.shape) <= rank:
        raise InvalidArgumentError(
            "{what}: expected ragged_rank from 1 to {most} for shape {shape}, received {rank}.",
            what=what,
            most=len(x.shape) - 1,
            shape=dims(x),
            rank=rank,
        )
    found = opened(x, rank - 1, kind) if rank > 1 else None
    flat = x if found is None else found.flat_values
    if padding is not None:
        kept = _unpadded(flat, padding)
    elif lengths is not None:
        kept = np.clip(host_integers(lengths, what + ": lengths")[0], 0, dims(flat)[1])
        if kept.shape != dims(flat)[:1]:
            raise ShapeError(
                "{what}: expected {rows} lengths, received shape {shape}.",
                what=what,
                rows=dims(flat)[0],
                shape=kept.shape,
            )
    else:
        return opened(x, rank, kind)
    cut = _cut(flat, kept, kind)
    return cut if found is None else tensors.rebuilt(cut, found.partitions())


def _cut(x: Any, lengths: Array, kind: DType) -> Any:
    """Each row of a dense tensor up to its length."""
    shape = dims(x)
    part = RowPartition.of_lengths(lengths, kind)
    flat = ops.reshape(x, shape=(shape[0] * shape[1], *shape[2:]))
    return tensors.rebuilt(pick(flat, part.row_ids * shape[1] + part.places), [part])


def _cut_levels(x: Any, lengths: Any, kind: DType) -> Any:
    first, *rest = lengths
    cut = from_tensor(x, np.asarray(static(first, "lengths")), None, 1, kind)
    return cut.with_values(_cut_levels(cut.values, rest, kind)) if rest else cut


def _unpadded(x: Any, padding: Any) -> Array:
    """How much of each row is left without the padding at its end."""
    known = static(x, "RaggedTensor.from_tensor: padding")
    pad = static(as_tensor(padding, x.dtype), "padding")
    if pad.shape != known.shape[2:] and pad.shape:
        raise ShapeError(
            "RaggedTensor.from_tensor: expected padding of shape {expected}, received {got}.",
            expected=known.shape[2:],
            got=pad.shape,
        )
    other = (known != pad).reshape(*known.shape[:2], -1).any(axis=2)
    places = np.arange(1, known.shape[1] + 1)
    kept: Array = np.max(np.where(other, places, 0), axis=1, initial=0)
    return kept.astype(np.int64)


def from_sparse(st_input: Any, kind: DType) -> Any:
    """See `RaggedTensor.from_sparse`."""
    sparse = sparse_of("RaggedTensor.from_sparse", st_input)
    shape = [int(n) for n in sparse.dense_shape.numpy()]
    if len(shape) != 2:
        raise InvalidArgumentError(
            "RaggedTensor.from_sparse: expected a SparseTensor of rank 2, received rank {rank}.",
            rank=len(shape),
        )
    places = static(sparse.indices, "RaggedTensor.from_sparse")
    rows = places[:, 0]
    part = RowPartition.of_lengths(np.bincount(rows, minlength=shape[0]), kind)
    if (np.diff(rows) < 0).any() or (part.places != places[:, 1]).any():
        raise InvalidArgumentError(
            "RaggedTensor.from_sparse: SparseTensor is not right-ragged: the elements of each row "
            "must stand in its first columns, in order."
        )
    return tensors.rebuilt(sparse.values, [part])


# --- to others --------------------------------------------------------------------------------


def bounds(ragged: Any) -> list[int]:
    """The extents of the smallest dense tensor that holds it."""
    parts = ragged.partitions()
    return [parts[0].rows, *(one.longest for one in parts), *dims(ragged.flat_values)[1:]]


def to_tensor(ragged: Any, default_value: Any, shape: Any) -> Any:
    """See `RaggedTensor.to_tensor`."""
    extents = _wanted(shape, len(ragged.shape))
    inner = extents[ragged.ragged_rank + 1 :]
    if any(n not in (None, m) for n, m in zip(inner, ragged.flat_values.shape[1:], strict=True)):
        ragged = deepened(ragged, len(ragged.shape) - 1)
    places = _dense_places(ragged.partitions(), extents)
    flat = ragged.flat_values
    rest = dims(flat)[1:]
    if default_value is None:
        default_value = b"" if flat.dtype.name == "string" else np.zeros((), flat.dtype.np_dtype)
    default = as_tensor(default_value, flat.dtype)
    filler = ops.broadcast_to(default, shape=rest) if dims(default) != rest else default
    column = ops.concat(flat, ops.reshape(filler, shape=(1, *rest)), axis=0)
    return ops.gather(column, convert_to_tensor(places), axis=0)


def _wanted(shape: Any, rank: int) -> list[int | None]:
    if shape is None:
        return [None] * rank
    if isinstance(shape, Tensor):
        shape = static(shape, "RaggedTensor.to_tensor: shape").tolist()
    listed = list(shape.as_list() if hasattr(shape, "as_list") else shape)
    found = [None if n is None or int(n) < 0 else int(n) for n in listed]
    if len(found) != rank:
        raise ShapeError(
            "RaggedTensor.to_tensor: expected a shape of {rank} extents, received {shape}.",
            rank=rank,
            shape=shape,
        )
    return found


def _dense_places(parts: list[RowPartition], extents: list[int | None]) -> Array:
    """Where each element of the dense tensor comes from; the count of values: from nowhere."""
    rows = parts[0].rows if extents[0] is None else extents[0]
    at = np.arange(rows, dtype=np.int64)
    at[parts[0].rows :] = -1
    for part, wanted in zip(parts, extents[1:], strict=False):
        width = part.longest if wanted is None else wanted
        columns = np.arange(width, dtype=np.int64)
        # One more row, which is empty, for the rows that are not there.
        starts, lengths = np.append(part.starts, 0), np.append(part.lengths, 0)
        there = columns < lengths[at][..., None]
        at = np.where(there, starts[at][..., None] + columns, -1)
    return np.where(at < 0, parts[-1].count, at)


def to_sparse(ragged: Any) -> SparseTensor:
    """See `RaggedTensor.to_sparse`."""
    parts, flat = ragged.partitions(), ragged.flat_values
    rest = dims(flat)[1:]
    columns: list[Array] = []
    owner = np.arange(parts[-1].count)
    for part in reversed(parts):
        columns.insert(0, part.places[owner])
        owner = part.row_ids[owner]
    each = math.prod(rest)
    outer = np.repeat(np.stack([owner, *columns], 1), each, axis=0)
    inner = np.tile(np.indices(rest).reshape(len(rest), each).T, (parts[-1].count, 1))
    places = np.concatenate([outer, inner], 1).astype(np.int64)
    values = ops.reshape(flat, shape=(parts[-1].count * each,))
    return SparseTensor(places, values, bounds(ragged))


def to_list(ragged: Any) -> list[Any]:
    """See `RaggedTensor.to_list`."""
    rows = static(ragged.flat_values, "RaggedTensor.to_list").tolist()
    for part in reversed(ragged.partitions()):
        splits = part.splits.tolist()
        rows = [rows[begin:end] for begin, end in itertools.pairwise(splits)]
    return list(rows)


def to_numpy(ragged: Any) -> Array:
    """See `RaggedTensor.numpy`."""
    found = static(ragged.flat_values, "RaggedTensor.numpy")
    for part in reversed(ragged.partitions()):
        found = _rows(found, part)
    return found


def _rows(values: Array, part: RowPartition) -> Array:
    if not part.rows:
        return np.zeros(0, values.dtype)
    if part.lengths.min() == part.lengths.max():
        return values.reshape(part.rows, part.longest, *values.shape[1:])
    found = np.empty(part.rows, object)
    for row in range(part.rows):
        found[row] = values[part.splits[row] : part.splits[row + 1]]
    return found


# --- axes -------------------------------------------------------------------------------------


def row_lengths(ragged: Any, axis: int) -> Any:
    """See `RaggedTensor.row_lengths`."""
    part = ragged.partition
    if axis == 0:
        return part.public(part.rows)
    if axis == 1:
        return part.public(part.lengths)
    inner = ragged.values
    if isinstance(inner, tensors.RaggedTensor):
        return ragged.with_values(row_lengths(inner, axis - 1))
    shape = dims(inner)
    if not 0 < axis <= len(shape):
        raise InvalidArgumentError(
            "RaggedTensor.row_lengths: expected an axis below {rank}, received {axis}.",
            rank=len(shape) + 1,
            axis=axis,
        )
    return ragged.with_values(part.public(np.full(shape[: axis - 1], shape[axis - 1])))


def merge_dims(ragged: Any, outer_axis: Any, inner_axis: Any) -> Any:
    """See `RaggedTensor.merge_dims`."""
    rank = len(ragged.shape)
    outer = static_int(outer_axis, "RaggedTensor.merge_dims: outer_axis")
    inner = static_int(inner_axis, "RaggedTensor.merge_dims: inner_axis")
    outer, inner = (n + rank if n < 0 else n for n in (outer, inner))
    if not 0 <= outer <= inner < rank:
        raise InvalidArgumentError(
            "RaggedTensor.merge_dims: expected 0 <= outer_axis <= inner_axis < {rank}, received "
            "{outer} and {inner}.",
            rank=rank,
            outer=outer_axis,
            inner=inner_axis,
        )
    if outer == inner:
        return ragged
    whole = deepened(ragged, inner)
    parts = whole.partitions()
    if outer == 0:
        return tensors.rebuilt(whole.flat_values, parts[inner:])
    splits = parts[outer - 1].splits
    for part in parts[outer:inner]:
        splits = part.splits[splits]
    lengths = [one.uniform for one in parts[outer - 1 : inner]]
    uniform = None if None in lengths else math.prod(n for n in lengths if n is not None)
    merged = RowPartition(splits, parts[0].dtype, uniform)
    return tensors.rebuilt(whole.flat_values, [*parts[: outer - 1], merged, *parts[inner:]])


def loosened(value: Any) -> Any:
    """A ragged tensor of which no axis is known to be uniform; a tensor as it is."""
    if not isinstance(value, tensors.RaggedTensor):
        return value
    parts = [RowPartition(part.splits, part.dtype) for part in value.partitions()]
    return tensors.rebuilt(value.flat_values, parts)


def closed(value: Any) -> Any:
    """A ragged tensor without ragged axes as a tensor, any other one `loosened`."""
    if not isinstance(value, tensors.RaggedTensor):
        return value
    if None in value.shape:
        return loosened(value)
    return ops.reshape(value.flat_values, shape=dims(value))
