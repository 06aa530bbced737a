"""Powers on vector lanes: x**y = exp(y log x) with the logarithm in two words."""

from __future__ import annotations

import math

from caudal.codegen import vecmath_tables as tables
from caudal.codegen.builder import Builder, Value
from caudal.codegen.vecmath_core import (
    exp_of,
    flip_sign,
    in_double,
    log_of,
    poly,
    split_exponent,
    two_product,
    two_sum,
)

_TWO_THIRDS = (2 / 3, 3.700743415417188e-17)


def _log_pair(b: Builder, x: Value) -> tuple[Value, Value]:
    """log(x), x > 0, as a sum of two float64, to about 2**-64 relative.

    With s = f / (2 + f): log(1 + f) = 2 s + (2/3) s**3 + ...; the first two terms need two words.
    """
    exponent, m = split_exponent(b, x)
    two = b.const(2.0, x)
    f = b.sub(m, b.const(1.0, x))
    bottom = b.add(f, two)
    bottom_low = b.sub(f, b.sub(bottom, two))
    s = b.div(f, bottom)
    product, error = two_product(b, s, bottom)
    remainder = b.sub(b.sub(b.sub(f, product), error), b.mul(s, bottom_low))
    s_low = b.div(remainder, bottom)
    z, z_low = two_product(b, s, s)
    z_low = b.add(z_low, b.mul(b.mul(s, s_low), two))
    cube, cube_low = two_product(b, s, z)
    cube_low = b.add(cube_low, b.add(b.mul(s, z_low), b.mul(s_low, z)))
    third = b.const(_TWO_THIRDS[0], x)
    term, term_low = two_product(b, cube, third)
    term_low = b.add(term_low, b.mul(cube_low, third))
    term_low = b.add(term_low, b.mul(cube, b.const(_TWO_THIRDS[1], x)))
    # The fitted constant term is 2/3 but for its last digits; they stay with the rest.
    rest = (tables.LOG64[0] - _TWO_THIRDS[0], *tables.LOG64[1:])
    low = b.fma(cube, poly(b, z, rest), b.add(term_low, b.add(s_low, s_low)))
    high, lost = two_sum(b, b.mul(exponent, b.const(tables.LN2_64[0], x)), b.add(s, s))
    low = b.add(low, lost)
    low = b.fma(exponent, b.const(tables.LN2_64[1], x), low)
    high, lost = two_sum(b, high, term)
    low = b.add(low, lost)
    total = b.add(high, low)
    return total, b.sub(low, b.sub(total, high))


@in_double
def pow(b: Builder, x: Value, y: Value, short: bool) -> Value:
    """x to the power of y, with the special cases of C's pow."""
    zero, one = b.const(0.0, x), b.const(1.0, x)
    infinity = b.const(math.inf, x)
    size = b.abs(x)
    ordinary = b.and_(b.gt(size, zero), b.lt(size, infinity))
    base = b.select(ordinary, size, b.const(2.0, x))
    if short:
        result = exp_of(b, b.mul(y, log_of(b, base)))
    else:
        high, low = _log_pair(b, base)
        product, error = two_product(b, y, high)
        error = b.fma(y, low, error)
        # Beyond the range of exp the correction may be NaN, and does not count.
        near = b.lt(b.abs(product), b.const(800.0, x))
        result = exp_of(b, product, b.select(near, error, zero))
    # 0 and inf: the power is one of them too, by the sign of y.
    grows = b.eq(b.gt(size, one), b.gt(y, zero))
    edge = b.select(b.eq(y, y), b.select(grows, infinity, zero), y)
    edge = b.select(b.eq(size, size), edge, x)
    result = b.select(ordinary, result, edge)
    # Signs: an odd power of a negative number; no real power otherwise.
    whole = b.eq(b.rint(y), y)
    half = b.mul(y, b.const(0.5, y))
    odd = b.and_(whole, b.ne(b.rint(half), half))
    negative = b.lt(b.copysign(one, x), zero)
    result = flip_sign(b, result, b.and_(negative, odd))
    impossible = b.and_(b.and_(b.lt(x, zero), ordinary), b.not_(whole))
    impossible = b.and_(impossible, b.eq(y, y))
    result = b.select(impossible, b.const(math.nan, x), result)
    # 1 to any power, anything to 0, and -1 to an infinite power are 1.
    unit = b.or_(b.eq(x, one), b.eq(y, zero))
    endless = b.and_(b.eq(size, one), b.eq(b.abs(y), infinity))
    return b.select(b.or_(unit, endless), one, result)
