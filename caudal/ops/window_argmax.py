"""Which element of a window is the greatest, and moving values by that: max pooling's gradient.

``place`` is the row-major number of an element within its window: uint8 where that is enough,
since training keeps one for every window until the gradient. Each element of the gradient compares
it with the few windows that hold the element, and what was pooled is not read again. `nowhere` is
the place of a window of padding only; what is put there is lost.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal import ops
from caudal.ir.dtypes import DType, int32, uint8
from caudal.ir.types import Type
from caudal.ops.checks import FLOATS, lowest, require, require_dtype, require_integers
from caudal.ops.contract import strides_of
from caudal.ops.record import NOT_DIFFERENTIABLE, Op, Place, Pull, Sample, type_of
from caudal.ops.window import greater, out_shape, taps, window_cases

Ints = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]


# --- window_argmax ----------------------------------------------------------------------------


def _place_dtype(window: Ints) -> DType:
    return uint8 if math.prod(window) < 255 else int32


def nowhere(dtype: DType) -> int:
    """The number, among places of this dtype, that no element of a window has."""
    return 255 if dtype is uint8 else -1


def _infer_argmax(x: Type, window: Ints, strides: Ints, padding: Padding) -> Type:
    require_dtype("window_argmax", x, FLOATS)
    return Type(_place_dtype(window), out_shape("window_argmax", x, window, strides, padding))


def _reference_argmax(xp: Any, x: Any, window: Ints, strides: Ints, padding: Padding) -> Any:
    shape = _infer_argmax(type_of(x), window, strides, padding).shape
    best = np.full(shape, lowest(x.dtype))
    place = np.full(shape, -1, np.int32)
    for number, (here, there) in enumerate(taps(x.shape, shape, window, strides, padding)):
        value, known = x[here], best[there]
        better = (place[there] < 0) | (value > known) | ((value != value) & (known == known))
        best[there] = np.where(better, value, known)
        place[there] = np.where(better, np.int32(number), place[there])
    return place.astype(_place_dtype(window).np_dtype)


def _pull_argmax(b: Any, index: Any, window: Ints, strides: Ints, padding: Padding) -> Any:
    dtype = b.types[0].dtype
    best, place = b.const(lowest(dtype.np_dtype), dtype), b.const(-1, int32)
    none = b.const(0, int32)
    padded = any(pad != (0, 0) for pad in padding)
    for number, tap in enumerate(itertools.product(*map(range, window))):
        spots = zip(index, strides, tap, padding, strict=True)
        source = tuple(i * s + t - lo for i, s, t, (lo, _) in spots)
        bounds = zip(source, b.types[0].shape, padding, strict=True)
        inside = b.all_of([b.index_in(i, 0, n) for i, n, pad in bounds if pad != (0, 0)])
        value = b.read_where(inside, 0, source, 0)
        here = b.const(number, int32)
        if number == 0 and not padded:
            best, place = value, here
            continue
        better = greater(b, value, best)
        if padded:
            better = b.or_(b.lt(place, none), better)
        best = b.select_value(inside, b.select(better, value, best), best)
        place = b.select_value(inside, b.select(better, here, place), place)
    return b.convert(place, b.type.dtype)


# --- window_put: to the element that won ------------------------------------------------------


def _infer_put(
    place: Type, g: Type, shape: Ints, window: Ints, strides: Ints, padding: Padding
) -> Type:
    require_dtype("window_put", g, FLOATS)
    require_integers("window_put", "places", place)
    out = out_shape("window_put", g.with_shape(shape), window, strides, padding)
    require(
        place.shape == out and g.shape == out,
        "window_put: expected places and values of shape {out}, received {place} and {g}.",
        out=out,
        place=place,
        g=g,
    )
    return g.with_shape(shape)


def _reference_put(
    xp: Any, place: Any, g: Any, shape: Ints, window: Ints, strides: Ints, padding: Padding
) -> Any:
    _infer_put(type_of(place), type_of(g), shape, window, strides, padding)
    result = np.zeros(shape, g.dtype)
    # Last place first: an element then meets its windows in their order, as when compiled.
    steps = list(enumerate(taps(shape, g.shape, window, strides, padding)))
    for number, (here, there) in reversed(steps):
        result[here] += np.where(place[there] == number, g[there], g.dtype.type(0))
    return result


def _pull_put(
    b: Any, index: Any, shape: Ints, window: Ints, strides: Ints, padding: Padding
) -> Any:
    total = b.const(0, b.type.dtype)
    moved = [i + lo for i, (lo, _) in zip(index, padding, strict=True)]
    # Of the windows along an axis that hold the element, the last begins at or before it; there
    # are at most ceil(window / stride) of them.
    back = [range(-(-k // s) - 1, -1, -1) for k, s in zip(window, strides, strict=True)]
    out, steps = b.types[1].shape, strides_of(window)
    for before in itertools.product(*back):
        at = tuple(i // s - m for i, s, m in zip(moved, strides, before, strict=True))
        tap = [i - o * s for i, o, s in zip(moved, at, strides, strict=True)]
        # tap is the remainder of moved by the stride, plus before * stride.
        axes = zip(tap, window, strides, before, strict=True)
        holds = b.all_of(
            [b.index_in(o, 0, n) for o, n in zip(at, out, strict=True)]
            + [b.index_in(t, 0, k) for t, k, s, m in axes if (m + 1) * s > k]
        )
        number: Any = 0
        for t, step in zip(tap, steps, strict=True):
            number = t * step + number
        won = b.eq(b.read_where(holds, 0, at, 0), b.from_index(number, b.types[0].dtype))
        value = b.read_where(holds, 1, at, 0)
        zero = b.const(0, b.type.dtype)
        total = b.add(total, b.select_value(holds, b.select(won, value, zero), zero))
    return total


# --- window_take: from the element that won ---------------------------------------------------


def _infer_take(place: Type, v: Type, window: Ints, strides: Ints, padding: Padding) -> Type:
    require_dtype("window_take", v, FLOATS)
    require_integers("window_take", "places", place)
    out = out_shape("window_take", v, window, strides, padding)
    require(
        place.shape == out,
        "window_take: expected places of shape {out}, received {place}.",
        out=out,
        place=place,
    )
    return v.with_shape(out)


def _reference_take(
    xp: Any, place: Any, v: Any, window: Ints, strides: Ints, padding: Padding
) -> Any:
    _infer_take(type_of(place), type_of(v), window, strides, padding)
    result = np.zeros(place.shape, v.dtype)
    for number, (here, there) in enumerate(taps(v.shape, place.shape, window, strides, padding)):
        result[there] = np.where(place[there] == number, v[here], result[there])
    return result


def _pull_take(b: Any, index: Any, window: Ints, strides: Ints, padding: Padding) -> Any:
    place = b.to_index(b.read(0, tuple(index)))
    source = []
    axes = zip(index, strides, padding, window, strides_of(window), strict=True)
    for i, s, (lo, _), k, step in axes:
        tap = place // step % k if k > 1 else 0
        source.append(i * s - lo + tap)
    bounds = zip(source, b.types[1].shape, strict=True)
    inside = b.all_of(
        [b.index_in(place, 0, math.prod(window))] + [b.index_in(i, 0, n) for i, n in bounds]
    )
    return b.read_where(inside, 1, tuple(source), 0)


# --- records ----------------------------------------------------------------------------------


def _samples_argmax(rng: np.random.Generator) -> Iterator[Sample]:
    for x, params in window_cases(rng):
        yield Sample((np.floor(x),), params, differentiable=False)


def _samples_moved(take: bool) -> Callable[[np.random.Generator], Iterator[Sample]]:
    def samples(rng: np.random.Generator) -> Iterator[Sample]:
        for x, params in window_cases(rng):
            place = _reference_argmax(np, x, **params)
            shape = x.shape if take else place.shape
            more = {} if take else {"shape": x.shape}
            yield Sample((place, rng.normal(size=shape)), {**more, **params})

    return samples


window_argmax = Op(
    "window_argmax",
    infer=_infer_argmax,
    reference=_reference_argmax,
    grad=NOT_DIFFERENTIABLE,
    emit=Place(_pull_argmax, cost=40, many=True, better=greater),
    samples=_samples_argmax,
    dtypes=FLOATS,
)
window_put: Op = Op(
    "window_put",
    infer=_infer_put,
    reference=_reference_put,
    grad=lambda g, y, place, h, shape, **params: [None, ops.window_take(place, g, **params)],
    emit=Pull(_pull_put, cost=16, many=True),
    samples=_samples_moved(take=False),
    dtypes=(uint8,),
)
window_take: Op = Op(
    "window_take",
    infer=_infer_take,
    reference=_reference_take,
    grad=lambda g, y, place, v, **params: [
        None,
        ops.window_put(place, g, shape=tuple(v.shape), **params),
    ],
    emit=Pull(_pull_take, cost=8, many=True),
    samples=_samples_moved(take=True),
    dtypes=(uint8,),
)
