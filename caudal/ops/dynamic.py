"""Slices whose position is known at run time only: clamped into the operand, as in XLA."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.ir.types import Type
from caudal.ops.checks import (
    ANY,
    require,
    require_integers,
    require_per_axis,
    require_same_dtype,
    with_all,
)
from caudal.ops.movement import zeros_like_shape
from caudal.ops.record import Op, Pull, Sample

Ints = tuple[int, ...]


def _check_dynamic(op: str, x: Type, starts: Type, sizes: Ints) -> None:
    require_per_axis(op, x.rank, sizes=sizes)
    require_integers(op, "starts", starts)
    require(
        starts.shape == (x.rank,),
        "{op}: expected one start for each of the {rank} axes, received starts {received}.",
        op=op,
        rank=x.rank,
        received=starts,
    )
    require(
        all(0 <= size <= n for size, n in zip(sizes, x.shape, strict=True)),
        "{op}: expected a slice within {x}, received one of shape {sizes}.",
        op=op,
        x=x,
        sizes=sizes,
    )


def _place(x: Any, starts: Any, sizes: Ints) -> tuple[slice, ...]:
    """The slice that the starts mean once they are clamped into the operand."""
    if len(sizes) != x.ndim or starts.shape != (x.ndim,):
        raise ValueError
    clamped = (
        min(max(int(start), 0), n - size)
        for start, n, size in zip(starts, x.shape, sizes, strict=True)
    )
    return tuple(slice(at, at + size) for at, size in zip(clamped, sizes, strict=True))


def _infer_dynamic_slice(x: Type, starts: Type, sizes: Ints) -> Type:
    _check_dynamic("dynamic_slice", x, starts, sizes)
    return x.with_shape(sizes)


def _reference_dynamic_slice(xp: Any, x: Any, starts: Any, sizes: Ints) -> Any:
    result = x[_place(x, starts, sizes)]
    if result.shape != sizes:
        raise ValueError
    return result


def _grad_dynamic_slice(g: Any, y: Any, x: Any, starts: Any, sizes: Ints) -> list[Any]:
    return [dynamic_update_slice(zeros_like_shape(g, tuple(x.shape)), g, starts), None]


def emit_starts(b: Any, operand: int, sizes: Ints) -> list[Any]:
    """The clamped starts, input ``operand`` of a Pull rule's ``b``, as indices."""
    shape = b.types[0].shape
    return [
        b.clamp(b.to_index(b.read(operand, (axis,))), 0, shape[axis] - size)
        for axis, size in enumerate(sizes)
    ]


def _emit_dynamic_slice(b: Any, index: Any, sizes: Ints) -> Any:
    starts = emit_starts(b, 1, sizes)
    return b.read(0, tuple(i + start for i, start in zip(index, starts, strict=True)))


@with_all
def _samples_dynamic_slice(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(5, 7)), np.array([1, 3])), {"sizes": (2, 4)})
    yield Sample((rng.normal(size=(5, 7)), np.array([9, -2])), {"sizes": (2, 1)})
    yield Sample((rng.normal(size=(3,)), np.array([1])), {"sizes": (0,)})


dynamic_slice = Op(
    "dynamic_slice",
    infer=_infer_dynamic_slice,
    reference=_reference_dynamic_slice,
    grad=_grad_dynamic_slice,
    emit=Pull(_emit_dynamic_slice, cost=4),
    samples=_samples_dynamic_slice,
    dtypes=ANY,
)


def _infer_dynamic_update(x: Type, update: Type, starts: Type) -> Type:
    require_same_dtype("dynamic_update_slice", x, update)
    _check_dynamic("dynamic_update_slice", x, starts, update.shape)
    return x


def _reference_dynamic_update(xp: Any, x: Any, update: Any, starts: Any) -> Any:
    result = np.array(x)
    place = _place(x, starts, update.shape)
    if result[place].shape != update.shape:
        raise ValueError
    result[place] = update
    return result


def _grad_dynamic_update(g: Any, y: Any, x: Any, update: Any, starts: Any) -> list[Any]:
    sizes = tuple(update.shape)
    kept = dynamic_update_slice(g, zeros_like_shape(g, sizes), starts)
    return [kept, dynamic_slice(g, starts, sizes=sizes), None]


def _emit_dynamic_update(b: Any, index: Any) -> Any:
    sizes = b.types[1].shape
    starts = emit_starts(b, 2, sizes)
    at = tuple(i - start for i, start in zip(index, starts, strict=True))
    inside = b.all_of([b.index_in(i, 0, size) for i, size in zip(at, sizes, strict=True)])
    return b.select_value(inside, b.read_where(inside, 1, at, 0), b.read(0, tuple(index)))


@with_all
def _samples_dynamic_update(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(5, 7)), rng.normal(size=(2, 4)), np.array([1, 3])))
    yield Sample((rng.normal(size=(5, 3)), rng.normal(size=(5, 1)), np.array([4, -2])))
    yield Sample((rng.normal(size=(3,)), rng.normal(size=(0,)), np.array([1])))


dynamic_update_slice = Op(
    "dynamic_update_slice",
    infer=_infer_dynamic_update,
    reference=_reference_dynamic_update,
    grad=_grad_dynamic_update,
    emit=Pull(_emit_dynamic_update, cost=4),
    samples=_samples_dynamic_update,
    dtypes=ANY,
)
