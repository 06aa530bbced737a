"""The elementary functions on vector lanes: Caudal's own polynomials, no library calls.

``TABLE[name](b, *xs)`` writes a function with the Builder ``b`` for float32 or float64 lanes.
float32 is within 2.1 units in the last place over all inputs, float64 within about 4 (docs/
accuracy.md has the measured errors); NaN, infinities, signed zeros, subnormals and overflow are
those of the C library. The coefficients are made by tools/fit_polynomials.py.
"""

from __future__ import annotations

import math

from caudal.codegen.builder import Builder, Value
from caudal.codegen.vecmath_core import (
    Function,
    exp_of,
    exp_of_negative,
    exp_parts,
    expm1_of,
    format_of,
    in_double,
    log_of,
    log_of_parts,
    log_special,
    log_tail,
    mostly,
    power_of_two,
)
from caudal.codegen.vecmath_power import pow
from caudal.codegen.vecmath_special import digamma, erf, erfc, erfinv, lgamma
from caudal.codegen.vecmath_trig import acos, asin, atan, atan2, cos, sin, tan

# --- exponentials -----------------------------------------------------------------------------


def exp(b: Builder, x: Value) -> Value:
    """e to the power of x."""
    return exp_of(b, x)


def exp_negative(b: Builder, x: Value) -> Value:
    """e to the power of x <= 0."""
    return exp_of_negative(b, x)


@in_double
def exp2(b: Builder, x: Value, short: bool) -> Value:
    """2 to the power of x."""
    x = b.fmin(b.const(1100.0, x), x)
    x = b.fmax(b.const(-1100.0, x), x)
    n = b.rint(x)
    # In parts: the product with the first part of ln 2 is exact for an integer.
    high, low = format_of(x).ln2
    fraction = b.sub(x, n)
    rest = b.mul(fraction, b.const(math.log(2), x))
    whole = b.mul(n, b.const(high, x))
    return exp_of(b, b.add(whole, rest), _lost(b, whole, rest, b.mul(n, b.const(low, x))))


def _lost(b: Builder, whole: Value, rest: Value, extra: Value) -> Value:
    """What whole + rest loses in rounding, for |whole| >= |rest| or whole = 0, and ``extra``."""
    total = b.add(whole, rest)
    return b.add(b.sub(rest, b.sub(total, whole)), extra)


def expm1(b: Builder, x: Value) -> Value:
    """exp(x) - 1."""
    return mostly(b, x, 2.0 ** -(format_of(x).mantissa + 2), expm1_of(b, x))


def sigmoid(b: Builder, x: Value) -> Value:
    """1 / (1 + exp(-x)), with neither overflow nor a rounded exponential.

    With exp(-x) = 2**n (1 + q) and h = n // 2: 2**-h / (2**-h + 2**(n - h) + 2**(n - h) q), where
    both powers are normal numbers.
    """
    f = format_of(x)
    # This order of operands lets NaN through.
    x = b.fmin(b.const(-f.exp_low, x), x)
    x = b.fmax(b.const(f.exp_low, x), x)
    q, _, raised = exp_parts(b, b.neg(x))
    half = b.and_(b.ashr(raised, b.const(1, raised)), b.const(-1 << f.mantissa, raised))
    bits = b.sub(b.const(f.bias << f.mantissa, raised), half)
    top, rest = b.bitcast(bits, x.dtype), b.bitcast(b.add(bits, raised), x.dtype)
    return b.div(top, b.add(b.fma(rest, q, top), rest))


# --- logarithms -------------------------------------------------------------------------------


def log(b: Builder, x: Value) -> Value:
    """Natural logarithm."""
    return log_special(b, x, log_of(b, x))


def log2(b: Builder, x: Value) -> Value:
    """Logarithm to base 2; exact for powers of two."""
    return log_special(b, x, log_of(b, x, 1 / math.log(2)))


def log1p(b: Builder, x: Value) -> Value:
    """log(1 + x): what 1 + x loses in rounding is added to its mantissa.

    A positive 1 + x is never subnormal, so its exponent is read off without care for that.
    """
    f, one = format_of(x), b.const(1.0, x)
    u = b.add(one, x)
    back = b.sub(u, x)
    lost = b.add(b.sub(x, b.sub(u, back)), b.sub(one, back))
    bits = b.bitcast(u, f.integer)
    raised = b.and_(b.sub(bits, b.const(f.sqrt_half, bits)), b.const(-1 << f.mantissa, bits))
    exponent = b.convert(b.ashr(raised, b.const(f.mantissa, bits)), x.dtype)
    m = b.bitcast(b.sub(bits, raised), x.dtype)
    # 2**-exponent, or 0 for the greatest numbers, where what is lost no longer counts.
    turned = b.sub(b.const(f.bias << f.mantissa, bits), raised)
    inverse = b.bitcast(b.fmax(turned, b.const(0, bits)), x.dtype)
    s = b.fma(lost, inverse, b.sub(m, one))
    result = log_special(b, u, log_of_parts(b, exponent, s))
    return mostly(b, x, 2.0 ** -(f.mantissa + 2), result)


def log1p_unit(b: Builder, x: Value) -> Value:
    """log(1 + x) for 0 <= x <= 1: (1 + x) / 2 - 1 is (x - 1) / 2, so 1 + x is never rounded."""
    f = format_of(x)
    large = b.gt(x, b.const(math.sqrt(2) - 1, x))
    # Adding -0 keeps every sign.
    half, zero = b.const(0.5, x), b.const(-0.0, x)
    s = b.select(large, b.fma(x, half, b.const(-0.5, x)), x)
    tail = b.add(log_tail(b, s), b.select(large, b.const(f.ln2[1], x), zero))
    return b.add(b.add(s, tail), b.select(large, b.const(f.ln2[0], x), zero))


# --- hyperbolic functions ---------------------------------------------------------------------


def tanh(b: Builder, x: Value) -> Value:
    """Hyperbolic tangent: (1 - e) / (1 + e) with e = exp(-2|x|) = s (1 + q), never rounded."""
    f, one = format_of(x), b.const(1.0, x)
    double = b.fmax(b.const(f.minus_one, x), b.mul(b.abs(x), b.const(-2.0, x)))
    q, _, raised = exp_parts(b, double)
    s = power_of_two(b, raised, x, 0)
    top, bottom = b.fma(s, q, b.sub(s, one)), b.fma(s, q, b.add(s, one))
    return b.copysign(b.div(top, bottom), x)


def _half_square(b: Builder, size: Value) -> Value:
    """exp(size) / 2 without early overflow."""
    root = exp_of(b, b.mul(size, b.const(0.5, size)))
    return b.mul(b.mul(root, b.const(0.5, size)), root)


@in_double
def sinh(b: Builder, x: Value, short: bool) -> Value:
    """Hyperbolic sine."""
    size = b.abs(x)
    t = expm1_of(b, size)
    near = b.mul(b.add(t, b.div(t, b.add(t, b.const(1.0, x)))), b.const(0.5, x))
    result = b.select(b.gt(size, b.const(22.0, x)), _half_square(b, size), near)
    return mostly(b, x, format_of(x).tiny, b.copysign(result, x))


@in_double
def cosh(b: Builder, x: Value, short: bool) -> Value:
    """Hyperbolic cosine."""
    size = b.abs(x)
    e = exp_of(b, size)
    half = b.const(0.5, x)
    near = b.fma(e, half, b.div(half, e))
    return b.select(b.gt(size, b.const(22.0, x)), _half_square(b, size), near)


@in_double
def asinh(b: Builder, x: Value, short: bool) -> Value:
    """Inverse hyperbolic sine."""
    size, one = b.abs(x), b.const(1.0, x)
    square = b.mul(size, size)
    root = b.sqrt(b.add(square, one))
    near = log1p(b, b.add(size, b.div(square, b.add(root, one))))
    far = b.add(log(b, size), b.const(math.log(2), x))
    result = b.select(b.gt(size, b.const(2.0**28, x)), far, near)
    return mostly(b, x, format_of(x).tiny, b.copysign(result, x))


@in_double
def acosh(b: Builder, x: Value, short: bool) -> Value:
    """Inverse hyperbolic cosine; NaN below 1."""
    t = b.sub(x, b.const(1.0, x))
    near = log1p(b, b.add(t, b.sqrt(b.fma(t, t, b.add(t, t)))))
    far = b.add(log(b, x), b.const(math.log(2), x))
    result = b.select(b.gt(x, b.const(2.0**28, x)), far, near)
    return b.select(b.lt(x, b.const(1.0, x)), b.const(math.nan, x), result)


@in_double
def atanh(b: Builder, x: Value, short: bool) -> Value:
    """Inverse hyperbolic tangent; NaN outside [-1, 1]."""
    size, half = b.abs(x), b.const(0.5, x)
    inner = b.div(b.add(size, size), b.sub(b.const(1.0, x), size))
    result = b.mul(log1p(b, inner), half)
    return mostly(b, x, format_of(x).tiny, b.copysign(result, x))


def rsqrt(b: Builder, x: Value) -> Value:
    """1 / sqrt(x)."""
    return b.div(b.const(1.0, x), b.sqrt(x))


TABLE: dict[str, Function] = {
    "acos": acos,
    "acosh": acosh,
    "asin": asin,
    "asinh": asinh,
    "atan": atan,
    "atan2": atan2,
    "atanh": atanh,
    "cos": cos,
    "cosh": cosh,
    "digamma": digamma,
    "erf": erf,
    "erfc": erfc,
    "erfinv": erfinv,
    "exp": exp,
    "exp2": exp2,
    "exp_negative": exp_negative,
    "expm1": expm1,
    "lgamma": lgamma,
    "log": log,
    "log1p": log1p,
    "log1p_unit": log1p_unit,
    "log2": log2,
    "pow": pow,
    "rsqrt": rsqrt,
    "sigmoid": sigmoid,
    "sin": sin,
    "sinh": sinh,
    "tan": tan,
    "tanh": tanh,
}
"""Every function by the name that ``b.math`` takes."""
