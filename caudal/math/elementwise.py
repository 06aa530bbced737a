"""Elementwise functions of one, two or three tensors."""

from __future__ import annotations

import math as _math
from collections.abc import Callable, Sequence
from typing import Any

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    boolean,
    cast_to,
    dims,
    floating,
    numeric,
    scalar,
    unify,
)
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.ir.dtypes import float32, float64


def _unary(name: str, op: Any, doc: str, read: Callable[..., Any] = floating) -> Callable[..., Any]:
    def apply(x: Any, name: str | None = None) -> Any:
        return op(read(apply.__name__, x))

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


def _binary(
    name: str, op: Any, doc: str, check: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    def apply(x: Any, y: Any, name: str | None = None) -> Any:
        x, y = unify(apply.__name__, x, y)
        if check is not None:
            check(apply.__name__, x)
        return op(x, y)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


def _real(what: str, x: Any) -> Any:
    return floating(what, x, complex_too=False)


# --- of one tensor ----------------------------------------------------------------------------

abs = _unary("abs", ops.abs, "The absolute value; of complex numbers, the modulus.", numeric)
negative = _unary("negative", ops.neg, "-x.", numeric)
sign = _unary("sign", ops.sign, "-1, 0 or 1 (NaN for NaN).", numeric)
exp = _unary("exp", ops.exp, "e to the power of x.")
expm1 = _unary("expm1", ops.expm1, "exp(x) - 1, accurate near 0.")
log = _unary("log", ops.log, "The natural logarithm.")
log1p = _unary("log1p", ops.log1p, "log(1 + x), accurate near 0.")
sqrt = _unary("sqrt", ops.sqrt, "The square root; NaN below 0.")
rsqrt = _unary("rsqrt", ops.rsqrt, "1 / sqrt(x).")
sin = _unary("sin", ops.sin, "The sine of radians.")
cos = _unary("cos", ops.cos, "The cosine of radians.")
tan = _unary("tan", ops.tan, "The tangent of radians.")
asin = _unary("asin", ops.asin, "The inverse sine, in radians.")
acos = _unary("acos", ops.acos, "The inverse cosine, in radians.")
atan = _unary("atan", ops.atan, "The inverse tangent, in radians.")
sinh = _unary("sinh", ops.sinh, "The hyperbolic sine.")
cosh = _unary("cosh", ops.cosh, "The hyperbolic cosine.")
tanh = _unary("tanh", ops.tanh, "The hyperbolic tangent.")
asinh = _unary("asinh", ops.asinh, "The inverse hyperbolic sine.")
acosh = _unary("acosh", ops.acosh, "The inverse hyperbolic cosine.")
atanh = _unary("atanh", ops.atanh, "The inverse hyperbolic tangent.")
erf = _unary("erf", ops.erf, "The error function.", _real)
erfc = _unary("erfc", ops.erfc, "1 - erf(x), accurate for large x.", _real)
erfinv = _unary("erfinv", ops.erfinv, "The inverse of erf, on (-1, 1).", _real)
lgamma = _unary("lgamma", ops.lgamma, "log(abs(gamma(x))).", _real)
digamma = _unary("digamma", ops.digamma, "The derivative of lgamma.", _real)
sigmoid = _unary("sigmoid", ops.sigmoid, "1 / (1 + exp(-x)).")
is_nan = _unary("is_nan", ops.is_nan, "Where x is NaN, as bool.", _real)
is_inf = _unary("is_inf", ops.is_inf, "Where x is infinite, as bool.", _real)
is_finite = _unary("is_finite", ops.is_finite, "Where x is neither infinite nor NaN.", _real)
logical_not = _unary("logical_not", ops.bit_not, "The opposite of a bool tensor.", boolean)


def _whole(name: str, op: Any, doc: str) -> Callable[..., Any]:
    def rounded(x: Any) -> Any:
        return op(x) if x.dtype.is_floating else x

    return _unary(name, rounded, doc, numeric)


floor = _whole("floor", ops.floor, "The greatest whole number that is not above x.")
ceil = _whole("ceil", ops.ceil, "The least whole number that is not below x.")
rint = _whole("rint", ops.round, "The nearest whole number, halves to even.")
round = _whole("round", ops.round, "The nearest whole number, halves to even.")


def square(x: Any, name: str | None = None) -> Any:
    """``x * x``.

    >>> float(square(3.0))
    9.0
    """
    x = numeric("square", x)
    return ops.mul(x, x)


def reciprocal(x: Any, name: str | None = None) -> Any:
    """``1 / x``."""
    x = floating("reciprocal", x)
    return ops.div(scalar(1, x), x)


def reciprocal_no_nan(x: Any, name: str | None = None) -> Any:
    """``1 / x``, and 0 where x is 0."""
    x = floating("reciprocal_no_nan", x)
    return divide_no_nan(scalar(1, x), x)


def softplus(features: Any, name: str | None = None) -> Any:
    """``log(exp(x) + 1)``, stable for every x; its derivative is the sigmoid."""
    x = _real("softplus", features)
    # Both branches by one comparison: max(x, 0) and -|x| with the right derivatives at 0.
    positive = ops.greater_equal(x, scalar(0, x))
    rest = ops.select(positive, ops.neg(x), x)
    return ops.add(ops.select(positive, x, scalar(0, x)), ops.log1p(ops.exp(rest)))


def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """``log(sigmoid(x))``, stable for every x."""
    return ops.neg(softplus(ops.neg(_real("log_sigmoid", x))))


def softsign(features: Any, name: str | None = None) -> Any:
    """``x / (1 + abs(x))``."""
    x = _real("softsign", features)
    return ops.div(x, ops.add(ops.abs(x), scalar(1, x)))


def ndtri(x: Any, name: str | None = None) -> Any:
    """The quantile of the standard normal distribution."""
    x = _real("ndtri", x)
    one = scalar(1, x)
    return ops.mul(ops.erfinv(ops.sub(ops.add(x, x), one)), scalar(_math.sqrt(2), x))


def erfcinv(x: Any, name: str | None = None) -> Any:
    """The inverse of erfc, on (0, 2)."""
    x = _real("erfcinv", x)
    return ops.erfinv(ops.sub(scalar(1, x), x))


def real(input: Any, name: str | None = None) -> Any:
    """The real part."""
    x = numeric("real", input)
    return ops.real(x) if x.dtype.is_complex else x


def imag(input: Any, name: str | None = None) -> Any:
    """The imaginary part; 0 for a real tensor."""
    x = numeric("imag", input)
    return ops.imag(x) if x.dtype.is_complex else ops.mul(x, scalar(0, x))


def conj(x: Any, name: str | None = None) -> Any:
    """The complex conjugate."""
    x = as_tensor(x)
    return ops.conj(x) if x.dtype.is_complex else x


def angle(input: Any, name: str | None = None) -> Any:
    """The argument of a complex number, in radians; 0 or pi for a real one."""
    x = as_tensor(input)
    if x.dtype.is_complex:
        return ops.angle(x)
    return ops.select(ops.less(x, scalar(0, x)), scalar(_math.pi, x), scalar(0, x))


# --- of two tensors ---------------------------------------------------------------------------

add = _binary("add", ops.add, "x + y.", numeric)
subtract = _binary("subtract", ops.sub, "x - y.", numeric)
multiply = _binary("multiply", ops.mul, "x * y.", numeric)
maximum = _binary("maximum", ops.maximum, "The greater of x and y; NaN if one is NaN.", numeric)
minimum = _binary("minimum", ops.minimum, "The lesser of x and y; NaN if one is NaN.", numeric)
floordiv = _binary("floordiv", ops.floor_div, "x / y, rounded down.", numeric)
floormod = _binary("floormod", ops.floor_mod, "The remainder of floordiv; y's sign.", numeric)
mod = floormod
truncatemod = _binary("truncatemod", ops.trunc_mod, "The remainder with x's sign.", numeric)
pow = _binary("pow", ops.pow, "x to the power of y.", numeric)
atan2 = _binary("atan2", ops.atan2, "The angle of the point (y, x): TensorFlow's (y, x).", _real)
nextafter = _binary("nextafter", ops.nextafter, "The next float from x towards y.", _real)
igamma = _binary("igamma", ops.igamma, "The lower regularised incomplete gamma.", _real)
igammac = _binary("igammac", ops.igammac, "The upper regularised incomplete gamma.", _real)
zeta = _binary("zeta", ops.zeta, "The Hurwitz zeta function.", _real)
polygamma = _binary("polygamma", ops.polygamma, "The polygamma function of order x at y.", _real)
equal = _binary("equal", ops.equal, "x == y, as bool.")
not_equal = _binary("not_equal", ops.not_equal, "x != y, as bool.")
less = _binary("less", ops.less, "x < y, as bool.", numeric)
less_equal = _binary("less_equal", ops.less_equal, "x <= y, as bool.", numeric)
greater = _binary("greater", ops.greater, "x > y, as bool.", numeric)
greater_equal = _binary("greater_equal", ops.greater_equal, "x >= y, as bool.", numeric)
logical_and = _binary("logical_and", ops.bit_and, "Where both are true.", boolean)
logical_or = _binary("logical_or", ops.bit_or, "Where either is true.", boolean)
logical_xor = _binary("logical_xor", ops.bit_xor, "Where just one is true.", boolean)


def betainc(a: Any, b: Any, x: Any, name: str | None = None) -> Any:
    """The regularised incomplete beta function, for a, b > 0 and x in [0, 1]; else NaN.

    It has a gradient by ``x`` alone. Source: DLMF 8.17.

    >>> float(betainc(2.0, 1.0, 0.5))
    0.25
    """
    return ops.betainc(*(_real("betainc", part) for part in unify("betainc", a, b, x)))


def truediv(x: Any, y: Any, name: str | None = None) -> Any:
    """``x / y``: small integers divide as float32, int32 and wider as float64.

    >>> float(truediv(3, 2))
    1.5
    """
    x, y = unify("truediv", x, y)
    numeric("truediv", x)
    if x.dtype.is_integer:
        kind = float32 if x.dtype.size <= 2 else float64
        x, y = cast_to(x, kind), cast_to(y, kind)
    return ops.div(x, y)


def truncatediv(x: Any, y: Any, name: str | None = None) -> Any:
    """``x / y`` of integers, rounded towards zero; of floats, ``x / y``."""
    x, y = unify("truncatediv", x, y)
    numeric("truncatediv", x)
    if not x.dtype.is_integer:
        return ops.div(x, y)
    return ops.floor_div(ops.sub(x, ops.trunc_mod(x, y)), y)


def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """``x / y`` as Python 3 divides."""
    return truediv(x, y)


def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """``(x - y) ** 2``."""
    x, y = unify("squared_difference", x, y)
    difference = ops.sub(numeric("squared_difference", x), y)
    if difference.dtype.is_complex:
        return ops.mul(ops.conj(difference), difference)
    return ops.mul(difference, difference)


def _guarded(at_zero: Any, result: Callable[[Any], Any], y: Any) -> Any:
    """0 where ``at_zero`` is 0, else the result; its gradient meets no NaN either."""
    none = ops.equal(at_zero, scalar(0, at_zero))
    safe = ops.select(none, scalar(1, y), y)
    return ops.select(none, scalar(0, y), result(safe))


def divide_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """``x / y``, and 0 where y is 0."""
    x, y = unify("divide_no_nan", x, y)
    floating("divide_no_nan", x)
    return _guarded(y, lambda safe: ops.div(x, safe), y)


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """``x * y``, and 0 where y is 0, whatever x is."""
    x, y = unify("multiply_no_nan", x, y)
    floating("multiply_no_nan", x)
    return ops.select(ops.equal(y, scalar(0, y)), scalar(0, y), ops.mul(x, y))


def xlogy(x: Any, y: Any, name: str | None = None) -> Any:
    """``x * log(y)``, and 0 where x is 0."""
    x, y = unify("xlogy", x, y)
    floating("xlogy", x)
    return _guarded(x, lambda safe: ops.mul(x, ops.log(safe)), y)


def xlog1py(x: Any, y: Any, name: str | None = None) -> Any:
    """``x * log(1 + y)``, and 0 where x is 0."""
    x, y = unify("xlog1py", x, y)
    floating("xlog1py", x)
    return _guarded(x, lambda safe: ops.mul(x, ops.log1p(safe)), y)


def xdivy(x: Any, y: Any, name: str | None = None) -> Any:
    """``x / y``, and 0 where x is 0."""
    x, y = unify("xdivy", x, y)
    floating("xdivy", x)
    return _guarded(x, lambda safe: ops.div(x, safe), y)


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """A scalar times a tensor."""
    x = as_tensor(x)
    factor = as_tensor(scalar, x.dtype)
    if dims(factor):
        raise InvalidArgumentError(
            "scalar_mul: expected a scalar, received shape {received}.", received=dims(factor)
        )
    return ops.mul(factor, x)


# --- of several -------------------------------------------------------------------------------


def add_n(inputs: Any, name: str | None = None) -> Any:
    """The sum of a list of tensors of one shape."""
    if not isinstance(inputs, list | tuple):
        raise DTypeError(
            "add_n: expected a list of tensors, received {received!r}.", received=inputs
        )
    if not inputs:
        raise InvalidArgumentError("add_n: expected at least one tensor, received an empty list.")
    first, *rest = unify("add_n", *inputs)
    for other in rest:
        if dims(other) != dims(first):
            raise InvalidArgumentError(
                "add_n: expected tensors of one shape, received {first} and {second}.",
                first=dims(first),
                second=dims(other),
            )
        first = ops.add(first, other)
    return first


def accumulate_n(
    inputs: Sequence[Any], shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Any:
    """`add_n` under its older name."""
    return add_n(inputs)


def polyval(coeffs: Sequence[Any], x: Any, name: str | None = None) -> Any:
    """The polynomial with these coefficients, the highest power first, at x (Horner).

    >>> float(polyval([1.0, 0.0, 2.0], 3.0))
    11.0
    """
    if not isinstance(coeffs, list):
        raise InvalidArgumentError(
            "polyval: expected a list of coefficients, received {received}.",
            received=type(coeffs).__name__,
        )
    x = as_tensor(x)
    if not coeffs:
        return ops.mul(x, scalar(0, x))
    total = as_tensor(coeffs[0], x.dtype)
    for coefficient in coeffs[1:]:
        total = ops.add(ops.mul(total, x), as_tensor(coefficient, x.dtype))
    return total


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """The tensor, bounded from below and above.

    >>> clip_by_value([-1.0, 0.5, 2.0], 0.0, 1.0).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    t = as_tensor(t)
    low = as_tensor(clip_value_min, t.dtype)
    high = as_tensor(clip_value_max, t.dtype)
    clipped = ops.maximum(ops.minimum(t, high), low)
    if dims(clipped) != dims(t):
        raise InvalidArgumentError(
            "clip_by_value: expected limits that broadcast to {shape}, received {low} and {high}.",
            shape=dims(t),
            low=dims(low),
            high=dims(high),
        )
    return clipped
