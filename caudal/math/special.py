"""``tf.math.special``: Bessel functions, and integrals without closed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.array.arguments import floating
from caudal.namespaces import strict
from caudal.ops import transcendental as records

__all__ = [
    "bessel_i0",
    "bessel_i0e",
    "bessel_i1",
    "bessel_i1e",
    "bessel_j0",
    "bessel_j1",
    "bessel_k0",
    "bessel_k0e",
    "bessel_k1",
    "bessel_k1e",
    "bessel_y0",
    "bessel_y1",
    "dawsn",
    "expint",
    "fresnel_cos",
    "fresnel_sin",
    "spence",
]


def _function(op: Any, doc: str) -> Callable[..., Any]:
    def apply(x: Any, name: str | None = None) -> Any:
        return op(floating(op.name, x, complex_too=False))

    apply.__name__ = apply.__qualname__ = op.name
    apply.__doc__ = doc
    return apply


bessel_i0 = _function(records.bessel_i0, "The modified Bessel function I of order 0.")
bessel_i0e = _function(records.bessel_i0e, "``exp(-abs(x)) * bessel_i0(x)``.")
bessel_i1 = _function(records.bessel_i1, "The modified Bessel function I of order 1.")
bessel_i1e = _function(records.bessel_i1e, "``exp(-abs(x)) * bessel_i1(x)``.")
bessel_j0 = _function(records.bessel_j0, "The Bessel function of the first kind, of order 0.")
bessel_j1 = _function(records.bessel_j1, "The Bessel function of the first kind, of order 1.")
bessel_k0 = _function(records.bessel_k0, "The modified Bessel function K of order 0.")
bessel_k0e = _function(records.bessel_k0e, "``exp(x) * bessel_k0(x)``.")
bessel_k1 = _function(records.bessel_k1, "The modified Bessel function K of order 1.")
bessel_k1e = _function(records.bessel_k1e, "``exp(x) * bessel_k1(x)``.")
bessel_y0 = _function(records.bessel_y0, "The Bessel function of the second kind, of order 0.")
bessel_y1 = _function(records.bessel_y1, "The Bessel function of the second kind, of order 1.")
dawsn = _function(records.dawsn, "exp(-x**2) times the integral of exp(t**2) from 0 to x.")
expint = _function(records.expint, "The integral of exp(t) / t up to x, for x >= 0; else NaN.")
fresnel_cos = _function(records.fresnel_cos, "The integral of cos(pi t**2 / 2) from 0 to x.")
fresnel_sin = _function(records.fresnel_sin, "The integral of sin(pi t**2 / 2) from 0 to x.")
spence = _function(records.spence, "The integral of log(t) / (1 - t) from 1 to x.")

__getattr__ = strict(__name__)
