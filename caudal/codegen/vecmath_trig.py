"""Circular functions and their inverses on vector lanes.

float32 is computed in float64 lanes throughout. Arguments are reduced by Cody and Waite's
subtraction of pi/2 in three parts, good in float64 up to about 1e9 (beyond, digits are lost; past
1e15 the results are only bounded), and for large float32 by Payne and Hanek's multiplication
with the bits of 2/pi, so that float32 is right over its whole range.
"""

from __future__ import annotations

import math

from caudal.codegen import vecmath_tables as tables
from caudal.codegen.builder import Builder, Value
from caudal.codegen.vecmath_core import (
    flip_sign,
    format_of,
    in_double,
    mostly,
    odd_poly,
    poly,
)
from caudal.ir.dtypes import int64, uint64

_LARGE = 2.0**18


def _reduce(b: Builder, x: Value) -> tuple[Value, Value]:
    """(r, n) with x = r + n pi/2, |r| <= pi/4; only n's low bits count."""
    f = format_of(x)
    t = b.fma(x, b.const(2 / math.pi, x), b.const(f.magic, x))
    n = b.sub(t, b.const(f.magic, x))
    r = x
    for part in tables.HALF_PI:
        r = b.fma(n, b.const(-part, x), r)
    return r, b.bitcast(t, int64)


def _reduce_large(b: Builder, x: Value) -> tuple[Value, Value]:
    """The same for the float64 value of a float32 at or beyond 2**18 (Payne and Hanek, 1983).

    x = m 2**(shift - 5) with m of 24 bits. The product of m with the right 96 bits of 2/pi, modulo
    4, is a fixed-point number of quarter turns: 2 bits before the point, 62 after.
    """
    bits = b.bitcast(x, uint64)
    exponent = b.and_(b.lshr(bits, b.const(52, bits)), b.const(0x7FF, bits))
    significand = b.and_(bits, b.const((1 << 52) - 1, bits))
    m = b.lshr(b.or_(significand, b.const(1 << 52, bits)), b.const(29, bits))
    # Infinities and NaN land in range too; the caller replaces their result.
    shift = b.sub(exponent, b.const(1023 + 18, bits))
    shift = b.and_(shift, b.const(127, bits))
    word, offset = b.lshr(shift, b.const(5, bits)), b.and_(shift, b.const(31, bits))
    pairs = [tables.TWO_OVER_PI[k] << 32 | tables.TWO_OVER_PI[k + 1] for k in range(6)]
    parts = []
    for part in range(3):
        pair = b.const(pairs[part + 3], bits)
        for k in (2, 1, 0):
            pair = b.select(b.eq(word, b.const(k, bits)), b.const(pairs[part + k], bits), pair)
        parts.append(b.lshr(b.shl(pair, offset), b.const(32, bits)))
    high, middle, low = (b.mul(m, part) for part in parts)
    half = b.const(32, bits)
    turns = b.add(b.add(b.shl(high, half), middle), b.lshr(low, half))
    n = b.lshr(b.add(turns, b.const(1 << 61, bits)), b.const(62, bits))
    rest = b.bitcast(b.sub(turns, b.shl(n, b.const(62, bits))), int64)
    r = b.mul(b.convert(rest, x.dtype), b.const(math.pi / 2 * 2.0**-62, x))
    negative = b.lt(x, b.const(0.0, x))
    n = b.bitcast(n, int64)
    return flip_sign(b, r, negative), b.select(negative, b.sub(b.const(0, n), n), n)


def _circle(b: Builder, x: Value, short: bool) -> tuple[Value, Value, Value]:
    """(sin r, cos r, n) of the reduced argument."""
    r, n = _reduce(b, x)
    if short:
        large = b.ge(b.abs(x), b.const(_LARGE, x))
        far_r, far_n = _reduce_large(b, x)
        r, n = b.select(large, far_r, r), b.select(large, far_n, n)
    else:
        # Of a huge float64 nothing is left after the reduction: stay within bounds.
        one = b.const(1.0, r)
        r = b.fmax(b.neg(one), b.fmin(one, r))
    z = b.mul(r, r)
    sine = odd_poly(b, r, z, tables.SIN32 if short else tables.SIN64)
    tail = b.mul(b.mul(z, z), poly(b, z, tables.COS32 if short else tables.COS64))
    half = b.mul(z, b.const(0.5, z))
    near = b.sub(b.const(1.0, z), half)
    # What 1 - z/2 lost in rounding comes back into the tail.
    lost = b.sub(b.sub(b.const(1.0, z), near), half)
    return sine, b.add(near, b.add(tail, lost)), n


def _bit(b: Builder, n: Value, position: int) -> Value:
    mask = b.const(1 << position, n)
    return b.ne(b.and_(n, mask), b.const(0, n))


def _finite_only(b: Builder, x: Value, result: Value) -> Value:
    inside = b.lt(b.abs(x), b.const(math.inf, x))
    return b.select(inside, result, b.const(math.nan, x))


@in_double
def sin(b: Builder, x: Value, short: bool) -> Value:
    """Sine."""
    sine, cosine, n = _circle(b, x, short)
    result = flip_sign(b, b.select(_bit(b, n, 0), cosine, sine), _bit(b, n, 1))
    return mostly(b, x, format_of(x).tiny, _finite_only(b, x, result))


@in_double
def cos(b: Builder, x: Value, short: bool) -> Value:
    """Cosine."""
    sine, cosine, n = _circle(b, x, short)
    n = b.add(n, b.const(1, n))
    result = flip_sign(b, b.select(_bit(b, n, 0), cosine, sine), _bit(b, n, 1))
    return _finite_only(b, x, result)


@in_double
def tan(b: Builder, x: Value, short: bool) -> Value:
    """Tangent."""
    sine, cosine, n = _circle(b, x, short)
    odd = _bit(b, n, 0)
    quotient = b.div(b.select(odd, cosine, sine), b.select(odd, sine, cosine))
    result = flip_sign(b, quotient, odd)
    return mostly(b, x, format_of(x).tiny, _finite_only(b, x, result))


# --- inverses ---------------------------------------------------------------------------------


def _arctangent(b: Builder, top: Value, bottom: Value, short: bool) -> Value:
    """atan(top / bottom) for 0 <= top, 0 < bottom: the quotient is brought below tan(pi/8)."""
    steep = b.gt(top, b.mul(bottom, b.const(math.tan(3 * math.pi / 8), top)))
    middle = b.gt(top, b.mul(bottom, b.const(math.tan(math.pi / 8), top)))
    over = b.select(steep, b.neg(bottom), b.select(middle, b.sub(top, bottom), top))
    under = b.select(steep, top, b.select(middle, b.add(top, bottom), bottom))
    t = b.div(over, under)
    zero = b.const(0.0, t)
    base = b.select(middle, b.const(math.pi / 4, t), zero)
    base = b.select(steep, b.const(math.pi / 2, t), base)
    z = b.mul(t, t)
    curve = b.mul(b.mul(t, z), poly(b, z, tables.ATAN32 if short else tables.ATAN64))
    if not short:
        # pi/2 - its float64, and half of that for pi/4.
        rest = b.select(middle, b.const(3.061616997868383e-17, t), zero)
        rest = b.select(steep, b.const(6.123233995736766e-17, t), rest)
        curve = b.add(curve, rest)
    return b.add(base, b.add(t, curve))


@in_double
def atan(b: Builder, x: Value, short: bool) -> Value:
    """Arc tangent."""
    size = b.abs(x)
    # Beyond it the result is pi/2 anyway, and infinity must not meet itself.
    size = b.fmin(b.const(1e300, x), size)
    result = b.copysign(_arctangent(b, size, b.const(1.0, x), short), x)
    return mostly(b, x, format_of(x).tiny, result)


@in_double
def atan2(b: Builder, y: Value, x: Value, short: bool) -> Value:
    """The angle of the point (x, y), by quadrant and signed zeros."""
    x_size, y_size = b.abs(x), b.abs(y)
    swap = b.gt(y_size, x_size)
    top, bottom = b.select(swap, x_size, y_size), b.select(swap, y_size, x_size)
    one, zero = b.const(1.0, x), b.const(0.0, x)
    # Equal sizes include two infinities and two zeros; 0/0 counts as 0.
    equal = b.eq(x_size, y_size)
    top = b.select(equal, b.select(b.eq(y_size, zero), zero, one), top)
    bottom = b.select(equal, one, bottom)
    t = b.div(top, bottom)
    angle = mostly(b, t, 2.0**-27, _arctangent(b, t, one, short))
    angle = b.select(swap, _complement(b, math.pi / 2, 6.123233995736766e-17, angle), angle)
    left = b.lt(b.copysign(one, x), zero)
    angle = b.select(left, _complement(b, math.pi, 1.2246467991473532e-16, angle), angle)
    return b.copysign(b.select(b.ne(x, x), x, b.select(b.ne(y, y), y, angle)), y)


def _complement(b: Builder, whole: float, rest: float, angle: Value) -> Value:
    return b.sub(b.const(whole, angle), b.sub(angle, b.const(rest, angle)))


def _arcsine_parts(b: Builder, x: Value, short: bool) -> tuple[Value, Value, Value, Value]:
    """(outer, s, curve, size): asin(s) = s + curve, s = |x| or, outside 1/2, sqrt((1-|x|)/2)."""
    size = b.abs(x)
    half = b.const(0.5, x)
    outer = b.gt(size, half)
    z = b.select(outer, b.mul(b.sub(b.const(1.0, x), size), half), b.mul(size, size))
    s = b.select(outer, b.sqrt(z), size)
    curve = b.mul(b.mul(s, z), poly(b, z, tables.ASIN32 if short else tables.ASIN64))
    return outer, s, curve, size


@in_double
def asin(b: Builder, x: Value, short: bool) -> Value:
    """Arc sine; NaN outside [-1, 1]."""
    outer, s, curve, _ = _arcsine_parts(b, x, short)
    inner = b.add(s, curve)
    quarter = b.const(math.pi / 4, x)
    # pi/2 - 2 asin(s), in two steps from pi/4 to keep the digits.
    rest = b.sub(b.const(6.123233995736766e-17, x), b.add(curve, curve))
    far = b.add(quarter, b.add(b.sub(quarter, b.add(s, s)), rest))
    result = b.copysign(b.select(outer, far, inner), x)
    return mostly(b, x, format_of(x).tiny, result)


@in_double
def acos(b: Builder, x: Value, short: bool) -> Value:
    """Arc cosine; NaN outside [-1, 1]."""
    outer, s, curve, _ = _arcsine_parts(b, x, short)
    negative = b.lt(x, b.const(0.0, x))
    angle = b.add(s, curve)
    double = b.add(angle, angle)
    far = b.select(negative, _complement(b, math.pi, 1.2246467991473532e-16, double), double)
    signed = flip_sign(b, curve, negative)
    near = b.sub(b.const(6.123233995736766e-17, x), signed)
    near = b.add(b.const(math.pi / 2, x), b.sub(near, flip_sign(b, s, negative)))
    return b.select(outer, far, near)
