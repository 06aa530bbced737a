"""Sorting along one axis, stable in both directions; a NaN counts as the greatest value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal import ops
from caudal.ir.dtypes import int32, int64
from caudal.ir.types import Type
from caudal.ops.checks import BOOL, REALS, require_axis, require_dtype, with_all
from caudal.ops.movement import inverse, zeros_like_shape
from caudal.ops.nests import every_line
from caudal.ops.record import NOT_DIFFERENTIABLE, Nest, Op, Sample


def _infer_sort(x: Type, axis: int, descending: bool) -> Type:
    require_dtype("sort", x, REALS + BOOL)
    require_axis("sort", x, axis)
    return x


def _infer_argsort(x: Type, axis: int, descending: bool) -> Type:
    require_dtype("argsort", x, REALS + BOOL)
    require_axis("argsort", x, axis)
    return Type(int32, x.shape)


def _order(x: Any, axis: int, descending: bool) -> Any:
    """The stable order: equal elements stay in the order of their places in both directions."""
    if axis < 0:
        raise IndexError
    # ml_dtypes' bfloat16 has no sort of its own; float32 orders it alike.
    wide = x.astype(np.float32) if x.dtype.kind == "V" else x
    if not descending:
        return np.argsort(wide, axis=axis, kind="stable")
    back = np.flip(np.argsort(np.flip(wide, axis), axis=axis, kind="stable"), axis)
    return x.shape[axis] - 1 - back


def _reference_sort(xp: Any, x: Any, axis: int, descending: bool) -> Any:
    return np.take_along_axis(x, _order(x, axis, descending), axis)


def _reference_argsort(xp: Any, x: Any, axis: int, descending: bool) -> Any:
    return _order(x, axis, descending).astype(np.int32)


def _grad_sort(g: Any, y: Any, x: Any, axis: int, descending: bool) -> list[Any]:
    # Each element of g goes back to the place that its value came from.
    order = ops.argsort(x, axis=axis, descending=descending)
    rank, extent = len(x.shape), x.shape[axis]
    perm = tuple(a for a in range(rank) if a != axis) + (axis,)
    rows = math.prod(x.shape[a] for a in perm[:-1])
    flat = ops.reshape(ops.transpose(order, perm=perm), shape=(rows, extent))
    lines = ops.iota(shape=(rows, extent), axis=0, dtype=int32)
    places = ops.reshape(flat + lines * np.int32(extent), shape=(rows * extent,))
    moved = ops.transpose(g, perm=perm)
    values = ops.reshape(moved, shape=(rows * extent,))
    back = ops.scatter_add(zeros_like_shape(g, (rows * extent,)), places, values, axis=0)
    return [ops.transpose(ops.reshape(back, shape=tuple(moved.shape)), perm=inverse(perm))]


# --- compilation ------------------------------------------------------------------------------


def _later(n: Any, x: Any, y: Any, descending: bool) -> Any:
    """Whether value ``x`` belongs strictly after ``y``."""
    if descending:
        x, y = y, x
    # Greater, or a NaN against a number (both are false for integers' x != x).
    return n.or_(n.gt(x, y), n.and_(n.ne(x, x), n.eq(y, y)))


def _nest(indirect: bool) -> Callable[..., None]:
    """Heapsort of each line, in place in the result.

    ``indirect`` sorts places instead of values; a tie is then decided by the places, which makes
    the order total and the sort stable.
    """

    def nest(n: Any, axis: int, descending: bool) -> None:
        x, extent = n.ins[0], n.ins[0].shape[axis]
        one = n.const(1, int64)

        def value(at: Any, item: Any) -> Any:
            found = n.load(x, at(n.to_index(item))) if indirect else item
            return n.convert(found, int32) if x.dtype.is_bool else found

        def later(at: Any, a: Any, b: Any) -> Any:
            left, right = value(at, a), value(at, b)
            after = _later(n, left, right, descending)
            if not indirect:
                return after
            before = _later(n, right, left, descending)
            return n.or_(after, n.and_(n.not_(n.or_(after, before)), n.gt(a, b)))

        def sift(at: Any, root: Any, end: Any) -> None:
            node, child, best = n.var(root), n.var(root), n.var(n.const(0, n.out.dtype))
            with n.loop(extent.bit_length()):
                here = node.get()
                left = n.add(n.add(here, here), one)
                with n.when(n.lt(left, end)):
                    child.set(left)
                    best.set(n.load(n.out, at(n.to_index(left))))
                    right = n.add(left, one)
                    with n.when(n.lt(right, end)):
                        other = n.load(n.out, at(n.to_index(right)))
                        with n.when(later(at, other, best.get())):
                            child.set(right)
                            best.set(other)
                    top = n.load(n.out, at(n.to_index(here)))
                    down = later(at, best.get(), top)
                    # A node past the end has no children: the rest of the loop does nothing.
                    node.set(n.select(down, child.get(), end))
                    with n.when(down):
                        n.store(n.out, at(n.to_index(here)), best.get())
                        n.store(n.out, at(n.to_index(child.get())), top)

        def line(at: Any) -> None:
            with n.loop(extent) as i:
                first = n.from_index(i, int32) if indirect else n.load(x, at(i))
                n.store(n.out, at(i), first)
            with n.loop(extent // 2) as i:
                root = n.from_index(i * -1 + (extent // 2 - 1), int64)
                sift(at, root, n.const(extent, int64))
            with n.loop(extent - 1) as i:
                last = i * -1 + (extent - 1)
                top, bottom = n.load(n.out, at(0)), n.load(n.out, at(last))
                n.store(n.out, at(last), top)
                n.store(n.out, at(0), bottom)
                sift(at, n.const(0, int64), n.from_index(last, int64))

        every_line(n, x.shape, axis, line)

    return nest


@with_all
def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    for descending in (False, True):
        yield Sample((rng.normal(size=(3, 7)),), {"axis": 1, "descending": descending})
        yield Sample((rng.normal(size=(5, 2, 3)),), {"axis": 0, "descending": descending})
    ties = np.array([2.0, 1.0, 2.0, 1.0, 2.0])
    yield Sample((ties,), {"axis": 0, "descending": True}, differentiable=False)
    special = np.array([1.0, np.nan, -np.inf, np.nan, np.inf, -3.0])
    for descending in (False, True):
        params = {"axis": 0, "descending": descending}
        yield Sample((special,), params, differentiable=False)
    yield Sample((rng.normal(size=(2, 1)),), {"axis": 1, "descending": False})
    yield Sample((rng.normal(size=(0,)),), {"axis": 0, "descending": False})


sort = Op(
    "sort",
    infer=_infer_sort,
    reference=_reference_sort,
    grad=_grad_sort,
    emit=Nest(_nest(indirect=False)),
    samples=_samples,
    dtypes=REALS + BOOL,
)
argsort = Op(
    "argsort",
    infer=_infer_argsort,
    reference=_reference_argsort,
    grad=NOT_DIFFERENTIABLE,
    emit=Nest(_nest(indirect=True)),
    samples=_samples,
    dtypes=REALS + BOOL,
)
