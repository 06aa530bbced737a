"""Error and gamma functions on vector lanes; formulas from NIST's DLMF."""

from __future__ import annotations

import math

from caudal.codegen import vecmath_tables as tables
from caudal.codegen.builder import Builder, Value
from caudal.codegen.vecmath_core import (
    exp_of_negative,
    in_double,
    log_of,
    poly,
)
from caudal.codegen.vecmath_trig import sin, tan
from caudal.ir.dtypes import float32, int64

# --- error functions --------------------------------------------------------------------------


def _erfc_tail(b: Builder, size: Value, short: bool) -> Value:
    """erfc(a) for a >= 1 or so: exp(-a^2) times a polynomial of (a - 4) / (a + 4).

    The mapping of the half line to an interval is Shepherd and Laframboise's (1981).
    """
    four, one = b.const(4.0, size), b.const(1.0, size)
    a = b.fmin(b.const(10.5 if short else 28.0, size), size)
    t = b.div(b.sub(a, four), b.add(a, four))
    scaled = poly(b, t, tables.ERFCX32 if short else tables.ERFCX64)
    scaled = b.div(scaled, b.add(b.add(a, a), one))
    if short:
        decay = exp_of_negative(b, b.neg(b.mul(a, a)))
    else:
        # a^2 needs more digits than it has: the square of a's upper half is exact.
        bits = b.bitcast(a, int64)
        upper = b.bitcast(b.and_(bits, b.const(-(1 << 27), bits)), a.dtype)
        rest = b.mul(b.sub(upper, a), b.add(upper, a))
        decay = exp_of_negative(b, b.neg(b.mul(upper, upper)), rest)
    return b.mul(decay, scaled)


def _erf_core(b: Builder, x: Value, short: bool) -> Value:
    # x + x (P - 1): the rounding of a small number disturbs the last addition less.
    first, *rest = tables.ERF32 if short else tables.ERF64
    return b.fma(x, poly(b, b.mul(x, x), (first - 1, *rest)), x)


def erf(b: Builder, x: Value) -> Value:
    """The error function."""
    one = b.const(1.0, x)
    size = b.abs(x)
    near = _erf_core(b, x, x.dtype is float32)
    if x.dtype is float32:
        a = b.fmin(b.const(4.0, x), size)
        tail = exp_of_negative(b, b.neg(b.mul(a, poly(b, a, tables.ERFTAIL32))))
    else:
        tail = _erfc_tail(b, size, short=False)
    far = b.copysign(b.sub(one, tail), x)
    return b.select(b.gt(size, one), far, near)


@in_double
def erfc(b: Builder, x: Value, short: bool) -> Value:
    """1 - erf(x) without cancellation."""
    one = b.const(1.0, x)
    tail = _erfc_tail(b, b.abs(x), short)
    far = b.select(b.lt(x, b.const(0.0, x)), b.sub(b.const(2.0, x), tail), tail)
    near = b.sub(one, _erf_core(b, x, short))
    return b.select(b.gt(x, b.const(0.5, x)), tail, b.select(b.lt(x, b.neg(one)), far, near))


@in_double
def erfinv(b: Builder, x: Value, short: bool) -> Value:
    """The inverse of erf; infinite at 1, NaN outside [-1, 1].

    erfinv(x) / x is a smooth function of w = -log(1 - x^2), as Giles (2010) found; in float64 two
    steps of Newton's method on the side where erf or erfc is exact do the rest.
    """
    one = b.const(1.0, x)
    size = b.abs(x)
    rest = b.mul(b.sub(one, size), b.add(one, size))
    inside = b.gt(rest, b.const(0.0, x))
    w = b.neg(log_of(b, b.select(inside, rest, one)))
    w = b.fmin(b.const(38.0, w), b.fmax(b.const(0.0, w), w))
    root = b.sqrt(w)
    centre = poly(b, b.sub(w, b.const(2.5, w)), tables.ERFINV_CENTRE)
    tail = poly(b, b.sub(root, b.const(3.0, w)), tables.ERFINV_TAIL)
    ratio = b.select(b.lt(w, b.const(5.0, w)), centre, tail)
    if not short:
        far = poly(b, b.sub(root, b.const(5.0, w)), tables.ERFINV_FAR)
        ratio = b.select(b.lt(w, b.const(16.7, w)), ratio, far)
    result = b.mul(ratio, size)
    if not short:
        result = _refine_erfinv(b, size, result)
    edge = b.select(b.eq(size, one), b.const(math.inf, x), b.const(math.nan, x))
    result = b.copysign(b.select(inside, result, edge), x)
    return b.select(b.eq(x, b.const(0.0, x)), x, result)


def _refine_erfinv(b: Builder, size: Value, r: Value) -> Value:
    one = b.const(1.0, r)
    small = b.lt(size, b.const(0.5, r))
    error = b.select(
        small,
        b.sub(_erf_core(b, r, short=False), size),
        b.sub(b.sub(one, size), erfc(b, r)),
    )
    slope = b.mul(exp_of_negative(b, b.neg(b.mul(r, r))), b.const(2 / math.sqrt(math.pi), r))
    step = b.div(error, slope)
    # Halley's correction: erf'' / erf' = -2 r.
    return b.sub(r, b.div(step, b.fma(r, step, one)))


# --- gamma functions --------------------------------------------------------------------------

_SHIFT = 8
# B(2k) / (2k (2k - 1)) for lgamma, DLMF 5.11.1; B(2k) / 2k for digamma, DLMF 5.11.2.
_STIRLING = (
    1 / 12,
    -1 / 360,
    1 / 1260,
    -1 / 1680,
    1 / 1188,
    -691 / 360360,
    1 / 156,
    -3617 / 122400,
)
_DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)


@in_double
def lgamma(b: Builder, x: Value, short: bool) -> Value:
    """log |gamma(x)|, inf at the poles.

    Recurrence to beyond 8, then Stirling's series; below 1/2 by reflection. float64 is accurate at
    the zeros 1 and 2; at those on the negative axis the error is absolute, some 1e-15.
    """
    half, one, zero = b.const(0.5, x), b.const(1.0, x), b.const(0.0, x)
    infinity = b.const(math.inf, x)
    reflect = b.lt(x, half)
    z = b.select(reflect, b.sub(one, x), x)
    z = b.select(b.lt(z, b.const(1e306, x)), z, one)
    value = _lgamma_positive(b, z)
    if short:
        root = b.or_(b.eq(z, one), b.eq(z, b.const(2.0, x)))
        value = b.select(root, zero, value)
    else:
        value = b.select(b.lt(z, b.const(2.5, x)), _lgamma_at_roots(b, z), value)
    # log(pi / |sin(pi x)|) - lgamma(1 - x), DLMF 5.5.3.
    turned = b.mul(b.sub(x, b.rint(x)), b.const(math.pi, x))
    sine = b.abs(sin(b, turned))
    pole = b.and_(b.le(x, zero), b.eq(b.rint(x), x))
    log_sine = log_of(b, b.select(b.gt(sine, zero), sine, one))
    mirrored = b.sub(b.sub(b.const(math.log(math.pi), x), log_sine), value)
    value = b.select(reflect, mirrored, value)
    value = b.select(b.or_(pole, b.ge(b.abs(x), b.const(1e306, x))), infinity, value)
    return b.select(b.ne(x, x), x, value)


def _lgamma_positive(b: Builder, z: Value) -> Value:
    """Stirling's series for z >= 1/2, after a recurrence where z < 8."""
    half, one = b.const(0.5, z), b.const(1.0, z)
    small = b.lt(z, b.const(float(_SHIFT), z))
    product = z
    for k in range(1, _SHIFT):
        product = b.mul(product, b.add(z, b.const(float(k), z)))
    large = b.select(small, b.add(z, b.const(float(_SHIFT), z)), z)
    inverse = b.div(one, large)
    series = b.mul(inverse, poly(b, b.mul(inverse, inverse), _STIRLING))
    logarithm = log_of(b, large)
    value = b.fma(b.sub(large, half), b.sub(logarithm, one), b.add(series, b.const(_LOG_TERM, z)))
    return b.sub(value, log_of(b, b.select(small, product, one)))


def _lgamma_at_roots(b: Builder, z: Value) -> Value:
    """lgamma for z in [1/2, 5/2] from its series at 2; lgamma(z) = lgamma(z + 1) - log z."""
    below = b.lt(z, b.const(1.5, z))
    t = b.sub(z, b.select(below, b.const(1.0, z), b.const(2.0, z)))
    value = b.mul(t, poly(b, t, tables.LGAMMA_AT_2))
    # z = 1 + t exactly, so no log1p is needed.
    logarithm = log_of(b, b.select(below, z, b.const(1.0, z)))
    return b.sub(value, logarithm)


_LOG_TERM = 0.5 * math.log(2 * math.pi) - 0.5
"""(z - 1/2) log z - z + log(2 pi) / 2 = (z - 1/2) (log z - 1) + this."""


@in_double
def digamma(b: Builder, x: Value, short: bool) -> Value:
    """The logarithmic derivative of gamma; NaN at the poles, inf at infinity."""
    half, one, zero = b.const(0.5, x), b.const(1.0, x), b.const(0.0, x)
    reflect = b.lt(x, half)
    z = b.select(reflect, b.sub(one, x), x)
    small = b.lt(z, b.const(float(_SHIFT), x))
    total = zero
    for k in range(_SHIFT):
        total = b.add(total, b.div(one, b.add(z, b.const(float(k), z))))
    large = b.select(small, b.add(z, b.const(float(_SHIFT), z)), z)
    inverse = b.div(one, large)
    square = b.mul(inverse, inverse)
    series = b.fma(
        b.mul(square, poly(b, square, _DIGAMMA)), b.const(-1.0, z), b.mul(inverse, b.const(-0.5, z))
    )
    finite = b.lt(large, b.const(math.inf, x))
    value = b.add(log_of(b, b.select(finite, large, one)), series)
    value = b.sub(value, b.select(small, total, zero))
    # digamma(1 - x) - pi / tan(pi x), DLMF 5.5.4.
    turned = b.mul(b.sub(x, b.rint(x)), b.const(math.pi, x))
    value = b.select(reflect, b.sub(value, b.div(b.const(math.pi, x), tan(b, turned))), value)
    pole = b.and_(b.le(x, zero), b.eq(b.rint(x), x))
    value = b.select(pole, b.const(math.nan, x), value)
    value = b.select(b.eq(x, b.const(math.inf, x)), x, value)
    return b.select(b.ne(x, x), x, value)
