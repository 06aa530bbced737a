"""Functions of one input: rounding, exponentials, trigonometry, casts, parts of complex numbers.

Half precision is computed in float32 and rounded. Gradients of holomorphic functions conjugate
the derivative, TensorFlow's convention for complex numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.ir.dtypes import DType
from caudal.ops import lanes, special
from caudal.ops.convert import cast
from caudal.ops.infer import (
    COMPLEX,
    FLOATS,
    NUMBERS,
    REALS,
    elementwise,
    guarded,
    to_bool,
    to_real,
)
from caudal.ops.numeric import conjugated, in_float32, in_float64, is_complex, lanes_in_float32
from caudal.ops.numeric import scalar as _scalar
from caudal.ops.record import NOT_DIFFERENTIABLE, Elementwise, Host, Op
from caudal.ops.samples import Sampler, both, floats, integers

_ANY = floats((-3, 3))
_FIELD = FLOATS + COMPLEX


def _smooth(
    name: str,
    reference: Callable[..., Any],
    derivative: Callable[..., Any],
    samples: Sampler = _ANY,
    dtypes: Sequence[DType] = _FIELD,
    cost: int = 20,
    emit: Callable[..., Any] | None = None,
) -> Op:
    """A differentiable function: ``derivative(y, x)`` is dy/dx; it compiles to vecmath's."""
    return Op(
        name,
        infer=elementwise(name, 1, dtypes),
        reference=guarded(reference, dtypes),
        grad=lambda g, y, x: [g * conjugated(derivative(y, x))],
        emit=Elementwise(emit or (lambda b, x: b.math(name, x)), cost),
        samples=samples,
        dtypes=tuple(dtypes),
    )


def _numpy(name: str) -> Callable[..., Any]:
    return in_float32(lambda xp, x: getattr(xp, name)(x))


# --- sign and rounding ------------------------------------------------------------------------

neg: Op = Op(
    "neg",
    infer=elementwise("neg", 1, NUMBERS),
    reference=guarded(lambda xp, x: xp.negative(x), NUMBERS),
    grad=lambda g, y, x: [-g],
    emit=Elementwise(lambda b, x: b.neg(x)),
    samples=both(_ANY, integers((-9, 9))),
    dtypes=NUMBERS,
)


def _abs_grad(g: Any, y: Any, x: Any) -> list[Any]:
    if is_complex(x):
        return [cast(g, dtype=x.dtype) * sign(x)]
    return [g * sign(x)]


abs: Op = Op(
    "abs",
    infer=elementwise("abs", 1, NUMBERS, to_real),
    reference=guarded(lambda xp, x: xp.abs(x), NUMBERS),
    grad=_abs_grad,
    emit=Elementwise(lambda b, x: x if x.dtype.is_unsigned else b.abs(x)),
    samples=both(_ANY, integers((-9, 9))),
    dtypes=NUMBERS,
)


def _sign(xp: Any, x: Any) -> Any:
    if not np.iscomplexobj(x):
        return xp.sign(x)
    size = xp.abs(x)
    return xp.where(size == 0, x.dtype.type(0), x / xp.where(size == 0, size.dtype.type(1), size))


def _sign_grad(g: Any, y: Any, x: Any) -> list[Any]:
    if not is_complex(x):
        return [g * _scalar(0, g)]
    # d(x / |x|): what of g is orthogonal to y, over |x|.
    size = cast(abs(x), dtype=x.dtype)
    along = cast(real(conj(g) * y), dtype=x.dtype) * y
    return [(g - along) / size]


sign: Op = Op(
    "sign",
    infer=elementwise("sign", 1, NUMBERS),
    reference=guarded(in_float32(_sign), NUMBERS),
    grad=_sign_grad,
    emit=Elementwise(lanes_in_float32(lanes.sign), cost=4),
    samples=both(_ANY, integers((-9, 9))),
    dtypes=NUMBERS,
)


def _rounding(
    name: str,
    reference: Callable[..., Any],
    emit: Callable[..., Any],
    dtypes: Sequence[DType] = FLOATS,
) -> Op:
    return Op(
        name,
        infer=elementwise(name, 1, dtypes),
        reference=guarded(reference, dtypes),
        grad=NOT_DIFFERENTIABLE,
        emit=Elementwise(emit),
        samples=floats((-5, 5), differentiable=False),
        dtypes=tuple(dtypes),
    )


floor: Op = _rounding("floor", _numpy("floor"), lambda b, x: b.floor(x))
ceil: Op = _rounding("ceil", _numpy("ceil"), lambda b, x: b.ceil(x))
trunc: Op = _rounding("trunc", _numpy("trunc"), lambda b, x: b.trunc(x))
round: Op = _rounding(
    "round",
    in_float32(lambda xp, x: xp.rint(x) if x.dtype.kind == "f" else x),
    lambda b, x: b.rint(x) if x.dtype.is_floating else x,
    REALS,
)

# --- exponentials and logarithms --------------------------------------------------------------

_POSITIVE = floats((0.1, 4))

exp: Op = _smooth("exp", _numpy("exp"), lambda y, x: y, cost=14)
expm1: Op = _smooth("expm1", _numpy("expm1"), lambda y, x: y + 1.0)
log: Op = _smooth("log", _numpy("log"), lambda y, x: 1.0 / x, _POSITIVE, cost=18)
log1p: Op = _smooth("log1p", _numpy("log1p"), lambda y, x: 1.0 / (x + 1.0), floats((-0.8, 4)))
sqrt: Op = _smooth(
    "sqrt", _numpy("sqrt"), lambda y, x: 0.5 / y, _POSITIVE, cost=4, emit=lambda b, x: b.sqrt(x)
)
rsqrt: Op = _smooth(
    "rsqrt",
    in_float32(lambda xp, x: (1 / xp.sqrt(x)).astype(x.dtype)),
    lambda y, x: y * y * y * -0.5,
    _POSITIVE,
    cost=8,
)
sigmoid: Op = _smooth("sigmoid", special.sigmoid, lambda y, x: y * (1.0 - y))

# --- circular and hyperbolic functions --------------------------------------------------------

_UNIT = floats((-0.9, 0.9))
# No huge arguments: float64 lanes hold the reduced argument up to about 1e9 (see vecmath_trig).
_ANGLES = both(
    floats((-3, 3), special=False), floats((-1e6, 1e6), special=False, differentiable=False)
)

sin: Op = _smooth("sin", _numpy("sin"), lambda y, x: cos(x), _ANGLES)
cos: Op = _smooth("cos", _numpy("cos"), lambda y, x: -sin(x), _ANGLES)
tan: Op = _smooth(
    "tan", _numpy("tan"), lambda y, x: y * y + 1.0, floats((-1.4, 1.4), special=False)
)
asin: Op = _smooth("asin", _numpy("arcsin"), lambda y, x: rsqrt(1.0 - x * x), _UNIT)
acos: Op = _smooth("acos", _numpy("arccos"), lambda y, x: -rsqrt(1.0 - x * x), _UNIT)
atan: Op = _smooth("atan", _numpy("arctan"), lambda y, x: 1.0 / (x * x + 1.0))
sinh: Op = _smooth("sinh", _numpy("sinh"), lambda y, x: cosh(x))
cosh: Op = _smooth("cosh", _numpy("cosh"), lambda y, x: sinh(x))
tanh: Op = _smooth("tanh", _numpy("tanh"), lambda y, x: 1.0 - y * y)
asinh: Op = _smooth("asinh", _numpy("arcsinh"), lambda y, x: 1.0 / cosh(y))
acosh: Op = _smooth("acosh", _numpy("arccosh"), lambda y, x: 1.0 / sinh(y), floats((1.2, 4)))
atanh: Op = _smooth("atanh", _numpy("arctanh"), lambda y, x: 1.0 / (1.0 - x * x), _UNIT)

# --- error and gamma functions ----------------------------------------------------------------

_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def _polygamma(order: int, x: Any) -> Any:
    from caudal.ops.binary import polygamma

    return polygamma(_scalar(order, x), x)


erf: Op = _smooth(
    "erf",
    in_float64(special.erf),
    lambda y, x: exp(-(x * x)) * _TWO_OVER_ROOT_PI,
    dtypes=FLOATS,
)
erfc: Op = _smooth(
    "erfc",
    in_float64(special.erfc),
    lambda y, x: exp(-(x * x)) * -_TWO_OVER_ROOT_PI,
    dtypes=FLOATS,
)
erfinv: Op = _smooth(
    "erfinv",
    in_float64(special.erfinv),
    lambda y, x: exp(y * y) * (1 / _TWO_OVER_ROOT_PI),
    _UNIT,
    dtypes=FLOATS,
)
lgamma: Op = _smooth(
    "lgamma",
    in_float64(special.lgamma),
    lambda y, x: digamma(x),
    floats((0.2, 5)),
    dtypes=FLOATS,
    cost=60,
)
digamma: Op = _smooth(
    "digamma",
    in_float64(special.digamma),
    lambda y, x: _polygamma(1, x),
    floats((0.2, 5)),
    dtypes=FLOATS,
    cost=60,
)

# --- predicates -------------------------------------------------------------------------------


def _predicate(name: str, reference: Callable[..., Any], emit: Callable[..., Any]) -> Op:
    return Op(
        name,
        infer=elementwise(name, 1, FLOATS, to_bool),
        reference=guarded(reference, FLOATS),
        grad=NOT_DIFFERENTIABLE,
        emit=Elementwise(emit),
        samples=floats((-3, 3), differentiable=False),
        dtypes=FLOATS,
    )


is_nan = _predicate("is_nan", lambda xp, x: xp.isnan(x), lambda b, x: b.ne(x, x))
is_inf = _predicate(
    "is_inf", lambda xp, x: xp.isinf(x), lambda b, x: b.eq(b.abs(x), b.const(math.inf, x))
)
is_finite = _predicate(
    "is_finite", lambda xp, x: xp.isfinite(x), lambda b, x: b.lt(b.abs(x), b.const(math.inf, x))
)

# --- parts of complex numbers -----------------------------------------------------------------


def _part(
    name: str, reference: Callable[..., Any], grad: Callable[..., Any], samples: Sampler = _ANY
) -> Op:
    return Op(
        name,
        infer=elementwise(name, 1, FLOATS + COMPLEX, to_real),
        reference=guarded(reference, FLOATS + COMPLEX),
        grad=grad,
        emit=Host(),
        samples=samples,
        dtypes=FLOATS + COMPLEX,
    )


def _angle(xp: Any, x: Any) -> Any:
    if np.iscomplexobj(x):
        return xp.angle(x)
    return xp.where(x < 0, x.dtype.type(np.pi), x.dtype.type(0))


def _real_grad(g: Any, y: Any, x: Any) -> list[Any]:
    return [cast(g, dtype=x.dtype)]


def _imag_grad(g: Any, y: Any, x: Any) -> list[Any]:
    if not is_complex(x):
        return [g * _scalar(0, g)]
    return [cast(g, dtype=x.dtype) * _scalar(1j, x)]


def _angle_grad(g: Any, y: Any, x: Any) -> list[Any]:
    if not is_complex(x):
        return [g * _scalar(0, g)]
    # TensorFlow's value: -g over the number with its parts exchanged.
    return [cast(g, dtype=x.dtype) / (conj(x) * _scalar(-1j, x))]


real: Op = _part("real", lambda xp, x: xp.real(x), _real_grad)
imag: Op = _part("imag", lambda xp, x: xp.imag(x), _imag_grad)
angle: Op = _part("angle", in_float32(_angle), _angle_grad, floats((0.5, 2)))
conj: Op = Op(
    "conj",
    infer=elementwise("conj", 1, NUMBERS),
    reference=lambda xp, x: xp.conj(x) if np.iscomplexobj(x) else x,
    grad=lambda g, y, x: [conj(g)],
    emit=Elementwise(lambda b, x: x, cost=0),
    samples=both(_ANY, integers((-9, 9))),
    dtypes=NUMBERS,
)
