"""Folds over sliding windows: the core of pooling.

``window``, ``strides`` and ``padding`` have an entry for every axis, batch and channels included;
padded places never win a maximum and add nothing to a sum. A window's gradient of the maximum
goes to its first maximum in row-major order, as in TensorFlow.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal import ops
from caudal.ir.dtypes import int32
from caudal.ir.types import Type
from caudal.ops.checks import (
    FLOATS,
    REALS,
    highest,
    lowest,
    require,
    require_dtype,
    require_per_axis,
    require_same_dtype,
    rounded,
    with_integers,
)
from caudal.ops.movement import pad_or_crop
from caudal.ops.nests import all_inside, every_index
from caudal.ops.record import Nest, Op, Sample, Window, type_of

Ints = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]

_UNROLLED = 32
"""Elements of a window up to which compiled code has no loop over them."""


def window_extent(n: int, k: int, stride: int, pad: tuple[int, int]) -> int:
    """How many windows of ``k`` fit on a padded axis of ``n``."""
    room = n + pad[0] + pad[1] - k
    return room // stride + 1 if room >= 0 else 0


def out_shape(op: str, x: Type, window: Ints, strides: Ints, padding: Padding) -> Ints:
    """The shape of the windows' results, or a ShapeError that says what is wrong."""
    require_per_axis(op, x.rank, window=window, strides=strides, padding=padding)
    require(
        all(n >= 1 for n in window + strides) and all(lo >= 0 and hi >= 0 for lo, hi in padding),
        "{op}: expected positive window and strides and non-negative padding, received "
        "window={window}, strides={strides}, padding={padding}.",
        op=op,
        window=window,
        strides=strides,
        padding=padding,
    )
    return tuple(map(window_extent, x.shape, window, strides, padding))


def _infer(name: str) -> Callable[..., Type]:
    def infer(x: Type, window: Ints, strides: Ints, padding: Padding) -> Type:
        require_dtype(name, x, REALS)
        return x.with_shape(out_shape(name, x, window, strides, padding))

    return infer


def _fold(combine: Callable[[Any, Any], Any], init: Callable[[Any], Any]) -> Callable[..., Any]:
    """One axis after the other: max, min and sum over a box are separable."""

    def reference(xp: Any, x: Any, window: Ints, strides: Ints, padding: Padding) -> Any:
        out_shape("window", type_of(x), window, strides, padding)
        for axis, (k, stride, pad) in enumerate(zip(window, strides, padding, strict=True)):
            if k == 1 and stride == 1 and pad == (0, 0):
                continue
            x = _fold_axis(combine, init, x, axis, k, stride, pad)
        return x

    return rounded(reference)


def _fold_axis(
    combine: Callable[[Any, Any], Any],
    init: Callable[[Any], Any],
    x: Any,
    axis: int,
    k: int,
    stride: int,
    pad: tuple[int, int],
) -> Any:
    count = window_extent(x.shape[axis], k, stride, pad)
    neutral = init(x.dtype)
    if pad != (0, 0):
        widths = [pad if a == axis else (0, 0) for a in range(x.ndim)]
        x = np.pad(x, widths, constant_values=neutral)
    before = (slice(None),) * axis
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    result = np.full(shape, neutral, x.dtype)
    if count:
        for tap in range(k):
            part = x[before + (slice(tap, tap + (count - 1) * stride + 1, stride),)]
            result = combine(result, part)
    return result


# --- gradients --------------------------------------------------------------------------------


def _grad_sum(g: Any, y: Any, x: Any, window: Ints, strides: Ints, padding: Padding) -> list[Any]:
    if window == strides:
        return [_repeat(g, x.shape, window, padding)]
    # Every element gets the sum of the windows that hold it: a window sum of the spread-out g.
    low, high = [], []
    for n, o, k, s, (lo, _) in zip(x.shape, y.shape, window, strides, padding, strict=True):
        spread = (o - 1) * s + 1 if o else 0
        low.append(k - 1 - lo)
        high.append(n + lo - spread)
    gaps = tuple(s - 1 for s in strides)
    grown = pad_or_crop(g, tuple(low), tuple(high), gaps)
    ones = (1,) * len(window)
    return [ops.window_sum(grown, window=window, strides=ones, padding=((0, 0),) * len(window))]


def _repeat(g: Any, shape: Ints, window: Ints, padding: Padding) -> Any:
    """Every element of ``g`` over the whole of its window, where windows tile the axis."""
    wide = tuple(n for pair in zip(g.shape, window, strict=True) for n in pair)
    thin = tuple(n for extent in g.shape for n in (extent, 1))
    tiles = ops.broadcast_to(ops.reshape(g, shape=thin), shape=wide)
    full = tuple(n * k for n, k in zip(g.shape, window, strict=True))
    low = tuple(-lo for lo, _ in padding)
    high = tuple(n + lo - m for n, m, (lo, _) in zip(shape, full, padding, strict=True))
    return pad_or_crop(ops.reshape(tiles, shape=full), low, high, (0,) * len(full))


def _grad_max(g: Any, y: Any, x: Any, **params: Any) -> list[Any]:
    if math.prod(params["window"]) <= _UNROLLED:
        return [ops.window_put(ops.window_argmax(x, **params), g, shape=tuple(x.shape), **params)]
    return [ops.window_max_grad(x, y, g, **params)]


def _grad_min(g: Any, y: Any, x: Any, **params: Any) -> list[Any]:
    return _grad_max(g, -y, -x, **params)


def _infer_pair(name: str, third_like_x: bool) -> Callable[..., Type]:
    def infer(x: Type, y: Type, v: Type, window: Ints, strides: Ints, padding: Padding) -> Type:
        require_dtype(name, x, FLOATS)
        require_same_dtype(name, x, y, v)
        out = out_shape(name, x, window, strides, padding)
        expected = x.shape if third_like_x else out
        require(
            y.shape == out and v.shape == expected,
            "{op}: expected a maximum of shape {out} and a value of shape {expected}, "
            "received {y} and {v}.",
            op=name,
            out=out,
            expected=expected,
            y=y,
            v=v,
        )
        return x if not third_like_x else y

    return infer


def taps(
    x: Ints, y: Ints, window: Ints, strides: Ints, padding: Padding
) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Per place in the window, row-major: which elements of x it meets, for which of y.

    ``x`` and ``y`` are the shapes. Windows that have padding at that place are left out.
    """
    for place in itertools.product(*map(range, window)):
        source, target = [], []
        for n, o, tap, s, (lo, _) in zip(x, y, place, strides, padding, strict=True):
            # 0 <= at * s + tap - lo < n
            first = max(0, -((tap - lo) // s))
            last = min(o, -((tap - lo - n) // s))
            start = first * s + tap - lo
            target.append(slice(first, max(first, last)))
            source.append(slice(start, start + max(last - first, 0) * s, s))
        yield tuple(source), tuple(target)


def _first_hits(
    x: Any, y: Any, window: Ints, strides: Ints, padding: Padding
) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...], Any]]:
    """As `taps`, with where the element is the first maximum of its window."""
    taken = np.zeros(y.shape, bool)
    for here, there in taps(x.shape, y.shape, window, strides, padding):
        values = x[here]
        hit = ((values == y[there]) | (values != values)) & ~taken[there]
        taken[there] |= hit
        yield here, there, hit


def _reference_max_grad(
    xp: Any, x: Any, y: Any, g: Any, window: Ints, strides: Ints, padding: Padding
) -> Any:
    kinds = map(type_of, (x, y, g))
    _infer_pair("window_max_grad", False)(*kinds, window, strides, padding)
    result = np.zeros(x.shape, x.dtype)
    # From the last place of the window to the first: then each element meets its windows in
    # their order, as in compiled code, and the sums have the same bits.
    for here, there, hit in reversed(list(_first_hits(x, y, window, strides, padding))):
        result[here] += np.where(hit, g[there], x.dtype.type(0))
    return result


def _reference_max_pick(
    xp: Any, x: Any, y: Any, v: Any, window: Ints, strides: Ints, padding: Padding
) -> Any:
    kinds = map(type_of, (x, y, v))
    _infer_pair("window_max_pick", True)(*kinds, window, strides, padding)
    result = np.zeros(y.shape, x.dtype)
    for here, there, hit in _first_hits(x, y, window, strides, padding):
        result[there] = np.where(hit, v[here], result[there])
    return result


# --- compilation ------------------------------------------------------------------------------


def greater(b: Any, new: Any, old: Any) -> Any:
    """Whether a maximum is ``new`` rather than ``old``, which came first: the first NaN stays."""
    return b.and_(b.not_(b.le(new, old)), b.eq(old, old))


def less(b: Any, new: Any, old: Any) -> Any:
    """Whether a minimum is ``new`` rather than ``old``, which came first: the first NaN stays."""
    return b.and_(b.not_(b.ge(new, old)), b.eq(old, old))


def _keeping(better: Callable[..., Any]) -> Callable[..., Any]:
    return lambda b, old, new: b.select(better(b, new, old), new, old)


def _nest_windows(pick: bool) -> Callable[..., None]:
    """The first maximum of every window: its gradient is put there, or its value read there."""

    def nest(n: Any, window: Ints, strides: Ints, padding: Padding) -> None:
        x, y, third = n.ins
        zero, one = n.const(0, int32), n.const(1, int32)

        def visit(at: tuple[Any, ...]) -> None:
            found, best = n.var(zero), n.load(y, at)
            if pick:
                n.store(n.out, at, n.const(0, n.out.dtype))

            def look(place: tuple[Any, ...]) -> None:
                spots = zip(at, strides, place, padding, strict=True)
                source = tuple(i * s + tap - lo for i, s, tap, (lo, _) in spots)
                padded = [axis for axis, pad in enumerate(padding) if pad != (0, 0)]
                box = all_inside(n, [source[a] for a in padded], [x.shape[a] for a in padded])
                with n.when(box):
                    value = n.load(x, source)
                    hit = n.or_(n.eq(value, best), n.ne(value, value))
                    with n.when(n.and_(hit, n.eq(found.get(), zero))):
                        found.set(one)
                        if pick:
                            n.store(n.out, at, n.load(third, source))
                        else:
                            total = n.add(n.load(n.out, source), n.load(third, at))
                            n.store(n.out, source, total)

            every_index(n, window, look)

        # Windows of different rows of the batch share no element, so they may run in parallel.
        apart = pick or (window[0], strides[0], padding[0]) == (1, 1, (0, 0))
        with n.parallel(y.shape[0] if apart else 1) as row:
            first: tuple[Any, ...] = (row,) if apart else ()
            if not pick:
                none = n.const(0, n.out.dtype)
                every_index(n, x.shape, lambda at: n.store(n.out, at, none), first)
            every_index(n, y.shape, visit, first)

    return nest


# --- samples and records ----------------------------------------------------------------------


def window_cases(rng: np.random.Generator) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Arrays without ties, with params, for the samples."""

    def case(shape: Ints, window: Ints, strides: Ints, *pads: tuple[int, int]) -> Any:
        # All different, so that no maximum is a tie: there it has no derivative.
        values = rng.permutation(math.prod(shape)).reshape(shape) / 7.0 - 1.0
        padding = pads or ((0, 0),) * len(shape)
        return values, {"window": window, "strides": strides, "padding": padding}

    same = (0, 0)
    yield case((2, 6, 4, 3), (1, 2, 2, 1), (1, 2, 2, 1))
    yield case((1, 7, 2), (1, 3, 1), (1, 2, 1), same, (1, 1), same)
    yield case((1, 5, 4, 1), (1, 3, 2, 1), (1, 1, 3, 1), same, (0, 2), (1, 0), same)
    yield case((1, 3, 3, 4, 1), (1, 2, 1, 2, 1), (1, 1, 2, 2, 1))
    yield case((2, 4), (2, 3), (1, 1))
    yield case((1, 3, 1), (1, 1, 1), (1, 2, 1))
    yield case((1, 6, 1), (1, 2, 1), (1, 3, 1))
    yield case((0, 4, 1), (1, 2, 1), (1, 2, 1))


@with_integers
def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    for x, params in window_cases(rng):
        yield Sample((x,), params)


def _samples_pair(pick: bool) -> Callable[[np.random.Generator], Iterator[Sample]]:
    def samples(rng: np.random.Generator) -> Iterator[Sample]:
        for x, params in window_cases(rng):
            x = np.floor(x)  # Ties: the first one wins.
            y = _fold(np.maximum, lowest)(np, x, **params)
            yield Sample((x, y, rng.normal(size=x.shape if pick else y.shape)), params, False)

    return samples


def _window_op(name: str, numpy: Any, init: Any, grad: Any, combine: Any, better: Any = None) -> Op:
    return Op(
        name,
        infer=_infer(name),
        reference=_fold(numpy, init),
        grad=grad,
        emit=Window(combine, lambda dtype: init(dtype.np_dtype), better),
        samples=_samples,
        dtypes=REALS,
    )


window_sum = _window_op(
    "window_sum", np.add, lambda dtype: dtype.type(0), _grad_sum, lambda b, x, y: b.add(x, y)
)
window_max = _window_op("window_max", np.maximum, lowest, _grad_max, _keeping(greater), greater)
window_min = _window_op("window_min", np.minimum, highest, _grad_min, _keeping(less), less)
window_max_grad: Op = Op(
    "window_max_grad",
    infer=_infer_pair("window_max_grad", False),
    reference=_reference_max_grad,
    grad=lambda g, z, x, y, h, **params: [None, None, window_max_pick(x, y, g, **params)],
    emit=Nest(_nest_windows(pick=False)),
    samples=_samples_pair(pick=False),
    dtypes=FLOATS,
)
window_max_pick: Op = Op(
    "window_max_pick",
    infer=_infer_pair("window_max_pick", True),
    reference=_reference_max_pick,
    grad=lambda g, z, x, y, v, **params: [None, None, window_max_grad(x, y, g, **params)],
    emit=Nest(_nest_windows(pick=True)),
    samples=_samples_pair(pick=True),
    dtypes=FLOATS,
)
