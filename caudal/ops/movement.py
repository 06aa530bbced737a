"""Ops that move elements and compute nothing: reshape, transpose, slice, pad, concat, ...

Their gradients are one another. Shapes and positions are parameters, so everything is affine in
the output index; only dynamic_slice and dynamic_update_slice take positions at run time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.ir.dtypes import DType, int32
from caudal.ir.types import Type
from caudal.ops.checks import (
    ANY,
    require,
    require_axes,
    require_axis,
    require_per_axis,
    require_same_dtype,
    with_all,
)
from caudal.ops.record import NOT_DIFFERENTIABLE, Op, Pull, Sample, View

Ints = tuple[int, ...]


def zeros_like_shape(like: Any, shape: Ints) -> Any:
    """Zeros of a shape in the dtype and kind (Node, Tensor, array) of ``like``.

    The sum of an empty slice: no value of ``like`` is read, so NaN does not leak, and no large
    constant enters the program.
    """
    flat = reshape(like, shape=(math.prod(like.shape),))
    nothing = slice_(flat, begin=(0,), end=(0,), strides=(1,))
    return broadcast_to(ops.reduce_sum(nothing, axes=(0,)), shape=tuple(shape))


def pad_or_crop(x: Any, low: Ints, high: Ints, interior: Ints) -> Any:
    """``pad`` by zeros whose low and high may be negative: then elements are cut off.

    Interior padding comes first, as in XLA's Pad.
    """
    grown = ops.pad(
        x,
        low=tuple(max(n, 0) for n in low),
        high=tuple(max(n, 0) for n in high),
        interior=interior,
        value=0.0,
    )
    if all(n >= 0 for n in low) and all(n >= 0 for n in high):
        return grown
    begin = tuple(max(-n, 0) for n in low)
    end = tuple(size - max(-n, 0) for size, n in zip(grown.shape, high, strict=True))
    return slice_(grown, begin=begin, end=end, strides=(1,) * len(begin))


# --- reshape ----------------------------------------------------------------------------------


def _infer_reshape(x: Type, shape: Ints) -> Type:
    require(
        all(n >= 0 for n in shape) and math.prod(shape) == x.size,
        "reshape: expected a shape of {size} elements, received shape={shape} for {received}.",
        size=x.size,
        shape=shape,
        received=x,
    )
    return x.with_shape(shape)


@with_all
def _samples_reshape(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(2, 3)),), {"shape": (3, 2)})
    yield Sample((rng.normal(size=(1,)),), {"shape": ()})
    yield Sample((rng.normal(size=(0, 4)),), {"shape": (2, 0)})


reshape: Op = Op(
    "reshape",
    infer=_infer_reshape,
    reference=lambda xp, x, shape: xp.reshape(x, shape),
    grad=lambda g, y, x, shape: [reshape(g, shape=tuple(x.shape))],
    emit=View(),
    samples=_samples_reshape,
    dtypes=ANY,
)


# --- transpose --------------------------------------------------------------------------------


def _infer_transpose(x: Type, perm: Ints) -> Type:
    require(
        sorted(perm) == list(range(x.rank)),
        "transpose: expected a permutation of {rank} axes, received perm={perm} for {received}.",
        rank=x.rank,
        perm=perm,
        received=x,
    )
    return x.with_shape(tuple(x.shape[axis] for axis in perm))


def inverse(perm: Sequence[int]) -> Ints:
    """The permutation that undoes ``perm``.

    >>> inverse((2, 0, 1))
    (1, 2, 0)
    """
    return tuple(perm.index(axis) for axis in range(len(perm)))


@with_all
def _samples_transpose(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(2, 3, 5)),), {"perm": (2, 0, 1)})
    yield Sample((rng.normal(size=(17, 9)),), {"perm": (1, 0)})
    yield Sample((rng.normal(size=()),), {"perm": ()})


transpose: Op = Op(
    "transpose",
    infer=_infer_transpose,
    reference=lambda xp, x, perm: xp.transpose(x, perm),
    grad=lambda g, y, x, perm: [transpose(g, perm=inverse(perm))],
    emit=Pull(lambda b, index, perm: b.read(0, tuple(index[p] for p in inverse(perm)))),
    samples=_samples_transpose,
    dtypes=ANY,
)


# --- broadcast_to -----------------------------------------------------------------------------


def _infer_broadcast(x: Type, shape: Ints) -> Type:
    tail = shape[len(shape) - x.rank :]
    require(
        len(shape) >= x.rank and all(n in (1, m) for n, m in zip(x.shape, tail, strict=True)),
        "broadcast_to: expected a shape that {received} can be repeated to (equal extents, or "
        "extents of 1), received shape={shape}.",
        received=x,
        shape=shape,
    )
    return x.with_shape(shape)


def sum_to(g: Any, shape: Ints) -> Any:
    """The adjoint of broadcasting: ``g`` summed down to ``shape``."""
    if tuple(g.shape) == tuple(shape):
        return g
    lead = len(g.shape) - len(shape)
    stretched = (
        lead + axis for axis, n in enumerate(shape) if n == 1 and g.shape[lead + axis] != 1
    )
    axes = tuple(range(lead)) + tuple(stretched)
    return reshape(ops.reduce_sum(g, axes=axes), shape=tuple(shape))


def _emit_broadcast(b: Any, index: Any, shape: Ints) -> Any:
    source = b.types[0].shape
    lead = len(shape) - len(source)
    at = tuple(0 if n == 1 else index[lead + axis] for axis, n in enumerate(source))
    return b.read(0, at)


@with_all
def _samples_broadcast(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(3, 1)),), {"shape": (2, 3, 5)})
    yield Sample((rng.normal(size=()),), {"shape": (7,)})
    yield Sample((rng.normal(size=(1, 4)),), {"shape": (0, 4)})


broadcast_to = Op(
    "broadcast_to",
    infer=_infer_broadcast,
    reference=lambda xp, x, shape: xp.broadcast_to(x, shape),
    grad=lambda g, y, x, shape: [sum_to(g, tuple(x.shape))],
    emit=Pull(_emit_broadcast),
    samples=_samples_broadcast,
    dtypes=ANY,
)


# --- slice ------------------------------------------------------------------------------------


def _infer_slice(x: Type, begin: Ints, end: Ints, strides: Ints) -> Type:
    require_per_axis("slice", x.rank, begin=begin, end=end, strides=strides)
    require(
        all(0 <= b <= e <= n for b, e, n in zip(begin, end, x.shape, strict=True))
        and all(s > 0 for s in strides),
        "slice: expected 0 <= begin <= end <= extent and positive strides for {received}, "
        "received begin={begin}, end={end}, strides={strides}.",
        received=x,
        begin=begin,
        end=end,
        strides=strides,
    )
    return x.with_shape(tuple(-((b - e) // s) for b, e, s in zip(begin, end, strides, strict=True)))


def _reference_slice(xp: Any, x: Any, begin: Ints, end: Ints, strides: Ints) -> Any:
    if len(begin) != x.ndim or any(n < 0 for n in begin + end):
        raise IndexError
    if any(e > n or b > e for b, e, n in zip(begin, end, x.shape, strict=True)):
        raise IndexError
    return x[tuple(map(slice, begin, end, strides))]


def _grad_slice(g: Any, y: Any, x: Any, begin: Ints, end: Ints, strides: Ints) -> list[Any]:
    high = []
    for b, s, n, extent in zip(begin, strides, y.shape, x.shape, strict=True):
        high.append(extent - b - ((n - 1) * s + 1 if n else 0))
    interior = tuple(s - 1 for s in strides)
    return [ops.pad(g, low=tuple(begin), high=tuple(high), interior=interior, value=0.0)]


def _emit_slice(b: Any, index: Any, begin: Ints, end: Ints, strides: Ints) -> Any:
    return b.read(0, tuple(i * s + o for i, s, o in zip(index, strides, begin, strict=True)))


@with_all
def _samples_slice(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(5, 7)),), {"begin": (1, 0), "end": (4, 7), "strides": (1, 3)})
    yield Sample((rng.normal(size=(6,)),), {"begin": (2,), "end": (2,), "strides": (2,)})
    yield Sample(
        (rng.normal(size=(3, 1, 4)),),
        {"begin": (0, 0, 1), "end": (3, 1, 4), "strides": (2, 1, 2)},
    )


slice_ = Op(
    "slice",
    infer=_infer_slice,
    reference=_reference_slice,
    grad=_grad_slice,
    emit=Pull(_emit_slice),
    samples=_samples_slice,
    dtypes=ANY,
)


# --- pad --------------------------------------------------------------------------------------


def _infer_pad(x: Type, low: Ints, high: Ints, interior: Ints, value: Any) -> Type:
    require_per_axis("pad", x.rank, low=low, high=high, interior=interior)
    require(
        all(n >= 0 for n in low + high + interior),
        "pad: expected non-negative low, high and interior, received low={low}, high={high}, "
        "interior={interior}.",
        low=low,
        high=high,
        interior=interior,
    )
    if x.dtype.is_integer:
        info = np.iinfo(x.dtype.np_dtype)
        require(
            value == value and info.min <= value <= info.max,
            "pad: expected a value that {dtype} can hold, received {value}.",
            InvalidArgumentError,
            dtype=x.dtype.name,
            value=value,
        )
    extents = zip(x.shape, low, high, interior, strict=True)
    return x.with_shape(tuple(lo + hi + n + max(n - 1, 0) * gap for n, lo, hi, gap in extents))


def _reference_pad(xp: Any, x: Any, low: Ints, high: Ints, interior: Ints, value: Any) -> Any:
    if any(n < 0 for n in low + high + interior):
        raise ValueError
    spread = [n + max(n - 1, 0) * gap for n, gap in zip(x.shape, interior, strict=True)]
    shape = tuple(a + b + c for a, b, c in zip(low, spread, high, strict=True))
    result = np.full(shape, np.array(value, x.dtype), x.dtype)
    inner = (slice(lo, lo + n, gap + 1) for lo, n, gap in zip(low, spread, interior, strict=True))
    result[tuple(inner)] = x
    return result


def _grad_pad(
    g: Any, y: Any, x: Any, low: Ints, high: Ints, interior: Ints, value: Any
) -> list[Any]:
    end = tuple(n - hi for n, hi in zip(y.shape, high, strict=True))
    return [slice_(g, begin=tuple(low), end=end, strides=tuple(gap + 1 for gap in interior))]


def _emit_pad(b: Any, index: Any, low: Ints, high: Ints, interior: Ints, value: Any) -> Any:
    conditions, at = [], []
    extents = zip(index, b.types[0].shape, low, high, interior, strict=True)
    for i, n, lo, hi, gap in extents:
        position = i - lo if lo else i
        if lo or hi:
            conditions.append(b.index_in(position, 0, n + max(n - 1, 0) * gap))
        if gap:
            conditions.append(b.divides(position, gap + 1))
            position = position // (gap + 1)
        at.append(position)
    if not conditions:
        return b.read(0, tuple(at))
    return b.read_where(b.all_of(conditions), 0, tuple(at), value)


@with_all
def _samples_pad(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample(
        (rng.normal(size=(3, 2)),), {"low": (1, 0), "high": (0, 2), "interior": (0, 0), "value": 2}
    )
    yield Sample(
        (rng.normal(size=(4, 1)),), {"low": (0, 1), "high": (2, 0), "interior": (2, 3), "value": 0}
    )
    yield Sample(
        (rng.normal(size=(0, 3)),), {"low": (2, 0), "high": (1, 0), "interior": (1, 0), "value": 1}
    )
    yield Sample((rng.normal(size=()),), {"low": (), "high": (), "interior": (), "value": 0})


pad = Op(
    "pad",
    infer=_infer_pad,
    reference=_reference_pad,
    grad=_grad_pad,
    emit=Pull(_emit_pad, cost=2),
    samples=_samples_pad,
    dtypes=ANY,
)


# --- concat -----------------------------------------------------------------------------------


def _infer_concat(*kinds: Type, axis: int) -> Type:
    require(
        bool(kinds),
        "concat: expected at least one tensor, received none.",
        InvalidArgumentError,
    )
    first = kinds[0]
    require_axis("concat", first, axis)
    require_same_dtype("concat", *kinds)

    def others(kind: Type) -> Ints:
        return kind.shape[:axis] + kind.shape[axis + 1 :]

    require(
        all(kind.rank == first.rank and others(kind) == others(first) for kind in kinds),
        "concat: expected equal extents on every axis but {axis}, received {received}.",
        axis=axis,
        received=", ".join(map(repr, kinds)),
    )
    extent = sum(kind.shape[axis] for kind in kinds)
    return first.with_shape(first.shape[:axis] + (extent,) + first.shape[axis + 1 :])


def _reference_concat(xp: Any, *arrays: Any, axis: int) -> Any:
    if axis < 0 or any(array.dtype != arrays[0].dtype for array in arrays):
        raise ValueError
    return xp.concatenate(arrays, axis=axis)


def _grad_concat(g: Any, y: Any, *xs: Any, axis: int) -> list[Any]:
    grads, start = [], 0
    for x in xs:
        begin = [0] * len(y.shape)
        end = list(y.shape)
        begin[axis], end[axis] = start, start + x.shape[axis]
        start = end[axis]
        grads.append(slice_(g, begin=tuple(begin), end=tuple(end), strides=(1,) * len(y.shape)))
    return grads


def _emit_concat(b: Any, index: Any, axis: int) -> Any:
    value, start = None, 0
    for k, kind in enumerate(b.types):
        position = index[axis] - start if start else index[axis]
        inside = b.index_in(position, 0, kind.shape[axis])
        at = (*index[:axis], position, *index[axis + 1 :])
        part = b.read_where(inside, k, at, 0)
        value = part if value is None else b.select_value(inside, part, value)
        start += kind.shape[axis]
    return value


@with_all
def _samples_concat(rng: np.random.Generator) -> Iterator[Sample]:
    parts = tuple(rng.normal(size=(2, n)) for n in (3, 1, 0, 5))
    yield Sample(parts, {"axis": 1})
    yield Sample((rng.normal(size=(4,)),), {"axis": 0})
    yield Sample((rng.normal(size=(1, 2, 3)), rng.normal(size=(2, 2, 3))), {"axis": 0})


concat = Op(
    "concat",
    infer=_infer_concat,
    reference=_reference_concat,
    grad=_grad_concat,
    emit=Pull(_emit_concat, cost=3),
    samples=_samples_concat,
    dtypes=ANY,
)


# --- reverse ----------------------------------------------------------------------------------


def _infer_reverse(x: Type, axes: Ints) -> Type:
    require_axes("reverse", x, axes)
    return x


def _emit_reverse(b: Any, index: Any, axes: Ints) -> Any:
    shape = b.types[0].shape
    return b.read(
        0, tuple(i * -1 + (shape[a] - 1) if a in axes else i for a, i in enumerate(index))
    )


@with_all
def _samples_reverse(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(3, 5)),), {"axes": (1,)})
    yield Sample((rng.normal(size=(2, 1, 4)),), {"axes": (0, 2)})
    yield Sample((rng.normal(size=(0,)),), {"axes": (0,)})


reverse: Op = Op(
    "reverse",
    infer=_infer_reverse,
    reference=lambda xp, x, axes: xp.flip(x, axes),
    grad=lambda g, y, x, axes: [reverse(g, axes=axes)],
    emit=Pull(_emit_reverse),
    samples=_samples_reverse,
    dtypes=ANY,
)


# --- iota -------------------------------------------------------------------------------------


def _infer_iota(shape: Ints, axis: int, dtype: DType) -> Type:
    kind = Type(dtype, shape)
    require_axis("iota", kind, axis)
    return kind


def _reference_iota(xp: Any, shape: Ints, axis: int, dtype: DType) -> Any:
    line = np.arange(shape[axis]).astype(dtype.np_dtype)
    return np.broadcast_to(line.reshape((-1,) + (1,) * (len(shape) - axis - 1)), shape)


def _samples_iota(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((), {"shape": (3, 4), "axis": 1, "dtype": int32}, differentiable=False)
    yield Sample((), {"shape": (5, 1), "axis": 0, "dtype": int32}, differentiable=False)


iota = Op(
    "iota",
    infer=_infer_iota,
    reference=_reference_iota,
    grad=NOT_DIFFERENTIABLE,
    emit=Pull(lambda b, index, shape, axis, dtype: b.from_index(index[axis], dtype)),
    samples=_samples_iota,
    dtypes=ANY,
)
