"""The element-by-element functions of the standard, made from a table of the ops they are."""

from __future__ import annotations

import math as _math
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.array_api.array import Array
from caudal.array_api.promotion import result_type, tensor_of, together
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor
from caudal.ir.dtypes import bool_, float32, int32, int64


def number(value: Any, like: Any) -> Any:
    """A scalar tensor of a dtype."""
    return Tensor(np.asarray(value, like.dtype.np_dtype))


def _unary(name: str, kind: str, function: Callable[[Any], Any], doc: str) -> Any:
    def apply(x: Any, /) -> Array:
        return Array(function(tensor_of(x, name, kind)))

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


def _binary(name: str, kind: str, function: Callable[[Any, Any], Any], doc: str) -> Any:
    def apply(x1: Any, x2: Any, /) -> Array:
        return Array(function(*together(name, kind, x1, x2)))

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


def _of_floats(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Integers are whole already."""
    return lambda x: function(x) if x.dtype.is_floating else x


def _predicate(op: Any, otherwise: bool) -> Callable[[Any], Any]:
    """A question about floats, with the answer for all other numbers; of complex numbers' parts."""

    def ask(x: Any) -> Any:
        if x.dtype.is_complex:
            join = ops.bit_and if op is ops.is_finite else ops.bit_or
            return join(op(ops.real(x)), op(ops.imag(x)))
        if not x.dtype.is_floating:
            return ops.broadcast_to(Tensor(np.asarray(otherwise)), shape=tuple(x.shape))
        return op(x)

    return ask


# --- of one array -----------------------------------------------------------------------------


def _sign_bit(x: Any) -> Any:
    """Of the bits: NaN and zero have a sign too."""
    bits = ops.bitcast(x, dtype=int32 if x.dtype is float32 else int64)
    return ops.less(bits, number(0, bits))


def _scaled_log(base: float) -> Callable[[Any], Any]:
    def log_to_base(x: Any) -> Any:
        if x.dtype.is_complex:
            whole = ops.log(x)
            scale = number(1 / _math.log(base), ops.real(x))
            return ops.complex(ops.real(whole) * scale, ops.imag(whole) * scale)
        return ops.log(x) * number(1 / _math.log(base), x)

    return log_to_base


def _sign(x: Any) -> Any:
    if not x.dtype.is_complex:
        return ops.sign(x)
    size = ops.abs(x)
    zero = ops.equal(size, number(0, size))
    safe = ops.select(zero, number(1, size), size)
    parts = (ops.div(part, safe) for part in (ops.real(x), ops.imag(x)))
    return ops.complex(*(ops.select(zero, number(0, size), part) for part in parts))


def _expm1(x: Any) -> Any:
    """Of a + bi: expm1(a) cos b - 2 sin(b/2)**2 and exp(a) sin b; by exp at infinity and NaN."""
    if not x.dtype.is_complex:
        return ops.expm1(x)
    a, b = ops.real(x), ops.imag(x)
    half = ops.sin(b * number(0.5, b))
    near = ops.expm1(a) * ops.cos(b) - number(2, a) * half * half
    whole = ops.exp(x)
    finite = ops.bit_and(ops.is_finite(a), ops.is_finite(b))
    # Adding 0 makes the real part of expm1(-0) a positive zero, as the standard wants it.
    near = near + number(0, a)
    far = ops.sub(ops.real(whole), number(1, a))
    return ops.complex(ops.select(finite, near, far), ops.imag(whole))


def _tanh(x: Any) -> Any:
    """Of infinity + bi: 1 with a zero of b's sign."""
    if not x.dtype.is_complex:
        return ops.tanh(x)
    a, b, found = ops.real(x), ops.imag(x), ops.tanh(x)
    edge = ops.bit_and(ops.is_inf(a), ops.is_finite(b))
    limit = ops.complex(ops.sign(a), _copysign(number(0, b), b))
    return ops.select(edge, limit, found)


def _round(x: Any) -> Any:
    if x.dtype.is_complex:
        return ops.complex(ops.round(ops.real(x)), ops.round(ops.imag(x)))
    return ops.round(x) if x.dtype.is_floating else x


def _copysign(x: Any, y: Any) -> Any:
    size = ops.abs(x)
    return ops.select(_sign_bit(y), ops.neg(size), size)


abs = _unary("abs", "numeric", ops.abs, "The absolute value.")
acos = _unary("acos", "floating", ops.acos, "The inverse cosine, in radians.")
acosh = _unary("acosh", "floating", ops.acosh, "The inverse hyperbolic cosine.")
asin = _unary("asin", "floating", ops.asin, "The inverse sine, in radians.")
asinh = _unary("asinh", "floating", ops.asinh, "The inverse hyperbolic sine.")
atan = _unary("atan", "floating", ops.atan, "The inverse tangent, in radians.")
atanh = _unary("atanh", "floating", ops.atanh, "The inverse hyperbolic tangent.")
bitwise_invert = _unary("bitwise_invert", "integral or bool", ops.bit_not, "All bits turned.")
ceil = _unary("ceil", "real numeric", _of_floats(ops.ceil), "The least whole number not below.")
conj = _unary("conj", "numeric", lambda x: ops.conj(x) if x.dtype.is_complex else x, "Conjugates.")
cos = _unary("cos", "floating", ops.cos, "The cosine of radians.")
cosh = _unary("cosh", "floating", ops.cosh, "The hyperbolic cosine.")
exp = _unary("exp", "floating", ops.exp, "e to the power of x.")
expm1 = _unary("expm1", "floating", _expm1, "exp(x) - 1, accurate near 0.")
floor = _unary("floor", "real numeric", _of_floats(ops.floor), "The greatest whole number below.")
imag = _unary("imag", "complex floating", ops.imag, "The imaginary part.")
isfinite = _unary(
    "isfinite", "numeric", _predicate(ops.is_finite, True), "Neither infinite nor NaN."
)
isinf = _unary("isinf", "numeric", _predicate(ops.is_inf, False), "Where x is infinite.")
isnan = _unary("isnan", "numeric", _predicate(ops.is_nan, False), "Where x is NaN.")
log = _unary("log", "floating", ops.log, "The natural logarithm.")
log1p = _unary("log1p", "floating", ops.log1p, "log(1 + x), accurate near 0.")
log2 = _unary("log2", "floating", _scaled_log(2.0), "The logarithm to base 2.")
log10 = _unary("log10", "floating", _scaled_log(10.0), "The logarithm to base 10.")
logical_not = _unary("logical_not", "bool", ops.bit_not, "Where x does not hold.")
negative = _unary("negative", "numeric", ops.neg, "-x.")
positive = _unary("positive", "numeric", lambda x: x, "x.")
real = _unary("real", "numeric", lambda x: ops.real(x) if x.dtype.is_complex else x, "Real parts.")
reciprocal = _unary("reciprocal", "floating", lambda x: ops.div(number(1, x), x), "1 / x.")
round = _unary("round", "numeric", _round, "Rounded to whole numbers, halves to even.")
sign = _unary("sign", "numeric", _sign, "-1, 0 or 1; of complex numbers, x / abs(x).")
signbit = _unary("signbit", "real floating", _sign_bit, "Where the sign is minus.")
sin = _unary("sin", "floating", ops.sin, "The sine of radians.")
sinh = _unary("sinh", "floating", ops.sinh, "The hyperbolic sine.")
sqrt = _unary("sqrt", "floating", ops.sqrt, "The square root.")
square = _unary("square", "numeric", lambda x: ops.mul(x, x), "x * x.")
tan = _unary("tan", "floating", ops.tan, "The tangent of radians.")
tanh = _unary("tanh", "floating", _tanh, "The hyperbolic tangent.")
trunc = _unary("trunc", "real numeric", _of_floats(ops.trunc), "Without what is after the point.")

# --- of two arrays ----------------------------------------------------------------------------


def _hypot(x: Any, y: Any) -> Any:
    """By the greater of the two, so that squares do not overflow; infinity wins over NaN."""
    x, y = ops.abs(x), ops.abs(y)
    high, low = ops.maximum(x, y), ops.minimum(x, y)
    zero = ops.equal(high, number(0, high))
    ratio = ops.div(low, ops.select(zero, number(1, high), high))
    found = high * ops.sqrt(ratio * ratio + number(1, high))
    infinite = ops.bit_or(ops.is_inf(x), ops.is_inf(y))
    return ops.select(infinite, number(np.inf, high), found)


def _logaddexp(x: Any, y: Any) -> Any:
    apart = x - y
    summed = ops.maximum(x, y) + ops.log1p(ops.exp(-ops.abs(apart)))
    # Equal infinities have no difference.
    return ops.select(ops.is_nan(apart), x + y, summed)


def _checked(name: str, op: Any) -> Callable[[Any, Any], Any]:
    """Division of integers by zero raises where the values are known, as in tf."""

    def divide_checked(x: Any, y: Any) -> Any:
        if x.dtype.is_integer and not y.is_symbolic and not np.asarray(y).all():
            raise InvalidArgumentError("{op}: Integer division by zero.", op=name)
        return op(x, y)

    return divide_checked


def _shift(op: Any) -> Callable[[Any, Any], Any]:
    """All bits fall out where a shift is as wide as the dtype; of negative numbers signs stay."""

    def shift(x: Any, y: Any) -> Any:
        gone = ops.greater_equal(y, number(8 * x.dtype.size, y))
        rest = number(0, x)
        if op is ops.shift_right and not x.dtype.is_unsigned:
            rest = ops.select(ops.less(x, rest), number(-1, x), rest)
        return ops.select(gone, rest, op(x, y))

    return shift


def _remainder(x: Any, y: Any) -> Any:
    """With the sign of y, also where it is 0."""
    found = ops.floor_mod(x, y)
    if not x.dtype.is_floating:
        return found
    zero = number(0, y)
    return ops.select(ops.equal(found, zero), _copysign(zero, y), found)


add = _binary("add", "numeric", ops.add, "x1 + x2.")
atan2 = _binary("atan2", "real floating", ops.atan2, "The angle of the point (x2, x1).")
bitwise_and = _binary("bitwise_and", "integral or bool", ops.bit_and, "The bits set in both.")
bitwise_or = _binary("bitwise_or", "integral or bool", ops.bit_or, "The bits set in one or both.")
bitwise_xor = _binary("bitwise_xor", "integral or bool", ops.bit_xor, "The bits set in just one.")
bitwise_left_shift = _binary(
    "bitwise_left_shift", "integral", _shift(ops.shift_left), "x1 * 2**x2."
)
bitwise_right_shift = _binary(
    "bitwise_right_shift", "integral", _shift(ops.shift_right), "x1 // 2**x2."
)
copysign = _binary("copysign", "real floating", _copysign, "The size of x1, the sign of x2.")
divide = _binary("divide", "floating", ops.div, "x1 / x2.")
equal = _binary("equal", "any", ops.equal, "Where x1 == x2.")
floor_divide = _binary(
    "floor_divide", "real numeric", _checked("floor_divide", ops.floor_div), "The floor of x1 / x2."
)
greater = _binary("greater", "real numeric", ops.greater, "Where x1 > x2.")
greater_equal = _binary("greater_equal", "real numeric", ops.greater_equal, "Where x1 >= x2.")
hypot = _binary("hypot", "real floating", _hypot, "sqrt(x1**2 + x2**2), without overflow.")
less = _binary("less", "real numeric", ops.less, "Where x1 < x2.")
less_equal = _binary("less_equal", "real numeric", ops.less_equal, "Where x1 <= x2.")
logaddexp = _binary("logaddexp", "real floating", _logaddexp, "log(exp(x1) + exp(x2)).")
logical_and = _binary("logical_and", "bool", ops.bit_and, "Where both hold.")
logical_or = _binary("logical_or", "bool", ops.bit_or, "Where one holds, or both.")
logical_xor = _binary("logical_xor", "bool", ops.bit_xor, "Where exactly one holds.")
maximum = _binary("maximum", "real numeric", ops.maximum, "The greater; NaN if one is.")
minimum = _binary("minimum", "real numeric", ops.minimum, "The smaller; NaN if one is.")
multiply = _binary("multiply", "numeric", ops.mul, "x1 * x2.")
nextafter = _binary(
    "nextafter", "real floating", ops.nextafter, "The next number after x1 towards x2."
)
not_equal = _binary("not_equal", "any", ops.not_equal, "Where x1 != x2.")
pow = _binary("pow", "numeric", ops.pow, "x1 to the power of x2.")
remainder = _binary(
    "remainder", "real numeric", _checked("remainder", _remainder), "x1 - x2 * floor(x1 / x2)."
)
subtract = _binary("subtract", "numeric", ops.sub, "x1 - x2.")


def clip(x: Any, /, min: Any = None, max: Any = None) -> Array:
    """x kept between two bounds, in the dtype of x; None is no bound.

    >>> from caudal import array_api as xp
    >>> xp.clip(xp.asarray([1, 5, 9]), 2, 6)
    Array([2, 5, 6], dtype=int64)
    """
    found = tensor_of(x, "clip", "real numeric")
    for bound, op in ((min, ops.maximum), (max, ops.minimum)):
        if bound is None:
            continue
        if result_type(Array(found), bound) is not found.dtype:
            raise InvalidArgumentError(
                "clip: expected a bound that promotes to {dtype}, received {received}.",
                dtype=found.dtype.name,
                received=bound.dtype.name,
            )
        found = op(*together("clip", "real numeric", found, bound))
    return Array(found)


def where(condition: Any, x1: Any, x2: Any, /) -> Array:
    """x1 where the condition holds, x2 elsewhere.

    >>> from caudal import array_api as xp
    >>> xp.where(xp.asarray([True, False]), xp.asarray([1, 2]), 0)
    Array([1, 0], dtype=int64)
    """
    from caudal.array_api.movement import spread

    asked = tensor_of(condition, "where", "bool")
    if all_numbers(x1, x2):
        from caudal.array_api.creation import asarray

        x1 = asarray(x1)
    first, second = together("where", "any", x1, x2)
    asked, first, second = spread("where", asked, first, second)
    return Array(ops.select(asked, first, second))


def all_numbers(*values: Any) -> bool:
    """Whether all are Python numbers."""
    return not any(hasattr(value, "dtype") for value in values)


def truth(x: Any) -> Any:
    """A tensor as bools: whether an element differs from 0."""
    return x if x.dtype is bool_ else ops.not_equal(x, number(0, x))


__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "clip",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "divide",
    "equal",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "hypot",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "real",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "trunc",
    "where",
]
