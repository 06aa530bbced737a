"""``keras.ops``: functions of one or two tensors, element by element."""

from __future__ import annotations

import math as _math
from collections.abc import Callable
from typing import Any

from caudal import math, ops
from caudal.errors import DTypeError
from caudal.keras.ops.promotion import (
    boolean,
    cast,
    cast_value,
    common,
    floating,
    floats,
    numeric,
    tensor,
)


def _unary(name: str, op: Any, doc: str, read: Callable[[Any], Any] = floating) -> Any:
    def apply(x: Any) -> Any:
        return op(read(x))

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


def _binary(name: str, op: Any, doc: str, read: Callable[..., Any] = common) -> Any:
    def apply(x1: Any, x2: Any) -> Any:
        return op(*read(x1, x2))

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


# --- of one tensor ----------------------------------------------------------------------------

exp = _unary("exp", ops.exp, "e to the power of x.")
expm1 = _unary("expm1", ops.expm1, "exp(x) - 1, accurate near 0.")
log = _unary("log", ops.log, "The natural logarithm.")
log1p = _unary("log1p", ops.log1p, "log(1 + x), accurate near 0.")
sqrt = _unary("sqrt", ops.sqrt, "The square root; NaN below 0.")
rsqrt = _unary("rsqrt", ops.rsqrt, "1 / sqrt(x).")
sin = _unary("sin", ops.sin, "The sine of radians.")
cos = _unary("cos", ops.cos, "The cosine of radians.")
tan = _unary("tan", ops.tan, "The tangent of radians.")
arcsin = _unary("arcsin", ops.asin, "The inverse sine, in radians.")
arccos = _unary("arccos", ops.acos, "The inverse cosine, in radians.")
arctan = _unary("arctan", ops.atan, "The inverse tangent, in radians.")
sinh = _unary("sinh", ops.sinh, "The hyperbolic sine.")
cosh = _unary("cosh", ops.cosh, "The hyperbolic cosine.")
tanh = _unary("tanh", ops.tanh, "The hyperbolic tangent.")
arcsinh = _unary("arcsinh", ops.asinh, "The inverse hyperbolic sine.")
arccosh = _unary("arccosh", ops.acosh, "The inverse hyperbolic cosine.")
arctanh = _unary("arctanh", ops.atanh, "The inverse hyperbolic tangent.")
erf = _unary("erf", ops.erf, "The error function.")
erfc = _unary("erfc", ops.erfc, "1 - erf(x), accurate for large x.")
erfinv = _unary("erfinv", ops.erfinv, "The inverse of erf, on (-1, 1).")
floor = _unary("floor", ops.floor, "The greatest whole number that is not above x, as a float.")
ceil = _unary("ceil", ops.ceil, "The least whole number that is not below x, as a float.")
negative = _unary("negative", ops.neg, "-x.", tensor)
sign = _unary("sign", ops.sign, "-1, 0 or 1 (NaN for NaN).", tensor)
logical_not = _unary("logical_not", ops.bit_not, "Where x is 0 or False.", boolean)
bitwise_not = _unary("bitwise_not", ops.bit_not, "All bits turned over.", tensor)
isnan = _unary("isnan", ops.is_nan, "Where x is NaN, as bool.")
isinf = _unary("isinf", ops.is_inf, "Where x is infinite, as bool.")
isfinite = _unary("isfinite", ops.is_finite, "Where x is neither infinite nor NaN.")
real = _unary("real", math.real, "The real part.", tensor)
imag = _unary("imag", math.imag, "The imaginary part.", tensor)
conj = _unary("conj", math.conj, "The complex conjugate.", tensor)


def abs(x: Any) -> Any:
    """The absolute value."""
    x = tensor(x)
    return x if x.dtype.is_bool else ops.abs(x)


absolute = abs


def fabs(x: Any) -> Any:
    """The absolute value, as a float."""
    return ops.abs(floating(x))


def trunc(x: Any) -> Any:
    """The whole part; integers stay."""
    x = tensor(x)
    return ops.trunc(x) if x.dtype.is_floating else x


def round(x: Any, decimals: int = 0) -> Any:
    """Rounded to ``decimals`` places, halves to even; integers stay.

    >>> round([0.5, 1.5, 2.346], 2).numpy().astype("float64").round(3).tolist()
    [0.5, 1.5, 2.35]
    """
    x = tensor(x)
    if not x.dtype.is_floating:
        if decimals >= 0:
            return x
        scaled = ops.round(cast(x, "float32") * 10.0**decimals) * 10.0**-decimals
        return cast(scaled, x.dtype)
    if decimals == 0:
        return ops.round(x)
    return ops.round(x * float(10.0**decimals)) / float(10.0**decimals)


def square(x: Any) -> Any:
    """``x * x``; of bools, int32."""
    x = numeric(x)
    return ops.mul(x, x)


def reciprocal(x: Any) -> Any:
    """``1 / x``."""
    x = floating(x)
    return ops.div(cast_value(1, x.dtype), x)


def log2(x: Any) -> Any:
    """The logarithm to base 2."""
    return ops.log(floating(x)) * (1.0 / _math.log(2.0))


def log10(x: Any) -> Any:
    """The logarithm to base 10."""
    return ops.log(floating(x)) * (1.0 / _math.log(10.0))


def exp2(x: Any) -> Any:
    """2 to the power of x."""
    return ops.exp(floating(x) * _math.log(2.0))


def cbrt(x: Any) -> Any:
    """The cube root, also of negative numbers."""
    x = floating(x)
    return ops.sign(x) * ops.pow(ops.abs(x), cast_value(1 / 3, x.dtype))


def deg2rad(x: Any) -> Any:
    """Degrees to radians."""
    return floating(x) * (_math.pi / 180.0)


def rad2deg(x: Any) -> Any:
    """Radians to degrees."""
    return floating(x) * (180.0 / _math.pi)


def sinc(x: Any) -> Any:
    """``sin(pi x) / (pi x)``, and 1 at 0."""
    x = floating(x)
    zero = ops.equal(x, cast_value(0, x.dtype))
    one = cast_value(1, x.dtype)
    turned = ops.select(zero, one, x) * _math.pi
    return ops.select(zero, one, ops.div(ops.sin(turned), turned))


def signbit(x: Any) -> Any:
    """Where the sign is minus."""
    x = tensor(x)
    if x.dtype.is_bool:
        return ops.bit_and(x, ops.bit_not(x))
    below = ops.less(x, cast_value(0, x.dtype))
    if not x.dtype.is_floating:
        return below
    # -0.0 is the zero whose reciprocal is below 0.
    inverse = ops.div(cast_value(1, x.dtype), x)
    return ops.bit_or(below, ops.less(inverse, cast_value(0, x.dtype)))


def isposinf(x: Any) -> Any:
    """Where x is plus infinity."""
    x = floating(x)
    return ops.equal(x, cast_value(float("inf"), x.dtype))


def isneginf(x: Any) -> Any:
    """Where x is minus infinity."""
    x = floating(x)
    return ops.equal(x, cast_value(float("-inf"), x.dtype))


def angle(x: Any) -> Any:
    """The argument of complex numbers: pi of negative real ones."""
    return math.angle(floating(x))


def nan_to_num(x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """NaN replaced by ``nan``, and infinities by numbers: the dtype's extremes by default."""
    x = tensor(x)
    if not x.dtype.is_floating:
        return x
    high = x.dtype.max if posinf is None else posinf
    low = x.dtype.min if neginf is None else neginf
    x = ops.select(ops.is_nan(x), cast_value(float(nan), x.dtype), x)
    x = ops.select(isposinf(x), cast_value(float(high), x.dtype), x)
    return ops.select(isneginf(x), cast_value(float(low), x.dtype), x)


# --- of two tensors ---------------------------------------------------------------------------

equal = _binary("equal", ops.equal, "Where x1 == x2.")
not_equal = _binary("not_equal", ops.not_equal, "Where x1 != x2.")
less = _binary("less", ops.less, "Where x1 < x2.")
less_equal = _binary("less_equal", ops.less_equal, "Where x1 <= x2.")
greater = _binary("greater", ops.greater, "Where x1 > x2.")
greater_equal = _binary("greater_equal", ops.greater_equal, "Where x1 >= x2.")
arctan2 = _binary("arctan2", ops.atan2, "The angle of the point (x2, x1).", floats)


def _next_after(x1: Any, x2: Any) -> Any:
    """Short floats by way of float32, as TensorFlow has no steps of their own."""
    if x1.dtype.size >= 4:
        return ops.nextafter(x1, x2)
    wide = ops.nextafter(cast(x1, "float32"), cast(x2, "float32"))
    return cast(wide, x1.dtype)


nextafter = _binary("nextafter", _next_after, "The next number after x1 towards x2.", floats)
divide = _binary("divide", ops.div, "x1 / x2, in floats.", floats)
divide_no_nan = _binary(
    "divide_no_nan", math.divide_no_nan, "x1 / x2, and 0 where x2 is 0.", floats
)


def true_divide(x1: Any, x2: Any) -> Any:
    """``x1 / x2``, in floats."""
    return ops.div(*floats(x1, x2))


def _truths(x: Any, y: Any) -> list[Any]:
    return [boolean(x), boolean(y)]


logical_and = _binary("logical_and", ops.bit_and, "Where both hold.", _truths)
logical_or = _binary("logical_or", ops.bit_or, "Where one of them holds, or both.", _truths)
logical_xor = _binary("logical_xor", ops.bit_xor, "Where exactly one holds.", _truths)


def _integers(x: Any, y: Any) -> list[Any]:
    found = common(x, y)
    if found[0].dtype.is_floating or found[0].dtype.is_complex:
        raise DTypeError(
            "keras.ops: bitwise operations need integers or bools, received {received}.",
            received=found[0].dtype.name,
        )
    return found


def _bitwise(name: str, op: Callable[[Any, Any], Any], doc: str) -> Callable[[Any, Any], Any]:
    def apply(x: Any, y: Any) -> Any:
        return op(*_integers(x, y))

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


bitwise_and = _bitwise("bitwise_and", ops.bit_and, "The bits set in both.")
bitwise_or = _bitwise("bitwise_or", ops.bit_or, "The bits set in one, or both.")
bitwise_xor = _bitwise("bitwise_xor", ops.bit_xor, "The bits set in exactly one.")
left_shift = _bitwise("left_shift", ops.shift_left, "x * 2**y, by bits.")
right_shift = _bitwise("right_shift", ops.shift_right, "x // 2**y, by bits.")


def add(x1: Any, x2: Any) -> Any:
    """``x1 + x2``; of bools, whether one holds.

    >>> add([1, 2], 0.5).numpy().tolist()
    [1.5, 2.5]
    """
    x, y = common(x1, x2)
    return ops.bit_or(x, y) if x.dtype.is_bool else ops.add(x, y)


def subtract(x1: Any, x2: Any) -> Any:
    """``x1 - x2``."""
    return ops.sub(*common(x1, x2))


def multiply(x1: Any, x2: Any) -> Any:
    """``x1 * x2``; of bools, whether both hold."""
    x, y = common(x1, x2)
    return ops.bit_and(x, y) if x.dtype.is_bool else ops.mul(x, y)


def _numbers(x: Any, y: Any) -> list[Any]:
    return [numeric(value) for value in common(x, y)]


floor_divide = _binary("floor_divide", ops.floor_div, "The floor of x1 / x2.", _numbers)
mod = _binary("mod", ops.floor_mod, "x1 - x2 * floor(x1 / x2).", _numbers)
fmod = _binary("fmod", ops.trunc_mod, "The remainder with the sign of x1.", _numbers)


def power(x1: Any, x2: Any) -> Any:
    """``x1 ** x2``."""
    return ops.pow(*(numeric(value) for value in common(x1, x2)))


def maximum(x1: Any, x2: Any) -> Any:
    """The greater of two; NaN if one is."""
    x, y = common(x1, x2)
    return ops.bit_or(x, y) if x.dtype.is_bool else ops.maximum(x, y)


def minimum(x1: Any, x2: Any) -> Any:
    """The smaller of two; NaN if one is."""
    x, y = common(x1, x2)
    return ops.bit_and(x, y) if x.dtype.is_bool else ops.minimum(x, y)


def _skipping(op: Any, x: Any, y: Any) -> Any:
    x, y = common(x, y)
    if not x.dtype.is_floating:
        return op(x, y)
    return ops.select(ops.is_nan(x), y, ops.select(ops.is_nan(y), x, op(x, y)))


def fmax(x1: Any, x2: Any) -> Any:
    """The greater of two; a NaN gives way to a number."""
    return _skipping(maximum, x1, x2)


def fmin(x1: Any, x2: Any) -> Any:
    """The smaller of two; a NaN gives way to a number."""
    return _skipping(minimum, x1, x2)


def hypot(x1: Any, x2: Any) -> Any:
    """``sqrt(x1**2 + x2**2)``, without overflow."""
    x, y = (ops.abs(value) for value in floats(x1, x2))
    high, low = ops.maximum(x, y), ops.minimum(x, y)
    ratio = math.divide_no_nan(low, high)
    return high * ops.sqrt(ratio * ratio + 1.0)


def logaddexp(x1: Any, x2: Any) -> Any:
    """``log(exp(x1) + exp(x2))``, without overflow."""
    x, y = floats(x1, x2)
    apart = x - y
    summed = ops.maximum(x, y) + ops.log1p(ops.exp(-ops.abs(apart)))
    # Equal infinities have no difference.
    return ops.select(ops.is_nan(apart), x + y, summed)


def logaddexp2(x1: Any, x2: Any) -> Any:
    """``log2(2**x1 + 2**x2)``."""
    base = _math.log(2.0)
    x, y = floats(x1, x2)
    return logaddexp(x * base, y * base) * (1.0 / base)


def heaviside(x1: Any, x2: Any) -> Any:
    """0 below 0, 1 above, ``x2`` at 0."""
    x, y = floats(x1, x2)
    zero, one = cast_value(0, x.dtype), cast_value(1, x.dtype)
    return ops.select(ops.less(x, zero), zero, ops.select(ops.greater(x, zero), one, y))


def ldexp(x1: Any, x2: Any) -> Any:
    """``x1 * 2**x2``."""
    x = floating(x1)
    return x * cast(ops.pow(cast_value(2, "float32"), cast_value(x2, "float32")), x.dtype)


def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """x kept between two bounds; None is no bound.

    >>> clip([1, 5, 9], 2, 6).numpy().tolist()
    [2, 5, 6]
    """
    x = numeric(x)
    if x_min is not None:
        x = maximum(x, x_min)
    return x if x_max is None else minimum(x, x_max)


def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Where ``abs(x1 - x2) <= atol + rtol * abs(x2)``."""
    x, y = floats(x1, x2)
    near = ops.abs(x - y) <= ops.abs(y) * float(rtol) + float(atol)
    found = ops.bit_or(ops.equal(x, y), ops.bit_and(near, ops.is_finite(y)))
    if not equal_nan:
        return found
    return ops.bit_or(found, ops.bit_and(ops.is_nan(x), ops.is_nan(y)))


def allclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether all elements are close."""
    return math.reduce_all(isclose(x1, x2, rtol, atol, equal_nan))
