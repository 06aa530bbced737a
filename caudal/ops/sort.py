"""Sorting along one axis, stable in both directions; a NaN counts as the greatest value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal import ops
from caudal.ir.dtypes import int32
from caudal.ir.types import Type
from caudal.ops.checks import BOOL, REALS, require_axis, require_dtype, with_all
from caudal.ops.movement import inverse, zeros_like_shape
from caudal.ops.record import NOT_DIFFERENTIABLE, Host, Op, Sample


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


@with_all
def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    for descending in (False, True):
        yield Sample((rng.normal(size=(3, 7)),), {"axis": 1, "descending": descending})
        yield Sample((rng.normal(size=(5, 2, 3)),), {"axis": 0, "descending": descending})
    ties = np.array([2.0, 1.0, 2.0, 1.0, 2.0])
    yield Sample((ties,), {"axis": 0, "descending": True}, differentiable=False)
    yield Sample((rng.normal(size=(2, 1)),), {"axis": 1, "descending": False})
    yield Sample((rng.normal(size=(0,)),), {"axis": 0, "descending": False})


sort = Op(
    "sort",
    infer=_infer_sort,
    reference=_reference_sort,
    grad=_grad_sort,
    emit=Host(),
    samples=_samples,
    dtypes=REALS + BOOL,
)
argsort = Op(
    "argsort",
    infer=_infer_argsort,
    reference=_reference_argsort,
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=_samples,
    dtypes=REALS + BOOL,
)
