"""Picking and placing elements: gather, scatter, masks, sorting and searching."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    axis_of,
    boolean,
    cast_to,
    dims,
    numeric,
    scalar,
    static,
    static_int,
    static_ints,
    unify,
)
from caudal.array.inside import must_be_inside, vectors_must_be_inside
from caudal.errors import (
    DTypeError,
    InvalidArgumentError,
    ShapeError,
    UnimplementedError,
)
from caudal.framework import convert_to_tensor, is_symbolic
from caudal.ir.dtypes import as_dtype, int32, int64


class Unique(NamedTuple):
    """What `unique` returns: the values, and the place of each element among them."""

    y: Any
    idx: Any


class UniqueWithCounts(NamedTuple):
    """What `unique_with_counts` returns."""

    y: Any
    idx: Any
    count: Any


def _integers(what: str, indices: Any) -> Any:
    ids = as_tensor(indices)
    if not ids.dtype.is_integer:
        raise DTypeError(
            "{what}: expected integer indices, received {received}. Cast them: "
            "tf.cast(indices, tf.int32).",
            what=what,
            received=ids.dtype.name,
        )
    return ids


# --- gather and scatter -----------------------------------------------------------------------


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """The slices of ``params`` along ``axis`` that the indices name.

    With ``batch_dims`` the first axes of both run along together, and ``axis`` is by default
    the one after them.

    >>> gather([10, 20, 30], [2, 0]).numpy().tolist()
    [30, 10]
    """
    x = as_tensor(params)
    ids = _integers("gather", indices)
    old, picked = dims(x), dims(ids)
    batch = static_int(batch_dims, "gather: batch_dims")
    batch = batch + len(picked) if batch < 0 else batch
    place = batch if axis is None else axis_of(axis, len(old), "gather")
    must_be_inside("gather", ids, old[place])
    if batch == 0:
        return ops.gather(x, ids, axis=place)
    if batch > place or old[:batch] != picked[:batch]:
        raise ShapeError(
            "gather: expected the first batch_dims={batch} extents to agree and lie before the "
            "axis {axis}, received {shape} and {indices}.",
            batch=batch,
            axis=place,
            shape=old,
            indices=picked,
        )
    return _gather_batched(x, ids, place, batch)


def _gather_batched(x: Any, ids: Any, place: int, batch: int) -> Any:
    """Moves the axis next to the batch and folds both into one: row b, element i is b * n + i."""
    old, picked = dims(x), dims(ids)
    middle = old[batch:place]
    order = (*range(batch), place, *range(batch, place), *range(place + 1, len(old)))
    moved = ops.transpose(x, perm=order) if place != batch else x
    count, n = math.prod(old[:batch]), old[place]
    flat = ops.reshape(moved, shape=(count * n, *dims(moved)[batch + 1 :]))
    rows = np.arange(count, dtype=ids.dtype.np_dtype) * n
    rows = rows.reshape(old[:batch] + (1,) * (len(picked) - batch))
    found = ops.gather(flat, ops.add(ids, convert_to_tensor(rows)), axis=0)
    if place == batch:
        return found
    inner, tail = len(picked), len(old) - place - 1
    back = (
        *range(batch),
        *range(inner, inner + len(middle)),
        *range(batch, inner),
        *range(inner + len(middle), inner + len(middle) + tail),
    )
    return ops.transpose(found, perm=back)


def gather_nd(
    params: Any,
    indices: Any,
    batch_dims: int = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> Any:
    """The elements or slices that the vectors in the last axis of ``indices`` name."""
    x = as_tensor(params)
    ids = _integers("gather_nd", indices)
    batch = static_int(batch_dims, "gather_nd: batch_dims")
    if batch:
        lead = dims(ids)[:batch]
        grids = np.indices(lead).reshape(batch, -1).T.reshape(*lead, batch)
        grids = grids.reshape(*lead, *(1,) * (len(dims(ids)) - 1 - batch), batch)
        full = np.broadcast_to(grids, (*dims(ids)[:-1], batch)).astype(ids.dtype.np_dtype)
        ids = ops.concat(convert_to_tensor(full), ids, axis=len(dims(ids)) - 1)
    _check_vectors("gather_nd", ids, dims(x))
    return ops.gather_nd(x, ids)


def _check_vectors(what: str, ids: Any, shape: tuple[int, ...]) -> None:
    """The index vectors of a scatter or gather must fit the shape and lie inside it."""
    depth = dims(ids)[-1] if ids.shape else len(shape) + 1
    if depth > len(shape):
        raise ShapeError(
            "{what}: expected index vectors of at most {rank} entries in the last axis of "
            "indices, received indices of shape {received} for the shape {shape}.",
            what=what,
            rank=len(shape),
            received=dims(ids),
            shape=shape,
        )
    vectors_must_be_inside(what, ids, shape[:depth])


def _places_of(what: str, indices: Any, shape: tuple[int, ...]) -> Any:
    ids = _integers(what, indices)
    _check_vectors(what, ids, shape)
    return ids


def scatter_nd(
    indices: Any,
    updates: Any,
    shape: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """Zeros with the updates added at the indices; those of equal indices add up."""
    values = as_tensor(updates)
    extents = static_ints(shape, "scatter_nd: shape")
    base = convert_to_tensor(np.zeros(extents, values.dtype.np_dtype), dtype=values.dtype)
    return ops.scatter_nd_add(base, _places_of("scatter_nd", indices, extents), values)


def tensor_scatter_nd_add(
    tensor: Any,
    indices: Any,
    updates: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """The tensor with the updates added at the indices."""
    x, values = unify("tensor_scatter_nd_add", tensor, updates)
    ids = _places_of("tensor_scatter_nd_add", indices, dims(x))
    return ops.scatter_nd_add(x, ids, values)


def tensor_scatter_nd_sub(
    tensor: Any,
    indices: Any,
    updates: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """The tensor with the updates subtracted at the indices."""
    x, values = unify("tensor_scatter_nd_sub", tensor, updates)
    ids = _places_of("tensor_scatter_nd_sub", indices, dims(x))
    return ops.scatter_nd_add(x, ids, ops.neg(values))


def tensor_scatter_nd_update(
    tensor: Any, indices: Any, updates: Any, name: str | None = None
) -> Any:
    """The tensor with its elements at the indices replaced.

    Of several updates to one place the last is kept.
    """
    what = "tensor_scatter_nd_update"
    x, values = unify(what, tensor, updates)
    shape = dims(x)
    ids = _places_of(what, indices, shape)
    depth = dims(ids)[-1]
    places = _flat_places(ids, shape[:depth])
    count, n = math.prod(shape[:depth]), places.shape.num_elements()
    values = ops.reshape(values, shape=(n, *shape[depth:]))
    # winner[p] is 1 + the last update of place p, or 0: a gather then chooses per place.
    base = convert_to_tensor(np.zeros(count, np.int64))
    columns = convert_to_tensor(np.arange(count, dtype=np.int64)[:, None])
    order = convert_to_tensor(np.arange(1, n + 1, dtype=np.int64)[None])
    if not n:
        return x
    hits = ops.equal(columns, ops.reshape(places, shape=(1, n)))
    nothing = convert_to_tensor(np.int64(0))
    winner = ops.add(base, ops.reduce_max(ops.select(hits, order, nothing), axes=(1,)))
    chosen = ops.gather(values, ops.maximum(ops.sub(winner, scalar(1, winner)), nothing), axis=0)
    replaced = ops.reshape(
        ops.greater(winner, nothing), shape=shape[:depth] + (1,) * (len(shape) - depth)
    )
    return ops.select(replaced, ops.reshape(chosen, shape=shape), x)


def _scatter_extreme(what: str, op: Any, tensor: Any, indices: Any, updates: Any) -> Any:
    x, values = unify(what, tensor, updates)
    shape = dims(x)
    ids = _places_of(what, indices, shape)
    depth = dims(ids)[-1]
    places = _flat_places(ids, shape[:depth])
    count, n = math.prod(shape[:depth]), places.shape.num_elements()
    if not n:
        return x
    rest = shape[depth:]
    least = x.dtype.min if op is ops.reduce_max else x.dtype.max
    columns = convert_to_tensor(np.arange(count, dtype=np.int64)[:, None])
    hits = ops.equal(columns, ops.reshape(places, shape=(1, n)))
    hits = ops.reshape(hits, shape=(count, n) + (1,) * len(rest))
    spread = ops.select(hits, ops.reshape(values, shape=(1, n, *rest)), scalar(least, x))
    found = ops.reshape(op(spread, axes=(1,)), shape=shape)
    return ops.maximum(x, found) if op is ops.reduce_max else ops.minimum(x, found)


def tensor_scatter_nd_max(
    tensor: Any,
    indices: Any,
    updates: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """The tensor, raised to the updates at the indices where these are greater."""
    return _scatter_extreme("tensor_scatter_nd_max", ops.reduce_max, tensor, indices, updates)


def tensor_scatter_nd_min(
    tensor: Any,
    indices: Any,
    updates: Any,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> Any:
    """The tensor, lowered to the updates at the indices where these are less."""
    return _scatter_extreme("tensor_scatter_nd_min", ops.reduce_min, tensor, indices, updates)


def _flat_places(ids: Any, extents: tuple[int, ...]) -> Any:
    steps = [math.prod(extents[i + 1 :]) for i in range(len(extents))]
    steps_tensor = convert_to_tensor(np.asarray(steps, np.int64))
    ids = cast_to(ids, int64)
    flat = ops.reduce_sum(ops.mul(ids, steps_tensor), axes=(len(ids.shape) - 1,))
    return ops.reshape(flat, shape=(flat.shape.num_elements(),))


# --- masks ------------------------------------------------------------------------------------


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """``x`` where the condition holds, else ``y``; with one argument, the true indices.

    >>> where([True, False], 1, [5, 6]).numpy().tolist()
    [1, 6]
    >>> where([False, True]).numpy().tolist()
    [[1]]
    """
    chosen = as_tensor(condition)
    if (x is None) != (y is None):
        raise InvalidArgumentError("where: expected both x and y, or neither of them.")
    if x is None:
        if is_symbolic(chosen):
            raise UnimplementedError(
                "where: with one argument its shape depends on the data, which a compiled "
                "program cannot have. Give x and y as well, or call it outside tf.function."
            )
        return convert_to_tensor(np.argwhere(chosen.numpy()).astype(np.int64))
    chosen = boolean("where", chosen)
    a, b = unify("where", x, y)
    return ops.select(chosen, a, b)


def boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: str = "boolean_mask") -> Any:
    """The elements where the mask is true; its shape depends on the data, so eager only."""
    x = as_tensor(tensor)
    known = static(boolean("boolean_mask", mask), "boolean_mask: mask")
    place = 0 if axis is None else axis_of(axis, len(x.shape), "boolean_mask")
    old = dims(x)
    if old[place : place + known.ndim] != known.shape or not known.ndim:
        raise ShapeError(
            "boolean_mask: expected a mask that fits {shape} from axis {axis}, received {mask}.",
            shape=old,
            axis=place,
            mask=known.shape,
        )
    flat = ops.reshape(x, shape=(*old[:place], known.size, *old[place + known.ndim :]))
    return ops.gather(flat, convert_to_tensor(np.flatnonzero(known)), axis=place)


# --- sorting and searching --------------------------------------------------------------------


def _descending(direction: str, what: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise InvalidArgumentError(
            "{what}: expected direction ASCENDING or DESCENDING, received {received!r}.",
            what=what,
            received=direction,
        )
    return direction == "DESCENDING"


def sort(values: Any, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """Sorted along an axis."""
    x = numeric("sort", values)
    place = axis_of(axis, len(x.shape), "sort")
    return ops.sort(x, axis=place, descending=_descending(direction, "sort"))


def argsort(
    values: Any,
    axis: Any = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> Any:
    """The indices, int32, that sort along an axis; always stable."""
    x = numeric("argsort", values)
    place = axis_of(axis, len(x.shape), "argsort")
    return ops.argsort(x, axis=place, descending=_descending(direction, "argsort"))


def unique_with_counts(x: Any, out_idx: Any = int32, name: str | None = None) -> UniqueWithCounts:
    """The different values in order of appearance, each element's place, and how often."""
    tensor = as_tensor(x)
    known = static(tensor, "unique")
    if known.ndim != 1:
        raise ShapeError("unique: expected a vector, received shape {shape}.", shape=known.shape)
    kind = as_dtype(out_idx).np_dtype
    values, first, inverse, counts = np.unique(
        known, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return UniqueWithCounts(
        convert_to_tensor(values[order], dtype=tensor.dtype),
        convert_to_tensor(place[inverse.reshape(-1)].astype(kind)),
        convert_to_tensor(counts[order].astype(kind)),
    )


def unique(x: Any, out_idx: Any = int32, name: str | None = None) -> Unique:
    """The different values in order of appearance, and each element's place among them.

    The result's shape depends on the data, so it cannot be compiled.

    >>> unique([7, 3, 7]).y.numpy().tolist()
    [7, 3]
    """
    found = unique_with_counts(x, out_idx)
    return Unique(found.y, found.idx)


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    side: str = "left",
    out_type: Any = int32,
    name: str | None = None,
) -> Any:
    """Where each value would be inserted in the sorted last axis.

    ``side``: "left" before equal elements, "right" after them.
    """
    if side not in ("left", "right"):
        raise InvalidArgumentError(
            "searchsorted: expected side 'left' or 'right', received {side!r}.", side=side
        )
    edges, x = unify("searchsorted", sorted_sequence, values)
    if dims(edges)[:-1] != dims(x)[:-1]:
        raise ShapeError(
            "searchsorted: expected equal leading extents, received {first} and {second}.",
            first=dims(edges),
            second=dims(x),
        )
    left = ops.reshape(edges, shape=(*dims(edges)[:-1], 1, dims(edges)[-1]))
    right = ops.reshape(x, shape=(*dims(x), 1))
    before = ops.less(left, right) if side == "left" else ops.less_equal(left, right)
    counts = ops.cast(before, dtype=as_dtype(out_type))
    return ops.reduce_sum(counts, axes=(len(dims(x)),))


def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: Any = None,
    batch_axis: Any = None,
    name: str | None = None,
) -> Any:
    """The first ``seq_lengths[b]`` elements of each batch entry back to front."""
    x = as_tensor(input)
    rank = len(x.shape)
    steps = axis_of(0 if seq_axis is None else seq_axis, rank, "reverse_sequence")
    rows = axis_of(0 if batch_axis is None else batch_axis, rank, "reverse_sequence")
    rest = tuple(i for i in range(rank) if i not in (rows, steps))
    order = (rows, steps, *rest)
    moved = ops.transpose(x, perm=order)
    n = dims(moved)[1]
    places = convert_to_tensor(np.arange(n, dtype=np.int64)[None])
    lengths = ops.reshape(cast_to(as_tensor(seq_lengths), int64), shape=(dims(moved)[0], 1))
    last = ops.sub(ops.sub(lengths, scalar(1, lengths)), places)
    picks = ops.select(ops.less(places, lengths), last, places)
    found = gather(moved, picks, batch_dims=1)
    return ops.transpose(found, perm=tuple(order.index(i) for i in range(rank)))


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: Any, name: str | None = None
) -> list[Any]:
    """The elements of each partition; the shapes depend on the data, so eager only."""
    x = as_tensor(data)
    count = static_int(num_partitions, "dynamic_partition: num_partitions")
    places = _integers("dynamic_partition", partitions)
    known = static(places, "dynamic_partition: partitions")
    if dims(x)[: known.ndim] != known.shape:
        raise ShapeError(
            "dynamic_partition: expected partitions with a prefix of the shape {shape}, received "
            "{received}.",
            shape=dims(x),
            received=known.shape,
        )
    must_be_inside("dynamic_partition", places, count, label="partitions")
    flat = ops.reshape(x, shape=(known.size, *dims(x)[known.ndim :]))
    return [
        ops.gather(flat, convert_to_tensor(np.flatnonzero(known == i)), axis=0)
        for i in range(count)
    ]


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Any:
    """Slices put at their indices; of equal indices the last one stays."""
    known = [static(entry, "dynamic_stitch: indices") for entry in indices]
    parts = unify("dynamic_stitch", *data)
    rest = dims(parts[0])[known[0].ndim :]
    flat = [ops.reshape(x, shape=(k.size, *rest)) for x, k in zip(parts, known, strict=True)]
    places = np.concatenate([k.reshape(-1) for k in known])
    if places.size and places.min() < 0:
        raise InvalidArgumentError(
            "dynamic_stitch: expected indices of at least 0, received {low}.", low=places.min()
        )
    winner = np.zeros(int(places.max()) + 1 if places.size else 0, np.int64)
    winner[places] = np.arange(len(places))
    joined = ops.concat(*flat, axis=0) if len(flat) > 1 else flat[0]
    return ops.gather(joined, convert_to_tensor(winner), axis=0)


def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Any:
    """Flat indices as coordinates, one row per axis."""
    ids = _integers("unravel_index", indices)
    extents = static_ints(dims, "unravel_index: dims")
    must_be_inside("unravel_index", ids, math.prod(extents))
    rows = []
    for i, extent in enumerate(extents):
        step = scalar(math.prod(extents[i + 1 :]), ids)
        rows.append(ops.floor_mod(ops.floor_div(ids, step), scalar(extent, ids)))
    return ops.concat(*(ops.reshape(row, shape=(1, *row.shape)) for row in rows), axis=0)
