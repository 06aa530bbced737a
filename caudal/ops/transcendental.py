"""Records of Bessel functions and of integrals without closed forms (see bessel.py)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from caudal.ir.dtypes import float32, float64
from caudal.ops import bessel, integrals
from caudal.ops.binary import sub
from caudal.ops.compare import equal
from caudal.ops.infer import FLOATS, elementwise, guarded
from caudal.ops.numeric import in_float64, scalar
from caudal.ops.record import Host, Op, Sample
from caudal.ops.samples import Sampler, floats
from caudal.ops.select import select
from caudal.ops.unary import cos, exp, lgamma, log, log1p, sign, sin


def _record(
    name: str,
    function: Callable[..., Any],
    derivative: Callable[..., Any],
    samples: Sampler,
) -> Op:
    """A function of one float; ``derivative(y, x)`` is dy/dx."""
    return Op(
        name,
        infer=elementwise(name, 1, FLOATS),
        reference=guarded(in_float64(function), FLOATS),
        grad=lambda g, y, x: [g * derivative(y, x)],
        emit=Host(),
        samples=samples,
        dtypes=FLOATS,
    )


def _bessel(
    kind: str, order: int, function: Callable[..., Any], derivative: Callable[..., Any], low: float
) -> Op:
    at = functools.partial(function, order=order)
    return _record(f"bessel_{kind}", at, derivative, floats((low, 6)))


def _at_zero(value: float, x: Any, found: Any) -> Any:
    """``found(safe x)``, and ``value`` where x is 0."""
    none = equal(x, scalar(0, x))
    return select(none, scalar(value, x), found(select(none, scalar(1, x), x)))


def _slope_i1(y: Any, x: Any) -> Any:
    return _at_zero(1.0, x, lambda safe: bessel_i0(x) - y / safe)


def _slope_i1e(y: Any, x: Any) -> Any:
    return _at_zero(0.5, x, lambda safe: bessel_i0e(x) - y * (sign(x) + 1.0 / safe))


bessel_i0: Op = _bessel("i0", 0, bessel.i, lambda y, x: bessel_i1(x), -6)
bessel_i0e: Op = _bessel("i0e", 0, bessel.scaled_i, lambda y, x: bessel_i1e(x) - sign(x) * y, -6)
bessel_i1: Op = _bessel("i1", 1, bessel.i, _slope_i1, -6)
bessel_i1e: Op = _bessel("i1e", 1, bessel.scaled_i, _slope_i1e, -6)
bessel_k0: Op = _bessel("k0", 0, bessel.k, lambda y, x: -bessel_k1(x), 0.5)
bessel_k0e: Op = _bessel("k0e", 0, bessel.scaled_k, lambda y, x: y - bessel_k1e(x), 0.5)
bessel_k1: Op = _bessel("k1", 1, bessel.k, lambda y, x: -bessel_k0(x) - y / x, 0.5)
bessel_k1e: Op = _bessel(
    "k1e", 1, bessel.scaled_k, lambda y, x: y * (1.0 - 1.0 / x) - bessel_k0e(x), 0.5
)
bessel_j0: Op = _bessel("j0", 0, bessel.j, lambda y, x: -bessel_j1(x), -6)
bessel_j1: Op = _bessel(
    "j1",
    1,
    bessel.j,
    lambda y, x: _at_zero(0.5, x, lambda safe: bessel_j0(x) - y / safe),
    -6,
)
bessel_y0: Op = _bessel("y0", 0, bessel.y, lambda y, x: -bessel_y1(x), 0.5)
bessel_y1: Op = _bessel("y1", 1, bessel.y, lambda y, x: bessel_y0(x) - y / x, 0.5)

dawsn = _record("dawsn", integrals.dawson, lambda y, x: 1.0 - 2.0 * x * y, floats((-4, 4)))
expint = _record("expint", integrals.expint, lambda y, x: exp(x) / x, floats((0.2, 4)))
fresnel_cos = _record(
    "fresnel_cos",
    integrals.fresnel_cos,
    lambda y, x: cos(x * x * (math.pi / 2)),
    floats((-3, 3), special=False),
)
fresnel_sin = _record(
    "fresnel_sin",
    integrals.fresnel_sin,
    lambda y, x: sin(x * x * (math.pi / 2)),
    floats((-3, 3), special=False),
)


def _slope_spence(y: Any, x: Any) -> Any:
    one = scalar(1, x)
    unit = equal(x, one)
    safe = select(unit, scalar(2, x), x)
    return select(unit, scalar(-1, x), log(safe) / sub(one, safe))


spence = _record("spence", integrals.spence, _slope_spence, floats((0.2, 0.9)))


def _slope_betainc(a: Any, b: Any, x: Any) -> Any:
    """x**(a-1) (1-x)**(b-1) / B(a, b) (DLMF 8.17.7)."""
    normal = lgamma(a + b) - lgamma(a) - lgamma(b)
    return exp(normal + (a - 1.0) * log(x) + (b - 1.0) * log1p(-x))


betainc = Op(
    "betainc",
    infer=elementwise("betainc", 3, (float32, float64)),
    reference=guarded(in_float64(integrals.betainc), (float32, float64)),
    # TensorFlow has no derivatives by a and b.
    grad=lambda g, y, a, b, x: [None, None, g * _slope_betainc(a, b, x)],
    emit=Host(),
    samples=lambda rng: [
        Sample(tuple(rng.uniform(low, high, (3, 4)) for low, high in ((1, 3), (1, 3), (0.1, 0.9))))
    ],
    dtypes=(float32, float64),
)
