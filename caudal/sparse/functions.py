"""Sparse tensors joined, cut, turned, filtered: where their elements stand is known on the host."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.array.arguments import as_tensor, axis_of, dims, static, static_int, static_ints
from caudal.errors import InvalidArgumentError, OutOfRangeError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32, int64, string
from caudal.sparse import crossing
from caudal.sparse.tensor import SparseTensor, reorder, sparse_of

Array = np.ndarray[Any, Any]


class Known(NamedTuple):
    """A sparse tensor with its places on the host."""

    places: Array
    values: Any
    shape: tuple[int, ...]

    def flat(self) -> Array:
        """The number of each place, counted row by row."""
        if not self.shape:
            return np.zeros(len(self.places), np.int64)
        found: Array = np.ravel_multi_index(tuple(self.places.T), self.shape)
        return found

    def take(self, chosen: Array) -> Any:
        """Some of the values."""
        return ops.gather(self.values, convert_to_tensor(chosen), axis=0)


def known(what: str, value: Any) -> Known:
    """The parts of a SparseTensor."""
    sparse = sparse_of(what, value)
    shape = tuple(int(n) for n in sparse.dense_shape.numpy())
    return Known(static(sparse.indices, what), sparse.values, shape)


def _inputs(what: str, sp_inputs: Any) -> list[Any]:
    if not isinstance(sp_inputs, list | tuple) or not sp_inputs:
        raise InvalidArgumentError("{what}: expected a list of SparseTensors.", what=what)
    return [sparse_of(what, one) for one in sp_inputs]


def concat(
    axis: Any, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: str | None = None
) -> SparseTensor:
    """Sparse tensors joined along an axis.

    With ``expand_nonconcat_dims`` other extents may differ: the greatest one holds.

    >>> concat(0, [SparseTensor([[0, 1]], [5], [1, 2])] * 2).indices.numpy().tolist()
    [[0, 1], [1, 1]]
    """
    parts = [known("sparse.concat", one) for one in _inputs("sparse.concat", sp_inputs)]
    ranks = {len(one.shape) for one in parts}
    if len(ranks) > 1:
        raise ShapeError("sparse.concat: expected one rank, received {ranks}.", ranks=sorted(ranks))
    place = axis_of(axis, ranks.pop(), "sparse.concat")
    extents = np.asarray([one.shape for one in parts])
    others = np.delete(extents, place, axis=1)
    if not expand_nonconcat_dims and (others != others[0]).any():
        raise ShapeError(
            "sparse.concat: Input shapes must match but along axis {axis}, received {shapes}.",
            axis=place,
            shapes=[one.shape for one in parts],
        )
    shape = extents.max(axis=0)
    shape[place] = extents[:, place].sum()
    starts = np.cumsum(extents[:, place]) - extents[:, place]
    moved = []
    for one, start in zip(parts, starts, strict=True):
        places = one.places.copy()
        places[:, place] += start
        moved.append(places)
    values = movement.concat([one.values for one in parts], 0)
    return reorder(SparseTensor(np.concatenate(moved), values, shape))


def split(
    sp_input: Any = None, num_split: Any = None, axis: Any = None, name: str | None = None
) -> list[SparseTensor]:
    """``num_split`` parts along an axis; the first ones are longer by 1 if need be."""
    one = known("sparse.split", sp_input)
    if num_split is None or axis is None:
        raise InvalidArgumentError("sparse.split: expected num_split and axis.")
    count = static_int(num_split, "sparse.split: num_split")
    place = axis_of(axis, len(one.shape), "sparse.split")
    extent = one.shape[place]
    if not 1 <= count <= extent:
        raise InvalidArgumentError(
            "sparse.split: Input num_split should be between 1 and the splitting dimension size "
            "({extent}), got {count}.",
            extent=extent,
            count=count,
        )
    sizes = [extent // count + (part < extent % count) for part in range(count)]
    found, begin = [], 0
    for size in sizes:
        start, length = [0] * len(one.shape), list(one.shape)
        start[place], length[place] = begin, size
        found.append(_window(one, start, length))
        begin += size
    return found


def _window(one: Known, start: Sequence[int], size: Sequence[int]) -> SparseTensor:
    low = np.asarray(start, np.int64)
    extents = np.minimum(np.asarray(size, np.int64), np.asarray(one.shape) - low).clip(0)
    inside = ((one.places >= low) & (one.places < low + extents)).all(axis=1)
    chosen = np.flatnonzero(inside)
    return SparseTensor(one.places[chosen] - low, one.take(chosen), extents)


def slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> SparseTensor:
    """The part that begins at ``start`` and has ``size``, cut at the ends of the tensor."""
    one = known("sparse.slice", sp_input)
    low, extents = static_ints(start, "sparse.slice"), static_ints(size, "sparse.slice")
    if not len(low) == len(extents) == len(one.shape):
        raise ShapeError(
            "sparse.slice: expected start and size of {rank} numbers, received {start}, {size}.",
            rank=len(one.shape),
            start=list(low),
            size=list(extents),
        )
    return _window(one, low, extents)


def expand_dims(sp_input: Any, axis: Any = None, name: str | None = None) -> SparseTensor:
    """One more axis of extent 1; the last one by default."""
    one = known("sparse.expand_dims", sp_input)
    place = axis_of(-1 if axis is None else axis, len(one.shape) + 1, "sparse.expand_dims")
    places = np.insert(one.places, place, 0, axis=1)
    return SparseTensor(places, one.values, [*one.shape[:place], 1, *one.shape[place:]])


def eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = float32, name: str | None = None
) -> SparseTensor:
    """Ones on the diagonal."""
    rows = static_int(num_rows, "sparse.eye: num_rows")
    columns = rows if num_columns is None else static_int(num_columns, "sparse.eye: num_columns")
    diagonal = np.arange(min(rows, columns))
    ones = convert_to_tensor(np.ones(len(diagonal), as_dtype(dtype).np_dtype))
    return SparseTensor(np.stack([diagonal, diagonal], 1), ones, [rows, columns])


def fill_empty_rows(
    sp_input: Any, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Any]:
    """A value at the beginning of each row without elements, and which rows these were."""
    one = known("sparse.fill_empty_rows", sp_input)
    if not one.shape:
        raise ShapeError("sparse.fill_empty_rows: expected at least one axis.")
    empty = np.ones(one.shape[0], bool)
    empty[one.places[:, 0]] = False
    rows = np.flatnonzero(empty)
    more = np.zeros((len(rows), len(one.shape)), np.int64)
    more[:, 0] = rows
    default = as_tensor(default_value, one.values.dtype)
    if dims(default):
        raise ShapeError(
            "sparse.fill_empty_rows: expected a scalar default_value, received shape {shape}.",
            shape=dims(default),
        )
    values = movement.concat([one.values, ops.broadcast_to(default, shape=(len(rows),))], 0)
    whole = SparseTensor(np.concatenate([one.places, more]), values, one.shape)
    return _by_rows(whole), convert_to_tensor(empty)


def _by_rows(sparse: SparseTensor) -> SparseTensor:
    """In the order of the first axis, keeping that within rows."""
    rows = sparse.indices.numpy()[:, 0]
    if (rows[1:] >= rows[:-1]).all():
        return sparse
    order = np.argsort(rows, kind="stable")
    values = ops.gather(sparse.values, convert_to_tensor(order), axis=0)
    return SparseTensor(sparse.indices.numpy()[order], values, sparse.dense_shape)


def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``op`` of the values of sparse arguments, which have their elements in the same places.

    >>> doubled = map_values(lambda x: x * 2, SparseTensor([[0, 1]], [5], [1, 2]))
    >>> doubled.values.numpy().tolist()
    [10]
    """
    found = [v for v in [*args, *kwargs.values()] if isinstance(v, SparseTensor)]

    def inner(value: Any) -> Any:
        return value.values if isinstance(value, SparseTensor) else value

    result = op(*map(inner, args), **{name: inner(value) for name, value in kwargs.items()})
    if not found:
        return result
    first, *others = found
    for other in others:
        one, two = known("sparse.map_values", first), known("sparse.map_values", other)
        if one.shape != two.shape or not np.array_equal(one.places, two.places):
            raise InvalidArgumentError(
                "sparse.map_values: expected sparse tensors with the same indices and shape."
            )
    values = as_tensor(result)
    if dims(values)[:1] != dims(first.values):
        raise ShapeError(
            "sparse.map_values: expected op to give {count} values, received shape {shape}.",
            count=dims(first.values)[0],
            shape=dims(values),
        )
    return first.with_values(values)


def mask(a: Any, mask_indices: Any, name: str | None = None) -> Any:
    """A `tf.IndexedSlices` without the rows whose indices are named."""
    if not hasattr(a, "indices") or not hasattr(a, "dense_shape"):
        raise InvalidArgumentError(
            "sparse.mask: expected tf.IndexedSlices, received {got}.", got=type(a).__name__
        )
    ids = static(a.indices, "sparse.mask")
    chosen = np.flatnonzero(~np.isin(ids, static(mask_indices, "sparse.mask: mask_indices")))
    rows = ops.gather(as_tensor(a.values), convert_to_tensor(chosen), axis=0)
    return type(a)(rows, convert_to_tensor(ids[chosen]), a.dense_shape)


def reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """Another, larger shape around the same elements; the smallest one by default."""
    one = known("sparse.reset_shape", sp_input)
    if new_shape is None:
        bounds = one.places.max(axis=0, initial=-1) + 1
        return SparseTensor(one.places, one.values, bounds)
    shape = static_ints(new_shape, "sparse.reset_shape: new_shape")
    if len(shape) != len(one.shape) or any(a < b for a, b in zip(shape, one.shape, strict=True)):
        raise InvalidArgumentError(
            "sparse.reset_shape: expected a new_shape that holds {shape}, received {got}.",
            shape=one.shape,
            got=list(shape),
        )
    return SparseTensor(one.places, one.values, shape)


def reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """The same elements, counted row by row, under another shape; -1 is the free extent."""
    one = known("sparse.reshape", sp_input)
    wanted = list(static_ints(shape, "sparse.reshape: shape"))
    count = math.prod(one.shape)
    if wanted.count(-1) == 1:
        rest = math.prod(n for n in wanted if n != -1)
        wanted[wanted.index(-1)] = count // rest if rest else 0
    if min(wanted, default=0) < 0 or math.prod(wanted) != count:
        raise InvalidArgumentError(
            "sparse.reshape: Input to reshape is a tensor with {count} dense values, but the "
            "requested shape is {wanted}.",
            count=count,
            wanted=wanted,
        )
    places = np.stack(np.unravel_index(one.flat(), wanted), 1) if wanted else one.places[:, :0]
    return SparseTensor(places.reshape(len(one.places), len(wanted)), one.values, wanted)


def retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """The elements where ``to_retain``, one bool an element, is true."""
    one = known("sparse.retain", sp_input)
    kept = static(as_tensor(to_retain), "sparse.retain: to_retain")
    if kept.shape != (len(one.places),) or kept.dtype != np.bool_:
        raise InvalidArgumentError(
            "sparse.retain: expected {count} bools, received {dtype} of shape {shape}.",
            count=len(one.places),
            dtype=kept.dtype,
            shape=kept.shape,
        )
    chosen = np.flatnonzero(kept)
    return SparseTensor(one.places[chosen], one.take(chosen), one.shape)


def transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """The axes in another order, reversed by default; the elements in the order of rows."""
    one = known("sparse.transpose", sp_input)
    rank = len(one.shape)
    order = range(rank)[::-1] if perm is None else static_ints(perm, "sparse.transpose: perm")
    if sorted(order) != list(range(rank)):
        raise InvalidArgumentError(
            "sparse.transpose: expected a permutation of {rank} axes, received {perm}.",
            rank=rank,
            perm=list(order),
        )
    turned = SparseTensor(one.places[:, list(order)], one.values, [one.shape[k] for k in order])
    return reorder(turned)


def to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Any:
    """A dense bool tensor: true at the ids that stand in the last axis.

    >>> to_indicator(SparseTensor([[0, 0], [1, 0]], [2, 0], [2, 1]), 3).numpy().tolist()
    [[False, False, True], [True, False, False]]
    """
    one = known("sparse.to_indicator", sp_input)
    size = static_int(vocab_size, "sparse.to_indicator: vocab_size")
    ids = static(one.values, "sparse.to_indicator")
    if not one.values.dtype.is_integer:
        raise InvalidArgumentError("sparse.to_indicator: expected values of integers.")
    if ids.size and not 0 <= ids.min() <= ids.max() < size:
        raise OutOfRangeError(
            "sparse.to_indicator: expected ids from 0 to {last}, received {low} to {high}.",
            last=size - 1,
            low=int(ids.min()),
            high=int(ids.max()),
        )
    found = np.zeros((*one.shape[:-1], size), bool)
    found[tuple([*one.places[:, :-1].T, ids])] = True
    return convert_to_tensor(found)


def _features(what: str, inputs: Any) -> list[list[list[Any]]]:
    if not isinstance(inputs, list | tuple):
        raise InvalidArgumentError("{what}: expected a list of tensors.", what=what)
    return [
        crossing.sparse_rows(what, one)
        if isinstance(one, SparseTensor)
        else crossing.dense_rows(what, one)
        for one in inputs
    ]


def _crossed(rows: list[list[Any]], dtype: Any) -> SparseTensor:
    lengths = [len(row) for row in rows]
    columns = [place for length in lengths for place in range(length)]
    places = np.stack([np.repeat(np.arange(len(rows)), lengths), np.asarray(columns, int)], 1)
    values = np.empty(len(columns), dtype.np_dtype)
    values[:] = [value for row in rows for value in row]
    return SparseTensor(places, convert_to_tensor(values), [len(rows), max(lengths, default=0)])


def cross(inputs: Any, name: str | None = None, separator: Any = None) -> SparseTensor:
    """Every combination of one feature of each input, row by row, joined by ``separator``.

    Args:
        inputs: sparse or dense tensors of rank 2, of strings or integers.
        name: accepted for TensorFlow's sake.
        separator: what stands between the features, "_X_" by default.
    """
    glue = "_X_" if separator is None else separator
    text = glue.encode() if isinstance(glue, str) else bytes(static(glue, "separator")[()])
    rows = crossing.combinations(
        "sparse.cross", _features("sparse.cross", inputs), crossing.texts(text)
    )
    return _crossed(rows, string)


def cross_hashed(
    inputs: Any, num_buckets: Any = 0, hash_key: Any = None, name: str | None = None
) -> SparseTensor:
    """As `cross`, with a hash in place of each combination; int64."""
    what = "sparse.cross_hashed"
    combine = crossing.hashes(what, num_buckets, hash_key)
    return _crossed(crossing.combinations(what, _features(what, inputs), combine), int64)
