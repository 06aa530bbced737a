"""Special functions on float64 arrays, without SciPy: error, gamma, zeta families.

Formulas: NIST Digital Library of Mathematical Functions (DLMF), cited at each.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_erf = np.frompyfunc(math.erf, 1, 1)
_erfc = np.frompyfunc(math.erfc, 1, 1)


def sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + exp(-x)) without overflow: the exponential only of a negative number."""
    if np.iscomplexobj(x):
        return (1 / (1 + xp.exp(-x))).astype(x.dtype)
    wide = x.astype(np.float64)
    decay = xp.exp(-xp.abs(wide))
    return (xp.where(wide >= 0, 1.0, decay) / (1 + decay)).astype(x.dtype)


def erf(x: Array) -> Array:
    """The error function (DLMF 7.2.1), from the C library."""
    return np.asarray(_erf(x)).astype(np.float64)


def erfc(x: Array) -> Array:
    """1 - erf(x) (DLMF 7.2.2) without cancellation, from the C library."""
    return np.asarray(_erfc(x)).astype(np.float64)


def erfinv(y: Array) -> Array:
    """The inverse of erf on [-1, 1]; NaN outside.

    Winitzki's closed approximation (2008, relative error 2e-3), then Halley's steps on
    erfc(x) = 1 - |y| near the ends and on erf elsewhere; each triples the digits.
    """
    size = np.abs(y)
    inside = np.where(size < 1, size, 0.0)
    logarithm = np.log1p(-inside * inside)
    a = 0.147
    middle = 2 / (math.pi * a) + logarithm / 2
    x = np.sqrt(np.sqrt(middle * middle - logarithm / a) - middle)
    for _ in range(3):
        error = np.where(inside < 0.5, erf(x) - inside, (1 - inside) - erfc(x))
        step = error / (2 / math.sqrt(math.pi) * np.exp(-x * x))
        x = x - step / (1 + x * step)
    x = np.where(size == 1, np.inf, np.where(size < 1, x, np.nan))
    return np.where(size == 0, y, np.copysign(x, y))


# Bernoulli numbers B(2), B(4), ...: DLMF 24.2(iv).
_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330, 854513 / 138,
)  # fmt: skip


@functools.cache
def _lgamma_at_two() -> tuple[float, ...]:
    """Coefficients of lgamma(2 + t) / t: (-1)**k (zeta(k) - 1) / k (DLMF 5.7.3)."""
    order = np.arange(2.0, 27.0)
    terms = zeta(order, np.full_like(order, 2.0)) / order * (-1) ** order
    return (1 - np.euler_gamma, *terms.tolist())


def lgamma(x: Array) -> Array:
    """log |gamma(x)|, inf at the poles.

    The series at 2 for [0.5, 2.5], recurrence to beyond 10 and Stirling's series (DLMF 5.11.1)
    from there, reflection (5.5.3) below.
    """
    whole = x == np.floor(x)
    reflect = x < 0.5
    z = np.where(reflect, 1 - x, x)
    # The result overflows beyond 2.6e305.
    z = np.where(z >= 2.6e305, np.inf, z)
    below = z < 1.5
    t = np.where(z < 2.5, z - np.where(below, 1.0, 2.0), 0.0)
    at_root = np.zeros_like(z)
    for coefficient in reversed(_lgamma_at_two()):
        at_root = at_root * t + coefficient
    at_root = at_root * t - np.where(below, np.log1p(t), 0.0)
    product, large = np.ones_like(z), z
    for _ in range(10):
        small = large < 10
        product = np.where(small, product * large, product)
        large = np.where(small, large + 1, large)
    series = np.zeros_like(z)
    for order in range(9, 0, -1):
        series = series / (large * large) + _BERNOULLI[order - 1] / (2 * order * (2 * order - 1))
    constant = 0.5 * math.log(2 * math.pi) - 0.5
    value = (large - 0.5) * (np.log(large) - 1) + (series / large + constant) - np.log(product)
    value = np.where(z < 2.5, at_root, value)
    sine = np.abs(np.sin(math.pi * np.where(reflect, x - np.round(x), 0.5)))
    value = np.where(reflect, math.log(math.pi) - np.log(sine) - value, value)
    return np.where((whole & (x <= 0)) | np.isinf(x), np.inf, value)


def digamma(x: Array) -> Array:
    """The logarithmic derivative of gamma; NaN at the poles.

    Reflection (DLMF 5.5.4), recurrence up to 10 (5.5.2), asymptotic series (5.11.2).
    """
    pole = (x <= 0) & (x == np.floor(x))
    reflect = x < 0.5
    z = np.where(reflect, 1 - x, x)
    total = np.zeros_like(z)
    for _ in range(10):
        small = z < 10
        total = np.where(small, total - 1 / z, total)
        z = np.where(small, z + 1, z)
    square = 1 / (z * z)
    series = np.zeros_like(z)
    for order in range(8, 0, -1):
        series = (series + _BERNOULLI[order - 1] / (2 * order)) * square
    total = total + np.log(z) - 0.5 / z - series
    turned = np.where(reflect, x - np.round(x), 0.25)
    total = np.where(reflect, total - math.pi / np.tan(math.pi * turned), total)
    return np.where(pole | np.isneginf(x), np.nan, np.where(np.isposinf(x), np.inf, total))


def zeta(x: Array, q: Array) -> Array:
    """Hurwitz's zeta: the sum of (q + k)**-x over k >= 0, for x > 1.

    inf for x = 1 and at the poles in q of even order, NaN for x < 1 and where q < 0 has no real
    power. Euler-Maclaurin summation (DLMF 25.11.5), after 12 terms and past q = 0.
    """
    x, q = np.broadcast_arrays(x, q)
    pole = (q <= 0) & (q == np.floor(q))
    even = np.fmod(x, 2) == 0
    good = (x > 1) & np.isfinite(x) & np.isfinite(q) & ~pole & ((q > 0) | (x == np.floor(x)))
    s = np.where(good, x, 2.0)
    start = np.where(good, q, 1.0)
    total = np.zeros(s.shape)
    shift = max(0, math.ceil(-float(start.min()))) if start.size else 0
    if shift > 100_000:
        good = good & (start > -100_000)
        start = np.where(good, start, 1.0)
        shift = max(0, math.ceil(-float(start.min())))
    for k in range(shift + 12):
        total = total + _power(start + k, -s)
    end = start + shift + 12
    total = total + _power(end, 1 - s) / (s - 1) + 0.5 * _power(end, -s)
    factor = s
    for order, number in enumerate(_BERNOULLI, 1):
        total = total + number / math.factorial(2 * order) * factor * _power(end, 1 - s - 2 * order)
        factor = factor * (s + 2 * order - 1) * (s + 2 * order)
    special = np.where(pole & (x > 1), np.where(even, np.inf, np.nan), np.nan)
    special = np.where((x == 1) | np.isnan(x + q), np.where(np.isnan(q), np.nan, np.inf), special)
    special = np.where((q == np.inf) & (x > 1), 0.0, special)
    special = np.where(np.isposinf(x) & (q > 1), 0.0, special)
    return np.where(good, total, np.where(np.isnan(x), np.nan, special))


def _power(base: Array, exponent: Array) -> Array:
    """base**exponent where a negative base has a whole exponent."""
    size = np.abs(base) ** exponent
    odd = np.fmod(exponent, 2) != 0
    return np.where((base < 0) & odd, -size, size)


def polygamma(n: Array, x: Array) -> Array:
    """The n-th derivative of digamma: (-1)**(n+1) n! zeta(n + 1, x) (DLMF 25.11.12)."""
    n, x = np.broadcast_arrays(n, x)
    good = (n >= 0) & (n == np.floor(n)) & np.isfinite(n)
    order = np.where(good, n, 1.0)
    sign = np.where(np.fmod(order, 2) == 0, -1.0, 1.0)
    value = sign * np.exp(lgamma(order + 1)) * zeta(order + 1, x)
    return np.where(good, np.where(order == 0, digamma(x), value), np.nan)


def igamma(a: Array, x: Array) -> Array:
    """The regularised lower incomplete gamma function P(a, x) (DLMF 8.2.4)."""
    return _incomplete(a, x)[0]


def igammac(a: Array, x: Array) -> Array:
    """The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x)."""
    return _incomplete(a, x)[1]


_LARGE_ORDER = 1e5


def _incomplete(a: Array, x: Array) -> tuple[Array, Array]:
    """P and Q; NaN outside a >= 0, x >= 0 and where both are 0 or infinite."""
    a, x = (np.asarray(part, np.float64) for part in np.broadcast_arrays(a, x))
    inside = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    lower = np.full(a.shape, np.nan)
    lower[(a > 0) & (x == 0) | np.isposinf(a) & (x >= 0) & np.isfinite(x)] = 0.0
    lower[(a == 0) & (x > 0) | np.isposinf(x) & (a >= 0) & np.isfinite(a)] = 1.0
    upper = np.asarray(1 - lower)
    large = inside & (a > _LARGE_ORDER)
    series = inside & ~large & (x <= a + 1)
    fraction = inside & ~large & (x > a + 1)
    lower[series] = _lower_series(a[series], x[series])
    upper[series] = 1 - lower[series]
    upper[fraction] = _upper_fraction(a[fraction], x[fraction])
    lower[fraction] = 1 - upper[fraction]
    lower[large], upper[large] = _uniform(a[large], x[large])
    # Where the order is zero TensorFlow has no complement.
    upper[(a == 0) & (x == 0)] = np.nan
    return lower, upper


def _front(a: Array, x: Array) -> Array:
    return np.asarray(np.exp(a * np.log(x) - x - lgamma(a)))


def _lower_series(a: Array, x: Array) -> Array:
    """P for x <= a + 1: x**a e**-x / gamma(a + 1) (1 + x / (a + 1) + ...) (DLMF 8.11.4)."""
    total, term, k = 1 / a, 1 / a, 0
    while (term > total * 1e-17).any():
        k += 1
        term = term * x / (a + k)
        total = total + term
    return _front(a, x) * total


def _upper_fraction(a: Array, x: Array) -> Array:
    """Q for x > a + 1: the continued fraction DLMF 8.9.2 by Lentz's recurrence."""
    b = x + 1 - a
    c = np.full_like(b, 1e300)
    d = 1 / b
    fraction, factor, k = d, np.zeros_like(b), 0
    while (np.abs(factor - 1) > 2e-16).any() and k < 5000:
        k += 1
        numerator = -k * (k - a)
        b = b + 2
        d = 1 / (numerator * d + b)
        c = b + numerator / c
        factor = c * d
        fraction = fraction * factor
    return _front(a, x) * fraction


def _uniform(a: Array, x: Array) -> tuple[Array, Array]:
    """P and Q for large a: the leading terms of Temme's expansion (DLMF 8.12.3 to 8.12.8)."""
    mu = x / a - 1
    eta = np.sign(mu) * np.sqrt(2 * np.maximum(mu - np.log1p(mu), 0))
    near = np.abs(mu) < 1e-3
    safe = np.where(near, 1.0, mu)
    coefficient = np.where(near, -1 / 3 + eta / 12, 1 / safe - 1 / np.where(near, 1.0, eta))
    rest = np.exp(-0.5 * a * eta * eta) / np.sqrt(2 * math.pi * a) * coefficient
    root = eta * np.sqrt(a / 2)
    return 0.5 * erfc(-root) - rest, 0.5 * erfc(root) + rest


def igamma_grad_a(a: Array, x: Array) -> Array:
    """dP(a, x)/da by Richardson's central differences of order 6 in a (about 1e-10)."""
    a, x = np.broadcast_arrays(a, x)
    step = np.minimum(0.02 * np.maximum(np.abs(a), 0.05), 0.2)

    def difference(h: Array) -> Array:
        return np.asarray((igamma(a + h, x) - igamma(a - h, x)) / (2 * h))

    first, second, third = difference(step), difference(step / 2), difference(step / 4)
    once, twice = (4 * second - first) / 3, (4 * third - second) / 3
    return np.asarray((16 * twice - once) / 15)
