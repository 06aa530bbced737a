"""Running sums, products and maxima along an axis, and the linear recurrence behind them.

``exclusive`` leaves the element itself out (the first result is neutral), ``reverse`` runs from
the end. `linear_recurrence` is what makes the gradient of a running product right where an
element is zero, in linear time and to every order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal import ops
from caudal.ir.dtypes import DType, as_dtype, bfloat16, float16, float32
from caudal.ir.types import Type
from caudal.ops.checks import (
    NUMBERS,
    REALS,
    lowest,
    require,
    require_axis,
    require_dtype,
    require_same_dtype,
    rounded,
    with_integers,
)
from caudal.ops.nests import every_line
from caudal.ops.numeric import conjugated
from caudal.ops.record import Nest, Op, Sample


def _infer(name: str) -> Callable[..., Type]:
    def infer(x: Type, axis: int, exclusive: bool, reverse: bool) -> Type:
        require_dtype(name, x, NUMBERS)
        require_axis(name, x, axis)
        return x

    return infer


def _running(name: str, neutral: int) -> Callable[..., Any]:
    def reference(xp: Any, x: Any, axis: int, exclusive: bool, reverse: bool) -> Any:
        if axis < 0:
            raise IndexError
        line = np.moveaxis(x, axis, 0)
        line = line[::-1] if reverse else line
        result = getattr(np, name)(line, axis=0, dtype=x.dtype)
        if exclusive and len(line):
            first = np.full_like(result[:1], neutral)
            result = np.concatenate([first, result[:-1]])
        return np.moveaxis(result[::-1] if reverse else result, 0, axis)

    return rounded(reference)


def _register(dtype: DType) -> DType:
    """What a running value is held in: float32 for the halves, which are rounded once."""
    return float32 if dtype in (float16, bfloat16) else dtype


def _nest_running(
    combine: Callable[[Any, Any, Any], Any], neutral: Callable[[Any], Any]
) -> Callable[..., None]:
    def nest(n: Any, axis: int, exclusive: bool = False, reverse: bool = False) -> None:
        x = n.ins[0]
        extent = x.shape[axis]

        def line(at: Any) -> None:
            kind = _register(x.dtype)
            total = n.var(n.const(neutral(kind.np_dtype), kind))
            with n.loop(extent) as i:
                place = at(i * -1 + (extent - 1) if reverse else i)
                before, value = total.get(), n.convert(n.load(x, place), kind)
                total.set(combine(n, before, value))
                result = before if exclusive else total.get()
                n.store(n.out, place, n.convert(result, x.dtype))

        every_line(n, x.shape, axis, line)

    return nest


def shifted(x: Any, axis: int, first: float, *, back: bool = False) -> Any:
    """``x`` moved one place along an axis, the last element dropped, ``first`` put in.

    ``back`` moves towards the start instead, and puts ``first`` in at the end.
    """
    extent = x.shape[axis]
    if extent == 0:
        return x
    rank = len(x.shape)
    begin, end, low, high = [0] * rank, list(x.shape), [0] * rank, [0] * rank
    (begin if back else low)[axis] = 1
    if back:
        high[axis] = 1
    else:
        end[axis] = extent - 1
    kept = ops.slice(x, begin=tuple(begin), end=tuple(end), strides=(1,) * rank)
    return ops.pad(kept, low=tuple(low), high=tuple(high), interior=(0,) * rank, value=float(first))


def _grad_prod(g: Any, y: Any, x: Any, axis: int, exclusive: bool, reverse: bool) -> list[Any]:
    # With P the product of all before i:  dx[i] = P[i] * s[i],  s[i] = g[i] + x[i+1] * s[i+1].
    # Nothing is divided, so zeros do no harm.
    x = conjugated(x)
    before = ops.cumprod(x, axis=axis, exclusive=True, reverse=reverse)
    if exclusive:
        g = shifted(g, axis, 0, back=not reverse)
    factor = shifted(x, axis, 0, back=not reverse)
    return [before * ops.linear_recurrence(factor, g, axis=axis, reverse=not reverse)]


@with_integers
def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    for exclusive in (False, True):
        for reverse in (False, True):
            way = {"exclusive": exclusive, "reverse": reverse}
            yield Sample((rng.normal(size=(3, 5)),), {"axis": 1, **way})
            yield Sample((np.array([2.0, 0.0, -1.5, 0.0, 3.0]),), {"axis": 0, **way})
    once = {"exclusive": True, "reverse": False}
    yield Sample((rng.normal(size=(2, 3, 2)),), {"axis": 1, **once})
    yield Sample((rng.normal(size=(2, 0)),), {"axis": 1, **once})
    yield Sample((rng.normal(size=(1, 4)),), {"axis": 0, **once})


cumsum: Op = Op(
    "cumsum",
    infer=_infer("cumsum"),
    reference=_running("cumsum", 0),
    grad=lambda g, y, x, axis, exclusive, reverse: [
        ops.cumsum(g, axis=axis, exclusive=exclusive, reverse=not reverse)
    ],
    emit=Nest(_nest_running(lambda n, total, value: n.add(total, value), lambda d: d.type(0))),
    samples=_samples,
    dtypes=NUMBERS,
)
cumprod = Op(
    "cumprod",
    infer=_infer("cumprod"),
    reference=_running("cumprod", 1),
    grad=_grad_prod,
    emit=Nest(_nest_running(lambda n, total, value: n.mul(total, value), lambda d: d.type(1))),
    samples=_samples,
    dtypes=NUMBERS,
)


# --- running maximum --------------------------------------------------------------------------


def _infer_max(x: Type, axis: int) -> Type:
    require_dtype("cummax", x, REALS)
    require_axis("cummax", x, axis)
    return x


def _grad_max(g: Any, y: Any, x: Any, axis: int) -> list[Any]:
    # g[k] belongs to the element that set the maximum: a sum over the run that it starts.
    extent = x.shape[axis]
    if extent == 0:
        return [g]
    begin, end = [0] * len(x.shape), list(x.shape)
    begin[axis], end[axis] = 0, extent - 1
    ones = (1,) * len(x.shape)
    before = ops.slice(y, begin=tuple(begin), end=tuple(end), strides=ones)
    begin[axis], end[axis] = 1, extent
    here = ops.slice(y, begin=tuple(begin), end=tuple(end), strides=ones)
    # 1 where the run of the element before goes on here, 0 where a new one starts.
    same = ops.cast(ops.equal(here, before), dtype=as_dtype(g.dtype))
    low, high = [0] * len(x.shape), [0] * len(x.shape)
    high[axis] = 1
    zeros = (0,) * len(x.shape)
    goes_on = ops.pad(same, low=zeros, high=tuple(high), interior=zeros, value=0.0)
    low[axis] = 1
    # The first element starts a run, whatever it is.
    started = ops.pad(1 - same, low=tuple(low), high=zeros, interior=zeros, value=1.0)
    return [started * ops.linear_recurrence(goes_on, g, axis=axis, reverse=True)]


@with_integers
def _samples_max(rng: np.random.Generator) -> Iterator[Sample]:
    yield Sample((rng.normal(size=(3, 7)),), {"axis": 1})
    yield Sample((rng.normal(size=(4, 1, 2)),), {"axis": 0})
    yield Sample((rng.normal(size=(0,)),), {"axis": 0})


cummax = Op(
    "cummax",
    infer=_infer_max,
    reference=lambda xp, x, axis: xp.maximum.accumulate(x, axis=axis),
    grad=_grad_max,
    emit=Nest(_nest_running(lambda n, best, value: n.maximum(best, value), lowest)),
    samples=_samples_max,
    dtypes=REALS,
)


# --- linear recurrence ------------------------------------------------------------------------


def _infer_recurrence(a: Type, b: Type, axis: int, reverse: bool) -> Type:
    name = "linear_recurrence"
    require_dtype(name, a, NUMBERS)
    require_same_dtype(name, a, b)
    require_axis(name, a, axis)
    require(
        a.shape == b.shape,
        "{op}: expected factors and terms of one shape, received {a} and {b}.",
        op=name,
        a=a,
        b=b,
    )
    return a


@rounded
def _reference_recurrence(xp: Any, a: Any, b: Any, axis: int, reverse: bool) -> Any:
    if a.shape != b.shape or a.dtype != b.dtype or axis < 0:
        raise ValueError
    factor, term = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    result = np.array(term)
    total = np.zeros(term.shape[1:], term.dtype)
    for i in reversed(range(len(term))) if reverse else range(len(term)):
        total = factor[i] * total + term[i]
        result[i] = total
    return np.moveaxis(result, 0, axis)


def _grad_recurrence(g: Any, y: Any, a: Any, b: Any, axis: int, reverse: bool) -> list[Any]:
    factor = shifted(conjugated(a), axis, 0, back=not reverse)
    terms = ops.linear_recurrence(factor, g, axis=axis, reverse=not reverse)
    return [terms * conjugated(shifted(y, axis, 0, back=reverse)), terms]


def _nest_recurrence(n: Any, axis: int, reverse: bool) -> None:
    a, b = n.ins
    extent = a.shape[axis]

    def line(at: Any) -> None:
        kind = _register(a.dtype)
        total = n.var(n.const(0, kind))
        with n.loop(extent) as i:
            place = at(i * -1 + (extent - 1) if reverse else i)
            factor, term = (n.convert(n.load(x, place), kind) for x in (a, b))
            total.set(n.add(n.mul(factor, total.get()), term))
            n.store(n.out, place, n.convert(total.get(), a.dtype))

    every_line(n, a.shape, axis, line)


@with_integers
def _samples_recurrence(rng: np.random.Generator) -> Iterator[Sample]:
    for reverse in (False, True):
        pair = (rng.normal(size=(2, 5)), rng.normal(size=(2, 5)))
        yield Sample(pair, {"axis": 1, "reverse": reverse})
    yield Sample((rng.normal(size=(3, 1, 2)),) * 2, {"axis": 0, "reverse": False})
    yield Sample((rng.normal(size=(0, 2)),) * 2, {"axis": 0, "reverse": False})


linear_recurrence = Op(
    "linear_recurrence",
    infer=_infer_recurrence,
    reference=_reference_recurrence,
    grad=_grad_recurrence,
    emit=Nest(_nest_recurrence),
    samples=_samples_recurrence,
    dtypes=NUMBERS,
)
