"""Arithmetic of two inputs: sums, products, quotients, remainders, powers, gamma functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.ir.dtypes import DType, complex64, complex128, float32, float64
from caudal.ops import lanes, special
from caudal.ops.compare import greater, greater_equal, less_equal, not_equal
from caudal.ops.infer import COMPLEX, FLOATS, NUMBERS, REALS, elementwise, guarded
from caudal.ops.numeric import (
    conjugated,
    in_float32,
    in_float64,
    is_complex,
    lanes_in_float32,
    scalar,
)
from caudal.ops.record import NOT_DIFFERENTIABLE, Elementwise, Emit, Host, Op
from caudal.ops.samples import Sampler, both, floats, integers
from caudal.ops.select import select
from caudal.ops.unary import exp, imag, lgamma, log, real, trunc


def _binary(
    name: str,
    reference: Callable[..., Any],
    grad: Callable[..., Any] | str,
    emit: Callable[..., Any] | Emit,
    samples: Sampler,
    dtypes: Sequence[DType],
    cost: int = 1,
) -> Op:
    return Op(
        name,
        infer=elementwise(name, 2, dtypes),
        reference=guarded(reference, dtypes),
        grad=grad,
        emit=Elementwise(emit, cost) if callable(emit) else emit,
        samples=samples,
        dtypes=tuple(dtypes),
    )


_PLANE = floats((-2, 2), (-2, 2))
_INTEGERS = integers((-9, 9), (-9, 9))
_DIVISORS = both(floats((-3, 3), (0.5, 2)), floats((-3, 3), (-2, -0.5)))
_WHOLE_DIVISORS = both(integers((-9, 9), (1, 5)), integers((-9, 9), (-5, -1)))

# --- arithmetic -------------------------------------------------------------------------------

add = _binary(
    "add",
    lambda xp, x, y: xp.add(x, y),
    lambda g, z, x, y: [g, g],
    lambda b, x, y: b.add(x, y),
    both(_PLANE, _INTEGERS),
    NUMBERS,
)
sub = _binary(
    "sub",
    lambda xp, x, y: xp.subtract(x, y),
    lambda g, z, x, y: [g, -g],
    lambda b, x, y: b.sub(x, y),
    both(_PLANE, _INTEGERS),
    NUMBERS,
)
mul = _binary(
    "mul",
    lambda xp, x, y: xp.multiply(x, y),
    lambda g, z, x, y: [g * conjugated(y), g * conjugated(x)],
    lambda b, x, y: b.mul(x, y),
    both(_PLANE, _INTEGERS),
    NUMBERS,
)


def _div_grad(g: Any, z: Any, x: Any, y: Any) -> list[Any]:
    scaled = g / conjugated(y)
    return [scaled, -scaled * conjugated(z)]


div = _binary(
    "div",
    lambda xp, x, y: xp.divide(x, y),
    _div_grad,
    lambda b, x, y: b.div(x, y),
    _DIVISORS,
    FLOATS + COMPLEX,
    cost=4,
)


# --- whole quotients and remainders -----------------------------------------------------------


def _refuse_zero(name: str, x: Any, y: Any) -> None:
    if y.dtype.kind in "iu" and x.size and (y == 0).any():
        raise InvalidArgumentError("{op}: Integer division by zero.", op=name)


def _floor_div(xp: Any, x: Any, y: Any) -> Any:
    _refuse_zero("floor_div", x, y)
    return xp.floor_divide(x, y) if x.dtype.kind in "iu" else xp.floor(x / y)


def _trunc_mod(xp: Any, x: Any, y: Any) -> Any:
    _refuse_zero("trunc_mod", x, y)
    return xp.fmod(x, y)


def _floor_mod(xp: Any, x: Any, y: Any) -> Any:
    _refuse_zero("floor_mod", x, y)
    remainder = xp.fmod(x, y)
    shift = (remainder != 0) & ((remainder < 0) != (y < 0))
    return xp.where(shift, remainder + y, remainder)


floor_div = _binary(
    "floor_div",
    # In half precision the quotient is rounded before it is floored, as in TensorFlow.
    _floor_div,
    NOT_DIFFERENTIABLE,
    lanes.floor_div,
    both(floats((-9, 9), (0.5, 2), differentiable=False), _WHOLE_DIVISORS),
    REALS,
    cost=8,
)
floor_mod = _binary(
    "floor_mod",
    in_float32(_floor_mod),
    lambda g, z, x, y: [g, -g * floor_div(x, y)],
    lanes_in_float32(lanes.floor_mod),
    both(_DIVISORS, _WHOLE_DIVISORS),
    REALS,
    cost=16,
)
trunc_mod = _binary(
    "trunc_mod",
    in_float32(_trunc_mod),
    lambda g, z, x, y: [g, -g * trunc(x / y)],
    lanes_in_float32(lanes.trunc_mod),
    both(_DIVISORS, _WHOLE_DIVISORS),
    REALS,
    cost=16,
)

# --- powers -----------------------------------------------------------------------------------


def _pow(xp: Any, x: Any, y: Any) -> Any:
    if y.dtype.kind == "i" and x.size and (y < 0).any():
        raise InvalidArgumentError("pow: Integers to negative integer powers are not allowed.")
    return xp.power(x, y)


def _pow_grad(g: Any, z: Any, x: Any, y: Any) -> list[Any]:
    zero, one = scalar(0, x), scalar(1, x)
    inside = not_equal(x, zero) if is_complex(x) else greater(x, zero)
    # log only where the power is smooth in y; elsewhere the derivative counts as 0.
    logarithm = select(inside, log(select(inside, x, one)), zero)
    return [
        g * conjugated(y * pow(x, y - 1.0)),
        g * conjugated(z * logarithm),
    ]


pow = _binary(
    "pow",
    in_float32(_pow),
    _pow_grad,
    lanes_in_float32(lanes.pow),
    both(floats((0.2, 3), (-2, 2)), integers((-4, 4), (0, 6))),
    NUMBERS,
    cost=40,
)

# --- extrema ----------------------------------------------------------------------------------


def _chosen(compare: Op) -> Callable[..., Any]:
    def grad(g: Any, z: Any, x: Any, y: Any) -> list[Any]:
        first = compare(x, y)
        zero = scalar(0, g)
        return [select(first, g, zero), select(first, zero, g)]

    return grad


maximum = _binary(
    "maximum",
    lambda xp, x, y: xp.maximum(x, y),
    _chosen(greater_equal),
    lambda b, x, y: b.maximum(x, y),
    both(_PLANE, _INTEGERS),
    REALS,
)
minimum = _binary(
    "minimum",
    lambda xp, x, y: xp.minimum(x, y),
    _chosen(less_equal),
    lambda b, x, y: b.minimum(x, y),
    both(_PLANE, _INTEGERS),
    REALS,
)

# --- real functions of two variables ----------------------------------------------------------


def _atan2_grad(g: Any, z: Any, y: Any, x: Any) -> list[Any]:
    scaled = g / (x * x + y * y)
    return [x * scaled, -y * scaled]


atan2 = _binary(
    "atan2",
    in_float32(lambda xp, y, x: xp.arctan2(y, x)),
    _atan2_grad,
    lambda b, y, x: b.math("atan2", y, x),
    both(floats((-2, 2), (0.3, 2)), floats((0.3, 2), (-2, 2))),
    FLOATS,
    cost=30,
)

_WIDE = (float32, float64)
_GAMMA = floats((0.3, 4), (0.3, 4))

nextafter = _binary(
    "nextafter",
    lambda xp, x, y: xp.nextafter(x, y),
    lambda g, z, x, y: [g, g * scalar(0, g)],
    Host(),
    floats((-2, 2), (-2, 2), differentiable=False),
    _WIDE,
)


def _igamma_slope(a: Any, x: Any) -> Any:
    """d igamma(a, x) / dx = x**(a-1) e**-x / gamma(a) (DLMF 8.8.13)."""
    return exp((a - 1.0) * log(x) - x - lgamma(a))


igamma_grad_a = _binary(
    "igamma_grad_a",
    in_float64(special.igamma_grad_a),
    NOT_DIFFERENTIABLE,
    Host(),
    floats((0.3, 4), (0.3, 4), differentiable=False),
    _WIDE,
)
igamma = _binary(
    "igamma",
    in_float64(special.igamma),
    lambda g, z, a, x: [g * igamma_grad_a(a, x), g * _igamma_slope(a, x)],
    Host(),
    _GAMMA,
    _WIDE,
)
igammac = _binary(
    "igammac",
    in_float64(special.igammac),
    lambda g, z, a, x: [-g * igamma_grad_a(a, x), -g * _igamma_slope(a, x)],
    Host(),
    _GAMMA,
    _WIDE,
)
zeta: Op = _binary(
    "zeta",
    in_float64(special.zeta),
    # TensorFlow has no derivative by the order either.
    lambda g, z, x, q: [None, -g * x * zeta(x + 1.0, q)],
    Host(),
    floats((1.2, 5), (0.3, 4)),
    _WIDE,
)
polygamma: Op = _binary(
    "polygamma",
    in_float64(special.polygamma),
    lambda g, z, n, x: [None, g * polygamma(n + 1.0, x)],
    Host(),
    floats((1, 1), (0.3, 4)),
    _WIDE,
)

# --- complex numbers --------------------------------------------------------------------------


def _to_complex(dtype: DType) -> DType:
    return complex128 if dtype is float64 else complex64


complex = Op(
    "complex",
    infer=elementwise("complex", 2, _WIDE, _to_complex),
    reference=guarded(lambda xp, x, y: _join(xp, x, y), _WIDE),
    grad=lambda g, z, x, y: [real(g), imag(g)],
    emit=Host(),
    samples=_PLANE,
    dtypes=_WIDE,
)


def _join(xp: Any, x: Any, y: Any) -> Any:
    x, y = xp.broadcast_arrays(x, y)
    result = xp.empty(x.shape, np.complex64 if x.dtype == np.float32 else np.complex128)
    # Part by part: x + 1j * y would turn an infinite y into a NaN x.
    result.real, result.imag = x, y
    return result
