"""``keras.ops``: divisors, a Bessel function, quantiles without NaNs."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array import arguments, indexing, movement
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.keras.ops import reductions
from caudal.keras.ops.promotion import cast_value, common, floating
from caudal.keras.ops.reductions import Axis

# Chebyshev series of exp(-x) I0(x), from Abramowitz and Stegun 9.8.1 and 9.8.2: polynomials in
# (x / 3.75)^2 below 3.75, and of sqrt(x) exp(-x) I0(x) in 3.75 / x above.
_SMALL = (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813)
_LARGE = (
    *(0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281),
    *(-0.02057706, 0.02635537, -0.01647633, 0.00392377),
)
_STEPS = {8: 12, 16: 24, 32: 46, 64: 92}


def _polynomial(x: Any, factors: tuple[float, ...]) -> Any:
    found = x * 0.0 + factors[-1]
    for factor in reversed(factors[:-1]):
        found = found * x + factor
    return found


def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind and order 0; relative error below 2e-7.

    >>> round(float(i0(1.0)), 4)
    1.2661
    """
    x = ops.abs(floating(x))
    near = ops.less(x, cast_value(3.75, x.dtype))
    edge = cast_value(3.75, x.dtype)
    small = _polynomial(math.square(ops.select(near, x, edge) / edge), _SMALL)
    far = ops.select(near, edge, x)
    large = _polynomial(edge / far, _LARGE) * ops.exp(far) * ops.rsqrt(far)
    return ops.select(near, small, large)


def gcd(x1: Any, x2: Any) -> Any:
    """The greatest common divisors of integers, by Euclid's algorithm.

    >>> gcd([12, 7], [18, 0]).numpy().tolist()
    [6, 7]
    """
    a, b = common(x1, x2)
    if not a.dtype.is_integer:
        raise DTypeError(
            "keras.ops.gcd: expected integers, received {received}.", received=a.dtype.name
        )
    shape = np.broadcast_shapes(tuple(a.shape), tuple(b.shape))
    a, b = (ops.abs(ops.broadcast_to(x, shape=shape)) for x in (a, b))
    zero, one = (cast_value(value, a.dtype) for value in (0, 1))

    def step(larger: Any, smaller: Any) -> tuple[Any, Any]:
        done = ops.equal(smaller, zero)
        rest = ops.floor_mod(larger, ops.select(done, one, smaller))
        return ops.select(done, larger, smaller), ops.select(done, zero, rest)

    # Fibonacci numbers take the most steps: 1.44 for each bit.
    for _ in range(_STEPS[a.dtype.size * 8]):
        a, b = step(a, b)
    return a


def lcm(x1: Any, x2: Any) -> Any:
    """The least common multiples of integers."""
    a, b = common(x1, x2)
    divisor = gcd(a, b)
    one, zero = cast_value(1, a.dtype), cast_value(0, a.dtype)
    some = ops.not_equal(divisor, zero)
    return ops.abs(a * ops.floor_div(b, ops.select(some, divisor, one)))


# --- quantiles without NaNs -------------------------------------------------------------------


def nanquantile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The q-th quantile along axes of what is not NaN; NaN where nothing is.

    >>> float(nanquantile([1.0, float("nan"), 3.0], 0.5))
    2.0
    """
    if method not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise InvalidArgumentError(
            "keras.ops.nanquantile: unknown `method` {method!r}.", method=method
        )
    x = floating(x)
    points = arguments.static(q, "keras.ops.nanquantile: q").astype("float64")
    joined, kept = reductions._to_last(x, axis)
    gone = ops.is_nan(joined)
    ordered = indexing.sort(ops.select(gone, cast_value(np.inf, x.dtype), joined), axis=-1)
    count = math.reduce_sum(ops.cast(ops.bit_not(gone), dtype=x.dtype), axis=-1, keepdims=True)
    last = math.maximum(count - 1.0, 0.0)
    found = []
    for point in points.reshape(-1):
        place = last * cast_value(float(point), x.dtype)
        low, high = ops.floor(place), ops.ceil(place)
        if method == "nearest":
            low = high = ops.round(place)
        part = {"lower": place * 0.0, "higher": place * 0.0 + 1.0, "midpoint": place * 0.0 + 0.5}
        share = part.get(method, place - low)
        below, above = (_pick(ordered, one) for one in (low, high))
        value = below if method == "nearest" else below + (above - below) * share
        nothing = ops.equal(count, cast_value(0.0, x.dtype))
        value = ops.select(nothing, cast_value(np.nan, x.dtype), value)
        found.append(movement.squeeze(value, [-1]))
    stacked = movement.stack(found, axis=0)
    shape = kept if keepdims else tuple(int(n) for n in stacked.shape[1:])
    return movement.reshape(stacked, (*points.shape, *shape))


def _pick(ordered: Any, place: Any) -> Any:
    """The element of each row at a place of its own."""
    here = cast_value(np.arange(int(ordered.shape[-1])), place.dtype)
    zero = cast_value(0.0, ordered.dtype)
    return math.reduce_sum(ops.select(ops.equal(here, place), ordered, zero), -1, keepdims=True)


def nanmedian(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The middle of what is not NaN."""
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


def nanpercentile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """The `nanquantile` of ``q`` percent."""
    points = arguments.static(q, "keras.ops.nanpercentile: q") / 100.0
    return nanquantile(x, points, axis, method, keepdims)
