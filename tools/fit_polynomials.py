"""Fit the polynomials of caudal/codegen/vecmath_tables.py; needs mpmath. Run from the root.

Every polynomial interpolates its function at the Chebyshev nodes of the interval, in 60 digits,
and is then written in powers of the variable: near-minimax, off by less than a factor of two or
three. The printed error is the worst of 400 points, relative to the fitted function, before the
coefficients are rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.dps = 90

Function = Callable[[mp.mpf], mp.mpf]
TARGET = Path(__file__).parents[1] / "caudal" / "codegen" / "vecmath_tables.py"


def fit(f: Function, low: float, high: float, degree: int) -> tuple[list[mp.mpf], float]:
    """Coefficients, lowest power first, and the worst relative error."""
    middle, half = (mp.mpf(low) + high) / 2, (mp.mpf(high) - low) / 2
    count = degree + 1
    nodes = [middle + half * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    # Most quotients have a removable hole at zero.
    nodes = [node if abs(node) > 1e-12 else mp.mpf("1e-12") for node in nodes]
    matrix = mp.matrix(count, count)
    values = mp.matrix(count, 1)
    for row, node in enumerate(nodes):
        values[row] = f(node)
        for column in range(count):
            matrix[row, column] = node**column
    coefficients = list(mp.lu_solve(matrix, values))
    worst = mp.mpf(0)
    for k in range(401):
        x = middle + half * ((mp.mpf(k) + mp.mpf(1) / 3) / 201 - 1)
        exact = f(x)
        if exact:
            worst = max(worst, abs(mp.polyval(coefficients[::-1], x) / exact - 1))
    return coefficients, float(worst)


def _root(z: mp.mpf) -> mp.mpf:
    return mp.sqrt(z)


def fit_weighted(
    f: Function, low: float, high: float, degree: int, weight: Function
) -> tuple[list[mp.mpf], float]:
    """Minimax coefficients of ``weight * error`` by Lawson's reweighted least squares; float64.

    For polynomials whose error is scaled by what they are multiplied with afterwards.
    """
    count = 800
    angles = np.pi * (2 * np.arange(count) + 1) / (2 * count)
    xs = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
    exact = np.array([float(f(mp.mpf(x))) for x in xs])
    scale = np.array([float(weight(mp.mpf(x))) for x in xs])
    powers = np.vander(xs, degree + 1, increasing=True)
    importance = np.full(count, 1 / count)
    best, least = np.zeros(degree + 1), np.inf
    for _ in range(300):
        root = np.sqrt(importance) * scale
        solution = np.linalg.lstsq(powers * root[:, None], exact * root, rcond=None)[0]
        error = np.abs(powers @ solution - exact) * np.abs(scale)
        if error.max() < least:
            best, least = solution, error.max()
        importance = importance * error
        importance /= importance.sum()
    return [mp.mpf(value) for value in best], float(least)


def erfcx_scaled(t: mp.mpf, centre: int = 4) -> mp.mpf:
    """(1 + 2a) exp(a^2) erfc(a) at a = centre (1 + t) / (1 - t): smooth on [-1, 1)."""
    a = centre * (1 + t) / (1 - t)
    if a > 100:
        tail = sum((-1) ** k * mp.fac2(2 * k - 1) / (2 * a * a) ** k for k in range(16))
        return (1 + 2 * a) * tail / (a * mp.sqrt(mp.pi))
    return (1 + 2 * a) * mp.exp(a * a) * mp.erfc(a)


def erfinv_of(w: mp.mpf) -> mp.mpf:
    """erfinv(x) / x at w = -log(1 - x^2)."""
    if w == 0:
        return mp.sqrt(mp.pi) / 2
    x = mp.sqrt(-mp.expm1(-w))
    # 1 - x without cancellation, for the solver's erfc.
    rest = mp.exp(-w) / (1 + x)
    guess = mp.sqrt(mp.log(1 / rest)) if w > 3 else mp.erfinv(x)
    root = mp.findroot(lambda r: mp.log(mp.erfc(r)) - mp.log(rest), guess)
    return root / x


LN2_HALF = 0.34658
SQRT_HALF = (0.5**0.5 - 1, 2**0.5 - 1)
QUARTER_PI = 0.6169
TAN_EIGHTH = 0.17158

FITS: list[tuple[str, str, Function, float, float, int]] = [
    # name, meaning, function, interval, degree
    (
        "EXP64",
        "(exp(r) - 1 - r) / r^2",
        lambda r: (mp.expm1(r) - r) / r**2,
        -LN2_HALF,
        LN2_HALF,
        10,
    ),
    (
        "LOG64",
        "(log((1 + s) / (1 - s)) - 2 s) / s^3, z = s^2",
        lambda z: (2 * mp.atanh(_root(z)) - 2 * _root(z)) / _root(z) ** 3,
        0,
        0.02945,
        7,
    ),
    (
        "SIN32",
        "(sin(r) - r) / r^3, z = r^2",
        lambda z: (mp.sin(_root(z)) - _root(z)) / _root(z) ** 3,
        0,
        QUARTER_PI,
        3,
    ),
    (
        "SIN64",
        "(sin(r) - r) / r^3, z = r^2",
        lambda z: (mp.sin(_root(z)) - _root(z)) / _root(z) ** 3,
        0,
        QUARTER_PI,
        6,
    ),
    (
        "COS32",
        "(cos(r) - 1 + z / 2) / z^2, z = r^2",
        lambda z: (mp.cos(_root(z)) - 1 + z / 2) / z**2,
        0,
        QUARTER_PI,
        3,
    ),
    (
        "COS64",
        "(cos(r) - 1 + z / 2) / z^2, z = r^2",
        lambda z: (mp.cos(_root(z)) - 1 + z / 2) / z**2,
        0,
        QUARTER_PI,
        6,
    ),
    (
        "ATAN32",
        "(atan(t) - t) / t^3, z = t^2",
        lambda z: (mp.atan(_root(z)) - _root(z)) / _root(z) ** 3,
        0,
        TAN_EIGHTH,
        5,
    ),
    (
        "ATAN64",
        "(atan(t) - t) / t^3, z = t^2",
        lambda z: (mp.atan(_root(z)) - _root(z)) / _root(z) ** 3,
        0,
        TAN_EIGHTH,
        11,
    ),
    (
        "ASIN32",
        "(asin(s) - s) / s^3, z = s^2",
        lambda z: (mp.asin(_root(z)) - _root(z)) / _root(z) ** 3,
        0,
        0.25,
        6,
    ),
    (
        "ASIN64",
        "(asin(s) - s) / s^3, z = s^2",
        lambda z: (mp.asin(_root(z)) - _root(z)) / _root(z) ** 3,
        0,
        0.25,
        13,
    ),
    ("ERF32", "erf(x) / x, z = x^2, to x = 1", lambda z: mp.erf(_root(z)) / _root(z), 0, 1, 6),
    ("ERF64", "erf(x) / x, z = x^2, to x = 1", lambda z: mp.erf(_root(z)) / _root(z), 0, 1, 12),
    (
        "ERFTAIL32",
        "-log(erfc(a)) / a, a in [0.9, 4]",
        lambda a: -mp.log(mp.erfc(a)) / a,
        0.9,
        4.0,
        7,
    ),
    ("ERFCX32", "(1 + 2a) exp(a^2) erfc(a), t = (a - 4) / (a + 4)", erfcx_scaled, -1, 0.46, 10),
    ("ERFCX64", "(1 + 2a) exp(a^2) erfc(a), t = (a - 4) / (a + 4)", erfcx_scaled, -1, 0.76, 21),
    (
        "ERFINV_CENTRE",
        "erfinv(x) / x, v = w - 2.5, w = -log(1 - x^2) < 5",
        lambda v: erfinv_of(v + 2.5),
        -2.5,
        2.5,
        9,
    ),
    (
        "ERFINV_TAIL",
        "erfinv(x) / x, v = sqrt(w) - 3, 5 <= w < 16.7",
        lambda v: erfinv_of((v + 3) ** 2),
        -0.77,
        1.09,
        9,
    ),
    (
        "ERFINV_FAR",
        "erfinv(x) / x, v = sqrt(w) - 5, 16.7 <= w < 38",
        lambda v: erfinv_of((v + 5) ** 2),
        -0.92,
        1.17,
        9,
    ),
]

WEIGHTED: list[tuple[str, str, Function, float, float, int, Function]] = [
    # name, meaning, function, interval, degree, what its error is multiplied with
    (
        "EXP32",
        "(exp(r) - 1 - r) / r^2",
        lambda r: (mp.expm1(r) - r) / r**2,
        -LN2_HALF,
        LN2_HALF,
        4,
        lambda r: r**2 / mp.exp(r),
    ),
    (
        "LOG32",
        "(log(1 + f) - f + f^2 / 2) / f^3",
        lambda f: (mp.log1p(f) - f + f * f / 2) / f**3,
        *SQRT_HALF,
        8,
        lambda f: f**3 / mp.log1p(f),
    ),
]


def split(value: mp.mpf, *bits: int) -> list[mp.mpf]:
    """Parts of so many bits each, and the rest."""
    parts = []
    for count in bits:
        exponent = mp.floor(mp.log(abs(value), 2)) + 1 - count
        part = mp.nint(value / mp.mpf(2) ** exponent) * mp.mpf(2) ** exponent
        parts.append(part)
        value -= part
    return [*parts, value]


def split_constants() -> list[str]:
    """ln 2 and pi / 2 in parts; the bits of 2 / pi."""
    lines = ["# ln 2 and pi / 2 in parts: the product of an early part and an integer is exact."]
    for name, value, bits in (
        ("LN2_32", mp.log(2), (15,)),
        ("LN2_64", mp.log(2), (41,)),
        ("HALF_PI", mp.pi / 2, (33, 33)),
    ):
        lines.append(f"{name} = (")
        lines += [f"    {float(part)!r}," for part in split(value, *bits)]
        lines.append(")")
    whole = int(mp.floor(2 / mp.pi * mp.mpf(2) ** (7 * 32 - 7)))
    words = [whole >> (32 * (6 - k)) & 0xFFFFFFFF for k in range(7)]
    lines += ["", "# The bits of (2 / pi) / 128 after the binary point, in words of 32."]
    lines += ["TWO_OVER_PI = (", *(f"    0x{word:08X}," for word in words), ")", ""]
    return lines


def taylor_constants() -> list[str]:
    """lgamma(2 + t) = (1 - Euler's constant) t + sum of (-1)^k (zeta(k) - 1) / k t^k."""
    terms = [1 - mp.euler] + [(-1) ** k * (mp.zeta(k) - 1) / k for k in range(2, 27)]
    lines = ["# lgamma(2 + t) / t, |t| <= 1/2: the Taylor series, DLMF 5.7.3.", "LGAMMA_AT_2 = ("]
    return [*lines, *(f"    {float(term)!r}," for term in terms), ")", ""]


def main() -> None:
    lines = [
        '"""Coefficients of the polynomials in vecmath, lowest power first.',
        "",
        "Made by tools/fit_polynomials.py; do not edit. Each comment gives the function, the",
        "interval of the variable and the worst relative error before rounding; for those that",
        "were fitted with a weight, that of the function they serve.",
        '"""',
        "",
    ]
    fitted = [(*row[:5], *fit(*row[2:])) for row in FITS]
    fitted += [(*row[:5], *fit_weighted(*row[2:])) for row in WEIGHTED]
    for name, meaning, _, low, high, coefficients, error in fitted:
        print(f"{name}: {error:.1e}")
        lines.append(f"# {meaning}; [{low:.4g}, {high:.4g}]; {error:.1e}")
        lines.append(f"{name} = (")
        lines += [f"    {mp.nstr(value, 20, min_fixed=-4, max_fixed=4)}," for value in coefficients]
        lines += [")", ""]
    lines += taylor_constants()
    lines += split_constants()
    TARGET.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
