"""Bessel functions, and integrals without closed forms, on float64 arrays: no SciPy.

Near 0 power series, in the middle Gauss-Legendre or trapezoidal sums over an integral
representation, far out the asymptotic expansion. Formulas: DLMF, cited at each.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Function = Callable[[Array], Array]


def _pieces(x: Array, *parts: tuple[Array, Function], other: float = math.nan) -> Array:
    """Each function on the places of its mask; ``other`` elsewhere."""
    found = np.full(x.shape, other)
    for mask, function in parts:
        if mask.any():
            found[mask] = function(x[mask])
    return np.where(np.isnan(x), np.nan, found)


@functools.cache
def _gauss() -> tuple[Array, Array]:
    """80 nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    return (nodes + 1) / 2, weights / 2


def _series(x: Array, order: int, sign: float) -> Array:
    """Sum of (sign x**2 / 4)**k / (k! (k + order)!), times (x / 2)**order (DLMF 10.25.2)."""
    square = sign * x * x / 4
    term = total = np.ones_like(x)
    for k in range(1, 80):
        term = term * square / (k * (k + order))
        total = total + term
    return np.asarray(total * (x / 2) ** order)


def _with_digamma(square: Array, order: int, terms: int) -> Array:
    """Sum of square**k / (k! (k + order)!) times psi(k + 1), plus psi(k + 2) for order 1."""
    term, total, digamma = np.ones_like(square), np.zeros_like(square), -np.euler_gamma
    for n in range(terms):
        following = digamma + 1 / (n + 1)
        total = total + term * (digamma + following if order else digamma)
        digamma = following
        term = term * square / ((n + 1) * (n + 1 + order))
    return np.asarray(total)


def _hankel(x: Array, order: int) -> tuple[Array, Array]:
    """Sums of a_k(order) / x**k with even and with odd k, to the smallest term (DLMF 10.17.1)."""
    sums = [np.ones_like(x), np.zeros_like(x)]
    term, k, going = np.ones_like(x), 0, np.ones(x.shape, bool)
    while going.any() and k < 40:
        k += 1
        following = term * (4 * order * order - (2 * k - 1) ** 2) / (8 * k * x)
        going = going & (np.abs(following) < np.abs(term)) & (following != 0)
        term = np.where(going, following, 0.0)
        sums[k % 2] = sums[k % 2] + term * (-1) ** (k // 2)
    return sums[0], sums[1]


# --- modified Bessel functions --------------------------------------------------------------------


def scaled_i(x: Array, order: int) -> Array:
    """exp(-|x|) I_order(x): series to 25, then DLMF 10.40.1."""
    size = np.abs(x)

    def far(z: Array) -> Array:
        term = total = np.ones_like(z)
        for k in range(1, 30):
            term = -term * (4 * order * order - (2 * k - 1) ** 2) / (8 * k * z)
            total = total + term
        return np.asarray(total / np.sqrt(2 * math.pi * z))

    near = size <= 25
    found = _pieces(
        size, (near, lambda z: np.exp(-z) * _series(z, order, 1)), (size > 25, far), other=0.0
    )
    return np.where(x < 0, (-1) ** order * found, found)


def i(x: Array, order: int) -> Array:
    """I_order(x); NaN at the infinities, as in TensorFlow."""
    return np.asarray(scaled_i(x, order) * np.exp(np.abs(x)))


def _small_k(x: Array, order: int) -> Array:
    """K_0 and K_1 by DLMF 10.31.1 and 10.31.2, for x up to 2."""
    logarithm, total = np.log(x / 2), _with_digamma(x * x / 4, order, 25)
    if not order:
        return np.asarray(total - logarithm * _series(x, 0, 1))
    return np.asarray(1 / x + logarithm * _series(x, 1, 1) - x / 4 * total)


def _large_k(x: Array, order: int) -> Array:
    """exp(x) K_order(x) = the integral of exp(-x (cosh t - 1)) cosh(order t) (DLMF 10.32.9)."""
    root = 1 / np.sqrt(x)
    t = np.arange(0, 10, 0.2)[:, None] * root
    rows = np.exp(-2 * x * np.sinh(t / 2) ** 2) * np.cosh(order * t)
    return np.asarray((rows.sum(0) - rows[0] / 2) * 0.2 * root)


def k(x: Array, order: int) -> Array:
    """K_order(x); infinite up to 0."""
    small, large = (x > 0) & (x <= 2), (x > 2) & np.isfinite(x)
    found = _pieces(
        x,
        (small, lambda z: _small_k(z, order)),
        (large, lambda z: np.exp(-z) * _large_k(z, order)),
        other=np.inf,
    )
    return np.where(x == np.inf, 0.0, found)


def scaled_k(x: Array, order: int) -> Array:
    """exp(x) K_order(x)."""
    small, large = (x > 0) & (x <= 2), (x > 2) & np.isfinite(x)
    found = _pieces(
        x,
        (small, lambda z: np.exp(z) * _small_k(z, order)),
        (large, lambda z: _large_k(z, order)),
        other=np.inf,
    )
    return np.where(x == np.inf, 0.0, found)


# --- Bessel functions -----------------------------------------------------------------------------


def _middle_j(x: Array, order: int) -> Array:
    """The mean of cos(order t - x sin t) over [0, pi] (DLMF 10.9.2)."""
    t = math.pi * (np.arange(96)[:, None] + 0.5) / 96
    return np.asarray(np.cos(order * t - x * np.sin(t)).mean(0))


def _far(x: Array, order: int, second: bool) -> Array:
    """J and Y for large x (DLMF 10.17.3 and 10.17.4)."""
    even, odd = _hankel(x, order)
    phase = x - math.pi * (order / 2 + 0.25)
    sine, cosine = np.sin(phase), np.cos(phase)
    found = sine * even + cosine * odd if second else cosine * even - sine * odd
    return np.asarray(np.sqrt(2 / (math.pi * x)) * found)


def j(x: Array, order: int) -> Array:
    """J_order(x)."""
    size = np.abs(x)
    found = _pieces(
        size,
        (size <= 2, lambda z: _series(z, order, -1)),
        ((size > 2) & (size <= 30), lambda z: _middle_j(z, order)),
        ((size > 30) & np.isfinite(size), lambda z: _far(z, order, False)),
    )
    return np.where(x < 0, (-1) ** order * found, found)


def _small_y(x: Array, order: int) -> Array:
    """Y_0 and Y_1 by DLMF 10.8.1 and 10.8.2, for x up to 4."""
    total = _with_digamma(-x * x / 4, order, 30)
    regular = 2 * np.log(x / 2) * _series(x, order, -1)
    if not order:
        return np.asarray((regular - 2 * total) / math.pi)
    return np.asarray((regular - 2 / x - x / 2 * total) / math.pi)


def _middle_y(x: Array, order: int) -> Array:
    """DLMF 10.9.7, both integrals by Gauss's rule."""
    nodes, weights = (part[:, None] for part in _gauss())
    t = math.pi * nodes
    first = (weights * np.sin(x * np.sin(t) - order * t)).sum(0)
    t = 3.2 * nodes
    growth = np.exp(order * t) + (-1) ** order * np.exp(-order * t)
    second = (weights * growth * np.exp(-x * np.sinh(t))).sum(0) * 3.2 / math.pi
    return np.asarray(first - second)


def y(x: Array, order: int) -> Array:
    """Y_order(x); -inf up to 0."""
    return _pieces(
        x,
        ((x > 0) & (x <= 4), lambda z: _small_y(z, order)),
        ((x > 4) & (x <= 30), lambda z: _middle_y(z, order)),
        ((x > 30) & np.isfinite(x), lambda z: _far(z, order, True)),
        (x == np.inf, lambda z: np.full_like(z, np.nan)),
        other=-np.inf,
    )
