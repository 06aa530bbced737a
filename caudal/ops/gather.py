"""Reading and adding at places that an index tensor gives.

An index outside the operand reads zero and adds nothing; a negative one is outside. (Eager code
checks indices above this floor and raises.) Equal indices add up in the order of the updates, so
the same bits come out every time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal.ir.types import Type
from caudal.ops.checks import (
    ANY,
    NUMBERS,
    require,
    require_axis,
    require_dtype,
    require_integers,
    require_same_dtype,
    with_all,
    with_integers,
)
from caudal.ops.movement import zeros_like_shape
from caudal.ops.nests import all_inside, every_index, inside
from caudal.ops.record import Nest, Op, Pull, Sample

Ints = tuple[int, ...]

_BLOCKS = 16
"""Parts of the indexed axis that may be updated at the same time."""


# --- along one axis ---------------------------------------------------------------------------


def _gathered(x: Ints, indices: Ints, axis: int) -> Ints:
    return x[:axis] + indices + x[axis + 1 :]


def _infer_gather(x: Type, indices: Type, axis: int) -> Type:
    require_axis("gather", x, axis)
    require_integers("gather", "indices", indices)
    return x.with_shape(_gathered(x.shape, indices.shape, axis))


def _take_rows(x: Any, index: Any) -> Any:
    """Rows of a matrix; zeros for an index outside."""
    index = index.astype(np.int64)
    valid = (index >= 0) & (index < len(x))
    if valid.all():
        return x[index]
    result = np.zeros((len(index), *x.shape[1:]), x.dtype)
    result[valid] = x[index[valid]]
    return result


def _add_rows(x: Any, index: Any, rows: Any) -> Any:
    """``x`` with the rows added at their indices; those outside are left out."""
    index = index.astype(np.int64)
    valid = (index >= 0) & (index < len(x))
    if not valid.all():
        index, rows = index[valid], rows[valid]
    result = np.array(x)
    if x.dtype.itemsize == 2:
        # The halves are rounded after each addition, as compiled code does for lack of a place
        # to hold wider sums.
        np.add.at(result, index, rows)
    elif rows.size:
        # Sorted runs are summed at once: much faster than np.add.at for wide rows.
        if (index[1:] < index[:-1]).any():
            order = np.argsort(index, kind="stable")
            index, rows = index[order], rows[order]
        starts = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
        result[index[starts]] += np.add.reduceat(rows, starts, axis=0, dtype=rows.dtype)
    return result


def _reference_gather(xp: Any, x: Any, indices: Any, axis: int) -> Any:
    if not 0 <= axis < x.ndim or indices.dtype.kind not in "iu":
        raise IndexError
    rows = _take_rows(np.moveaxis(x, axis, 0), indices.reshape(-1))
    apart = rows.reshape(indices.shape + rows.shape[1:])
    moved = tuple(range(indices.ndim))
    return np.moveaxis(apart, moved, tuple(axis + k for k in moved))


def _grad_gather(g: Any, y: Any, x: Any, indices: Any, axis: int) -> list[Any]:
    return [scatter_add(zeros_like_shape(g, tuple(x.shape)), indices, g, axis=axis), None]


def _emit_gather(b: Any, index: Any, axis: int) -> Any:
    rank = len(b.types[1].shape)
    at = b.to_index(b.read(1, tuple(index[axis : axis + rank])))
    inside = b.index_in(at, 0, b.types[0].shape[axis])
    return b.read_where(inside, 0, (*index[:axis], at, *index[axis + rank :]), 0)


def _infer_scatter(x: Type, indices: Type, updates: Type, axis: int) -> Type:
    require_dtype("scatter_add", x, NUMBERS)
    require_axis("scatter_add", x, axis)
    require_integers("scatter_add", "indices", indices)
    require_same_dtype("scatter_add", x, updates)
    expected = _gathered(x.shape, indices.shape, axis)
    require(
        updates.shape == expected,
        "scatter_add: expected updates of shape {expected} for {x} and indices {indices} along "
        "axis {axis}, received {updates}.",
        expected=expected,
        x=x,
        indices=indices,
        axis=axis,
        updates=updates,
    )
    return x


def _reference_scatter(xp: Any, x: Any, indices: Any, updates: Any, axis: int) -> Any:
    if x.dtype != updates.dtype or updates.shape != _gathered(x.shape, indices.shape, axis):
        raise ValueError
    moved = tuple(range(indices.ndim))
    front = np.moveaxis(updates, tuple(axis + k for k in moved), moved)
    flat = front.reshape((indices.size, *front.shape[indices.ndim :]))
    result = _add_rows(np.moveaxis(x, axis, 0), indices.reshape(-1), flat)
    return np.moveaxis(result, 0, axis)


def _grad_scatter(g: Any, y: Any, x: Any, indices: Any, updates: Any, axis: int) -> list[Any]:
    return [g, None, gather(g, indices, axis=axis)]


def _nest_add(n: Any, lead: int, count: Ints, places: Callable[[Any], list[Any]]) -> None:
    """``x`` plus the updates, for both scatters.

    Args:
        lead: axes of x before the indexed ones.
        count: extents of the updates' axes that number the index vectors.
        places: the index vector at one of those indices.

    The first indexed axis is cut into a fixed number of blocks. Each block goes over all indices
    and adds those that are its own, so the order of additions never changes.
    """
    x, _, updates = n.ins
    if 0 in x.shape:
        return
    depth = len(x.shape) + len(count) - len(updates.shape)
    outer, tail = x.shape[:lead], x.shape[lead + depth :]
    head = x.shape[lead : lead + depth]
    extent = head[0] if head else 1
    size = -(-extent // min(_BLOCKS, extent))
    with n.parallel(-(-extent // size)) as block:
        start = block * size

        def copy(at: tuple[Any, ...]) -> None:
            n.store(n.out, at, n.load(x, at))

        def copy_row(at: tuple[Any, ...]) -> None:
            row = start + at[lead]
            with n.when(inside(n, row, 0, extent)):
                every_index(n, x.shape, copy, (*at[:lead], row), vector=True)

        if head:
            every_index(n, (*outer, size), copy_row)
        else:
            every_index(n, x.shape, copy, vector=True)

        def add(at: tuple[Any, ...]) -> None:
            place = places(at)

            def element(rest: tuple[Any, ...]) -> None:
                target = (*rest[:lead], *place, *rest[lead:])
                source = (*rest[:lead], *at, *rest[lead:])
                n.store(n.out, target, n.add(n.load(n.out, target), n.load(updates, source)))

            mine = all_inside(n, place, head)
            if head:
                mine = n.and_(mine, inside(n, place[0] - start, 0, size))
            with n.when(mine):
                every_index(n, (*outer, *tail), element, vector=bool(tail))

        every_index(n, count, add)


def _nest_scatter(n: Any, axis: int) -> None:
    indices = n.ins[1]
    _nest_add(n, axis, indices.shape, lambda at: [n.to_index(n.load(indices, at))])


_ROWS = np.array([[3, 0], [3, 1], [0, 3]])


@with_all
def _samples_gather(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(4, 3)), _ROWS), {"axis": 0})
    yield Sample((rng.normal(size=(2, 5, 3)), np.array([4, 4, 0])), {"axis": 1})
    yield Sample((rng.normal(size=(3, 6)), np.array(2)), {"axis": 1})
    yield Sample((rng.normal(size=(4,)), np.array([1, -1, 4, 3])), {"axis": 0})
    yield Sample((rng.normal(size=(4, 2)), np.zeros((0,), np.int64)), {"axis": 0})


@with_integers
def _samples_scatter(rng: np.random.Generator) -> Iterator[Sample]:
    for sample in _samples_gather(rng)[:5]:
        x, indices = sample.inputs
        axis = sample.params["axis"]
        updates = np.asarray(rng.normal(size=_gathered(x.shape, indices.shape, axis)))
        yield Sample((x, indices, updates), {"axis": axis})


gather = Op(
    "gather",
    infer=_infer_gather,
    reference=_reference_gather,
    grad=_grad_gather,
    emit=Pull(_emit_gather, cost=3),
    samples=_samples_gather,
    dtypes=ANY,
)
scatter_add = Op(
    "scatter_add",
    infer=_infer_scatter,
    reference=_reference_scatter,
    grad=_grad_scatter,
    emit=Nest(_nest_scatter),
    samples=_samples_scatter,
    dtypes=NUMBERS,
)


# --- at whole index vectors -------------------------------------------------------------------


def _depth(op: str, x: Type, indices: Type) -> int:
    require_integers(op, "indices", indices)
    require(
        indices.rank >= 1 and indices.shape[-1] <= x.rank,
        "{op}: expected index vectors of at most {rank} entries on the last axis of the indices, "
        "received indices {indices} for {x}.",
        op=op,
        rank=x.rank,
        indices=indices,
        x=x,
    )
    return indices.shape[-1]


def _infer_gather_nd(x: Type, indices: Type) -> Type:
    depth = _depth("gather_nd", x, indices)
    return x.with_shape(indices.shape[:-1] + x.shape[depth:])


def _flat_index(indices: Any, extents: Ints) -> Any:
    """Row-major positions of index vectors; -1 for one that lies outside."""
    vectors = indices.reshape((math.prod(indices.shape[:-1]), len(extents))).astype(np.int64)
    inside = np.ones(len(vectors), bool)
    flat = np.zeros(len(vectors), np.int64)
    for column, extent in enumerate(extents):
        inside &= (vectors[:, column] >= 0) & (vectors[:, column] < extent)
        flat = flat * extent + vectors[:, column]
    return np.where(inside, flat, -1)


def _reference_gather_nd(xp: Any, x: Any, indices: Any) -> Any:
    depth = indices.shape[-1]
    if depth > x.ndim or indices.dtype.kind not in "iu":
        raise IndexError
    head, tail = x.shape[:depth], x.shape[depth:]
    rows = _take_rows(x.reshape((math.prod(head), *tail)), _flat_index(indices, head))
    return rows.reshape(indices.shape[:-1] + tail)


def _grad_gather_nd(g: Any, y: Any, x: Any, indices: Any) -> list[Any]:
    return [scatter_nd_add(zeros_like_shape(g, tuple(x.shape)), indices, g), None]


def _emit_gather_nd(b: Any, index: Any) -> Any:
    lead = len(b.types[1].shape) - 1
    x = b.types[0].shape
    where = tuple(index[:lead])
    at = [b.to_index(b.read(1, (*where, k))) for k in range(b.types[1].shape[-1])]
    if not at:
        return b.read(0, tuple(index[lead:]))
    inside = b.all_of([b.index_in(i, 0, extent) for i, extent in zip(at, x, strict=False)])
    return b.read_where(inside, 0, (*at, *index[lead:]), 0)


def _infer_scatter_nd(x: Type, indices: Type, updates: Type) -> Type:
    require_dtype("scatter_nd_add", x, NUMBERS)
    depth = _depth("scatter_nd_add", x, indices)
    require_same_dtype("scatter_nd_add", x, updates)
    expected = indices.shape[:-1] + x.shape[depth:]
    require(
        updates.shape == expected,
        "scatter_nd_add: expected updates of shape {expected} for {x} and indices {indices}, "
        "received {updates}.",
        expected=expected,
        x=x,
        indices=indices,
        updates=updates,
    )
    return x


def _reference_scatter_nd(xp: Any, x: Any, indices: Any, updates: Any) -> Any:
    depth = indices.shape[-1]
    head, tail = x.shape[:depth], x.shape[depth:]
    if x.dtype != updates.dtype or updates.shape != indices.shape[:-1] + tail:
        raise ValueError
    flat = _flat_index(indices, head)
    rows = updates.reshape((len(flat), *tail))
    return _add_rows(x.reshape((math.prod(head), *tail)), flat, rows).reshape(x.shape)


def _grad_scatter_nd(g: Any, y: Any, x: Any, indices: Any, updates: Any) -> list[Any]:
    return [g, None, gather_nd(g, indices)]


def _nest_scatter_nd(n: Any) -> None:
    indices = n.ins[1]

    def places(at: Any) -> list[Any]:
        return [n.to_index(n.load(indices, (*at, k))) for k in range(indices.shape[-1])]

    _nest_add(n, 0, indices.shape[:-1], places)


@with_all
def _samples_gather_nd(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(4, 3)), np.array([[3, 0], [3, 0], [0, 2]])))
    yield Sample((rng.normal(size=(4, 3, 2)), np.array([[[1], [3]], [[1], [0]]])))
    yield Sample((rng.normal(size=(3, 2)), np.array([2, 1])))
    yield Sample((rng.normal(size=(3, 2)), np.array([[0, -1], [3, 0], [1, 1]])))
    yield Sample((rng.normal(size=(3, 2)), np.zeros((0, 1), np.int64)))
    yield Sample((rng.normal(size=(2,)), np.zeros((3, 0), np.int64)))


@with_integers
def _samples_scatter_nd(rng: np.random.Generator) -> Iterator[Sample]:
    for sample in _samples_gather_nd(rng)[:6]:
        x, indices = sample.inputs
        shape = indices.shape[:-1] + x.shape[indices.shape[-1] :]
        yield Sample((x, indices, np.asarray(rng.normal(size=shape))))


gather_nd = Op(
    "gather_nd",
    infer=_infer_gather_nd,
    reference=_reference_gather_nd,
    grad=_grad_gather_nd,
    emit=Pull(_emit_gather_nd, cost=4),
    samples=_samples_gather_nd,
    dtypes=ANY,
)
scatter_nd_add = Op(
    "scatter_nd_add",
    infer=_infer_scatter_nd,
    reference=_reference_scatter_nd,
    grad=_grad_scatter_nd,
    emit=Nest(_nest_scatter_nd),
    samples=_samples_scatter_nd,
    dtypes=NUMBERS,
)
