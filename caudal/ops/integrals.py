"""Integrals without closed forms on float64 arrays: Dawson, Fresnel, exponential, beta.

Formulas: NIST Digital Library of Mathematical Functions (DLMF), cited at each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal.ops.bessel import _gauss, _pieces
from caudal.ops.special import lgamma

Array = np.ndarray[Any, Any]


def dawson(x: Array) -> Array:
    """exp(-x**2) times the integral of exp(t**2) up to x.

    Near 0 the series of DLMF 7.6.3, else the sampling sum of Rybicki (1989).
    """
    size = np.abs(x)
    step = 0.25

    def near(z: Array) -> Array:
        term = total = np.ones_like(z)
        for n in range(1, 25):
            term = term * -2 * z * z / (2 * n + 1)
            total = total + term
        return np.asarray(total * z)

    def middle(z: Array) -> Array:
        even = 2 * np.round(z / (2 * step))
        odd = np.arange(-29, 30, 2)[:, None]
        gaps = z - (even + odd) * step
        return np.asarray((np.exp(-gaps * gaps) / (even + odd)).sum(0) / math.sqrt(math.pi))

    found = _pieces(
        size,
        (size <= 0.5, near),
        ((size > 0.5) & (size < 1e7), middle),
        (size >= 1e7, lambda z: 0.5 / z),
    )
    return np.asarray(np.copysign(found, x))


def expint(x: Array) -> Array:
    """Ei(x) for x >= 0 (DLMF 6.6.2, 6.12.2), NaN below."""

    def series(z: Array) -> Array:
        term, total = np.ones_like(z), np.zeros_like(z)
        for n in range(1, 140):
            term = term * z / n
            total = total + term / n
        return np.asarray(total + np.log(z) + np.euler_gamma)

    def far(z: Array) -> Array:
        term = total = np.ones_like(z)
        for n in range(1, 40):
            term = term * n / z
            total = total + term
        return np.asarray(np.exp(z) / z * total)

    found = _pieces(x, ((x > 0) & (x <= 40), series), ((x > 40) & np.isfinite(x), far))
    return np.where(x == 0, -np.inf, found)


def _fresnel(x: Array) -> tuple[Array, Array]:
    """The integrals of cos and sin of pi t**2 / 2 (DLMF 7.2.7 and 7.2.8), for x >= 0."""
    near = np.minimum(x, 5.0)
    nodes, weights = (part.reshape(-1, *[1] * x.ndim) for part in _gauss())
    phase = math.pi / 2 * (near * nodes) ** 2
    cosine = near * (weights * np.cos(phase)).sum(0)
    sine = near * (weights * np.sin(phase)).sum(0)
    # DLMF 7.5.3, 7.5.4 with the auxiliary functions' expansions 7.12.2 and 7.12.3.
    z = np.where(x > 5, x, 5.0)
    square = 1 / (math.pi * z * z) ** 2
    f = g = np.zeros_like(z)
    term = np.ones_like(z)
    for m in range(12):
        f = f + term
        g = g + term * (4 * m + 1)
        term = -term * (4 * m + 1) * (4 * m + 3) * square
    f, g = f / (math.pi * z), g / (math.pi**2 * z**3)
    whole = np.fmod(z, 2.0)
    angle = math.pi / 2 * np.fmod(whole * whole + 2 * whole * (z - whole), 4.0)
    far_cosine = 0.5 + f * np.sin(angle) - g * np.cos(angle)
    far_sine = 0.5 - f * np.cos(angle) - g * np.sin(angle)
    return np.where(x > 5, far_cosine, cosine), np.where(x > 5, far_sine, sine)


def _odd(x: Array, part: int) -> Array:
    finite = np.where(np.isfinite(x), np.abs(x), 0.0)
    found = np.where(np.isinf(x), 0.5, np.where(np.isnan(x), np.nan, _fresnel(finite)[part]))
    return np.asarray(np.copysign(found, x))


def fresnel_cos(x: Array) -> Array:
    """The integral of cos(pi t**2 / 2) from 0 to x."""
    return _odd(x, 0)


def fresnel_sin(x: Array) -> Array:
    """The integral of sin(pi t**2 / 2) from 0 to x."""
    return _odd(x, 1)


def spence(x: Array) -> Array:
    """The dilogarithm of 1 - x (DLMF 25.12.1), with 25.12.4 and 25.12.6 to come near x = 1."""
    inside = (x >= 0) & np.isfinite(x)
    z = np.where(inside, x, 1.0)
    large = z > 1.5
    w = np.where(large, 1 / z, z)
    small = w < 0.5
    t = np.where(small, w, 1 - w)
    power, total = np.ones_like(t), np.zeros_like(t)
    for n in range(1, 60):
        power = power * t
        total = total + power / (n * n)
    safe = np.where(w > 0, w, 1.0)
    turned = math.pi**2 / 6 - np.log(safe) * np.log1p(-np.where(small, w, 0.5)) - total
    total = np.where(small, turned, total)
    total = np.where(large, -0.5 * np.log(z) ** 2 - total, total)
    return np.where(inside, total, np.nan)


def betainc(a: Array, b: Array, x: Array) -> Array:
    """The regularised incomplete beta function; NaN outside a > 0, b > 0, 0 <= x <= 1.

    DLMF 8.17.22, a continued fraction by Lentz's recurrence, at x or (8.17.4) at 1 - x.
    """
    a, b, x = (np.asarray(part, np.float64) for part in np.broadcast_arrays(a, b, x))
    inside = (a > 0) & (b > 0) & (x >= 0) & (x <= 1) & np.isfinite(a) & np.isfinite(b)
    safe = [np.where(inside, part, other) for part, other in ((a, 1.0), (b, 1.0), (x, 0.5))]
    turned = safe[2] > (safe[0] + 1) / (safe[0] + safe[1] + 2)
    p, q = np.where(turned, safe[1], safe[0]), np.where(turned, safe[0], safe[1])
    z = np.where(turned, 1 - safe[2], safe[2])
    edge = (z == 0) | (z == 1)
    z = np.where(edge, 0.5, z)
    c = np.ones_like(z)
    d = 1 / (1 - (p + q) * z / (p + 1))
    fraction = d
    for m in range(1, 300):
        for numerator in (
            m * (q - m) * z / ((p + 2 * m - 1) * (p + 2 * m)),
            -(p + m) * (p + q + m) * z / ((p + 2 * m) * (p + 2 * m + 1)),
        ):
            d = 1 / (1 + numerator * d)
            c = 1 + numerator / c
            fraction = fraction * c * d
        if (np.abs(c * d - 1) < 1e-15).all():
            break
    front = p * np.log(z) + q * np.log1p(-z) - lgamma(p) - lgamma(q) + lgamma(p + q)
    found = np.exp(front) / p * fraction
    found = np.where(edge, np.where(turned, 1 - safe[2], safe[2]), found)
    return np.where(inside, np.where(turned, 1 - found, found), np.nan)
