"""Folds over whole axes: sums, products, extremes, all and any, and the place of an extreme.

``axes`` is a sorted tuple of non-negative axes, which vanish from the result. A sum stays in its
dtype (int32 wraps); float16 and bfloat16 are summed in float32 and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import DTypeError
from caudal.ir.dtypes import DType, as_dtype, int32, int64
from caudal.ir.types import Type
from caudal.ops.checks import (
    BOOL,
    NUMBERS,
    REALS,
    highest,
    lowest,
    require,
    require_axes,
    require_axis,
    require_dtype,
    rounded,
    with_all,
    with_integers,
)
from caudal.ops.nests import every_line
from caudal.ops.numeric import conjugated
from caudal.ops.record import NOT_DIFFERENTIABLE, Nest, Op, Reduce, Sample

Ints = tuple[int, ...]

_LONG = 4096
"""From how many terms on the reference takes care of the digits of a float32 sum."""


def _infer(name: str, dtypes: tuple[DType, ...]) -> Any:
    def infer(x: Type, axes: Ints) -> Type:
        require_dtype(name, x, dtypes)
        require_axes(name, x, axes)
        return x.with_shape(tuple(n for axis, n in enumerate(x.shape) if axis not in axes))

    return infer


@with_integers
def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(3, 5)),), {"axes": (1,)})
    yield Sample((rng.normal(size=(3, 5, 2)),), {"axes": (0, 2)})
    yield Sample((rng.normal(size=(17,)),), {"axes": (0,)})
    yield Sample((rng.normal(size=(2, 1)),), {"axes": ()})
    yield Sample((rng.normal(size=(3, 0)),), {"axes": (1,)})
    yield Sample((rng.normal(size=(4, 33)),), {"axes": (0,)})
    yield Sample((rng.normal(size=()),), {"axes": ()})


def _samples_extreme(rng: np.random.Generator) -> Iterator[Sample]:
    for sample in _samples(rng):
        # The extreme of nothing is infinite: no finite difference there.
        smooth = sample.differentiable and sample.inputs[0].size > 0
        yield Sample(sample.inputs, sample.params, smooth)
    for special in (np.nan, np.inf, -np.inf):
        yield Sample((np.array([[1.0, special, 3.0, -2.0]]),), {"axes": (1,)}, False)


def restore(y: Any, x: Any, axes: Ints) -> Any:
    """A reduced value with its axes back, as extents of 1."""
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
    return ops.reshape(y, shape=shape)


def _spread(y: Any, x: Any, axes: Ints) -> Any:
    return ops.broadcast_to(restore(y, x, axes), shape=tuple(x.shape))


def _grad_prod(g: Any, y: Any, x: Any, axes: Ints) -> list[Any]:
    # The product of all others, from both sides: right with zeros, where y / x is not.
    kept = tuple(axis for axis in range(len(x.shape)) if axis not in axes)
    perm = kept + axes
    moved = ops.transpose(x, perm=perm)
    outer = math.prod(x.shape[axis] for axis in kept)
    flat = ops.reshape(moved, shape=(outer, math.prod(x.shape[axis] for axis in axes)))
    flat = conjugated(flat)
    others = ops.cumprod(flat, axis=1, exclusive=True, reverse=False) * ops.cumprod(
        flat, axis=1, exclusive=True, reverse=True
    )
    others = ops.transpose(
        ops.reshape(others, shape=tuple(moved.shape)),
        perm=tuple(perm.index(axis) for axis in range(len(perm))),
    )
    return [_spread(g, x, axes) * others]


def _grad_extreme(g: Any, y: Any, x: Any, axes: Ints) -> list[Any]:
    # TensorFlow shares the gradient equally among the elements that reach the extreme.
    hits = ops.cast(ops.equal(x, _spread(y, x, axes)), dtype=as_dtype(g.dtype))
    share = g / ops.reduce_sum(hits, axes=axes)
    return [hits * _spread(share, x, axes)]


def _least(dtype: DType) -> Any:
    return lowest(dtype.np_dtype)


def _greatest(dtype: DType) -> Any:
    return highest(dtype.np_dtype)


def _total(name: str) -> Any:
    def reference(xp: Any, x: Any, axes: Ints) -> Any:
        if x.dtype.kind == "b":
            raise TypeError
        count = math.prod(x.shape[axis] for axis in axes)
        if x.dtype == np.float32 and count > _LONG and x.ndim - 1 not in axes:
            # NumPy adds in pairs along the last axis only; elsewhere a long sum loses digits.
            return getattr(xp, name)(x, axis=axes, dtype=np.float64).astype(np.float32)
        return getattr(xp, name)(x, axis=axes, dtype=x.dtype)

    return rounded(reference)


def _logic(name: str) -> Any:
    def reference(xp: Any, x: Any, axes: Ints) -> Any:
        if x.dtype.kind != "b":
            raise TypeError
        return getattr(xp, name)(x, axis=axes)

    return reference


def _extreme(name: str, init: Any) -> Any:
    def reference(xp: Any, x: Any, axes: Ints) -> Any:
        if x.dtype.kind in "bc":
            raise TypeError
        return getattr(xp, name)(x, axis=axes, initial=init(x.dtype))

    return rounded(reference)


reduce_sum = Op(
    "reduce_sum",
    infer=_infer("reduce_sum", NUMBERS),
    reference=_total("sum"),
    grad=lambda g, y, x, axes: [_spread(g, x, axes)],
    emit=Reduce(lambda b, total, value: b.add(total, value), lambda dtype: dtype.np_dtype.type(0)),
    samples=_samples,
    dtypes=NUMBERS,
)
reduce_prod = Op(
    "reduce_prod",
    infer=_infer("reduce_prod", NUMBERS),
    reference=_total("prod"),
    grad=_grad_prod,
    emit=Reduce(lambda b, total, value: b.mul(total, value), lambda dtype: dtype.np_dtype.type(1)),
    samples=_samples,
    dtypes=NUMBERS,
)
reduce_max = Op(
    "reduce_max",
    infer=_infer("reduce_max", REALS),
    reference=_extreme("max", lowest),
    grad=_grad_extreme,
    emit=Reduce(
        lambda b, best, value: b.maximum(best, value), lambda dtype: lowest(dtype.np_dtype)
    ),
    samples=_samples_extreme,
    dtypes=REALS,
)
reduce_min = Op(
    "reduce_min",
    infer=_infer("reduce_min", REALS),
    reference=_extreme("min", highest),
    grad=_grad_extreme,
    emit=Reduce(
        lambda b, best, value: b.minimum(best, value), lambda dtype: highest(dtype.np_dtype)
    ),
    samples=_samples_extreme,
    dtypes=REALS,
)


def _samples_bool(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.random((3, 5)) < 0.7,), {"axes": (1,)}, differentiable=False)
    yield Sample((rng.random((2, 3, 4)) < 0.3,), {"axes": (0, 2)}, differentiable=False)
    yield Sample((rng.random((2, 0)) < 0.5,), {"axes": (1,)}, differentiable=False)


reduce_and = Op(
    "reduce_and",
    infer=_infer("reduce_and", BOOL),
    reference=_logic("all"),
    grad=NOT_DIFFERENTIABLE,
    emit=Reduce(lambda b, total, value: b.and_(total, value), lambda dtype: np.bool_(True)),
    samples=_samples_bool,
    dtypes=BOOL,
)
reduce_or = Op(
    "reduce_or",
    infer=_infer("reduce_or", BOOL),
    reference=_logic("any"),
    grad=NOT_DIFFERENTIABLE,
    emit=Reduce(lambda b, total, value: b.or_(total, value), lambda dtype: np.bool_(False)),
    samples=_samples_bool,
    dtypes=BOOL,
)


# --- the place of an extreme ------------------------------------------------------------------


def _infer_arg(name: str) -> Any:
    def infer(x: Type, axis: int, dtype: DType) -> Type:
        require_dtype(name, x, REALS + BOOL)
        require_axis(name, x, axis)
        require(
            x.shape[axis] > 0 or x.with_shape(x.shape[:axis] + x.shape[axis + 1 :]).size == 0,
            "{op}: expected a non-empty axis {axis}, received {received}.",
            op=name,
            axis=axis,
            received=x,
        )
        require(
            dtype.is_integer,
            "{op}: expected an integer dtype for the result, received {dtype}.",
            DTypeError,
            op=name,
            dtype=dtype.name,
        )
        return Type(dtype, x.shape[:axis] + x.shape[axis + 1 :])

    return infer


def _reference_arg(best: str) -> Any:
    def reference(xp: Any, x: Any, axis: int, dtype: DType) -> Any:
        if axis < 0 or not dtype.is_integer:
            raise TypeError
        rest = x.shape[:axis] + x.shape[axis + 1 :]
        if math.prod(rest) == 0:
            return np.zeros(rest, dtype.np_dtype)
        if x.dtype.kind == "V" or x.dtype == np.float16:
            x = x.astype(np.float32)
        if x.dtype.kind == "f":
            # As in TensorFlow a NaN is never chosen.
            x = xp.where(xp.isnan(x), -np.inf if best == "argmax" else np.inf, x)
        return getattr(xp, best)(x, axis=axis).astype(dtype.np_dtype)

    return reference


def _emit_arg(op: str) -> Any:
    def nest(n: Any, axis: int, dtype: DType) -> None:
        source = n.ins[0]
        kind = int32 if source.dtype.is_bool else source.dtype
        start = (lowest if op == "argmax" else highest)(kind.np_dtype)

        def line(at: Any) -> None:
            best, place = n.var(n.const(start, kind)), n.var(n.const(0, dtype))
            with n.loop(source.shape[axis]) as i:
                value = n.convert(n.load(source, at(i)), kind)
                found = (n.gt if op == "argmax" else n.lt)(value, best.get())
                best.set(n.select(found, value, best.get()))
                place.set(n.select(found, n.from_index(i, dtype), place.get()))
            n.store(n.out, (*at(0)[:axis], *at(0)[axis + 1 :]), place.get())

        every_line(n, source.shape, axis, line)

    return nest


@with_all
def _samples_arg(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(3, 5)),), {"axis": 1, "dtype": int64}, differentiable=False)
    yield Sample((rng.normal(size=(3, 5, 2)),), {"axis": 1, "dtype": int32}, differentiable=False)
    ties = np.array([1.0, 3.0, 3.0, 1.0])
    yield Sample((ties,), {"axis": 0, "dtype": int64}, differentiable=False)
    yield Sample((rng.normal(size=(4, 1)),), {"axis": 1, "dtype": int32}, differentiable=False)


def _arg(name: str) -> Op:
    return Op(
        name,
        infer=_infer_arg(name),
        reference=_reference_arg(name),
        grad=NOT_DIFFERENTIABLE,
        emit=Nest(_emit_arg(name)),
        samples=_samples_arg,
        dtypes=REALS + BOOL,
    )


argmax = _arg("argmax")
argmin = _arg("argmin")
