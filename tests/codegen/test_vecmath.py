from __future__ import annotations

import os
from fractions import Fraction

import numpy as np
import pytest
from float32_error import REFERENCES, ulp_error, worst_error
from vector_function import HOST_TARGETS, VectorFunction, vecmath

from caudal.codegen import vecmath_core as core
from caudal.codegen.target import TARGETS
from caudal.codegen.vecmath import TABLE
from caudal.ir.dtypes import bfloat16, float16, float32, float64

SPECIAL = np.array(
    [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 2, -2, 0.5, -0.5, 3, 1e-45, -1e-45, 1e-40, -1e-40]
    + [1.1754944e-38, 3.4e38, -3.4e38, 88.72, 88.73, -87.4, -103.9, -104.1, 1e5, -1e5, 1e10]
)
# The step between the inputs of the exhaustive test: 1 visits all 2**32 floats.
STRIDE = int(os.environ.get("CAUDAL_TEST_STRIDE", "1"))
# Units in the last place; what is not here is within 1.
LIMITS = {"sigmoid": 2.1, "rsqrt": 1.6, "log2": 2, "log1p": 2, "tanh": 2, "expm1": 2, "erf": 2}


@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_float32_over_all_exponents(name: str, target: str) -> None:
    # Without fused multiply-add every step of a polynomial rounds twice.
    slack = 1.0 if target == "baseline" else 0.0
    error, where = worst_error(name, 400_009, target)
    assert error <= LIMITS.get(name, 1.0) + slack, where


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_float32_exhaustively(name: str) -> None:
    error, where = worst_error(name, STRIDE)
    assert error <= LIMITS.get(name, 1.0), where


@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize("dtype", [float32, float64])
@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_special_values(name: str, dtype, target: str) -> None:
    if name in ("sin", "cos", "tan") and dtype is float64:
        x = SPECIAL[np.abs(np.nan_to_num(SPECIAL)) < 1e9]
    else:
        x = SPECIAL
    x = x.astype(dtype.np_dtype)
    got = vecmath(name, dtype, target=TARGETS[target])(x)
    with np.errstate(all="ignore"):
        want = REFERENCES[name](x.astype(np.float64)).astype(dtype.np_dtype)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(np.isinf(got), np.isinf(want))
    zero = want == 0
    np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(want[zero]))
    np.testing.assert_allclose(got, want, rtol=4e-7 if dtype is float32 else 1e-14)


def _spread(low: float, high: float, rng: np.random.Generator) -> np.ndarray:
    sign = rng.choice([-1.0, 1.0], 20_000)
    return sign * np.exp(rng.uniform(np.log(low), np.log(high), 20_000))


FLOAT64 = {
    "acos": (0, 1, np.arccos),
    "acosh": (1, 1e300, np.arccosh),
    "asin": (1e-12, 1, np.arcsin),
    "asinh": (1e-12, 1e300, np.arcsinh),
    "atan": (1e-12, 1e12, np.arctan),
    "atanh": (1e-12, 1, np.arctanh),
    "cos": (1e-6, 1e6, np.cos),
    "cosh": (1e-6, 710, np.cosh),
    "exp": (1e-12, 709, np.exp),
    "exp2": (1e-12, 1022, np.exp2),
    "expm1": (1e-12, 709, np.expm1),
    "log": (1e-300, 1e300, np.log),
    "log1p": (1e-12, 1e300, np.log1p),
    "log2": (1e-300, 1e300, np.log2),
    "sigmoid": (1e-12, 700, lambda x: 1 / (1 + np.exp(-x))),
    "sin": (1e-12, 1e6, np.sin),
    "sinh": (1e-12, 709, np.sinh),
    "tan": (1e-12, 1e6, np.tan),
    "tanh": (1e-12, 30, np.tanh),
}


@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize("name", sorted(FLOAT64))
def test_float64_against_long_double(name: str, target: str) -> None:
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("long double is no wider than float64 here")
    low, high, reference = FLOAT64[name]
    x = _spread(max(low, 1e-300), high, np.random.default_rng(1))
    with np.errstate(all="ignore"):
        exact = reference(x.astype(np.longdouble))
        keep = np.isfinite(exact)
        got = vecmath(name, float64, target=TARGETS[target])(x)
        unit = np.abs(np.spacing(exact.astype(np.float64)))
        error = np.abs(got - exact)[keep] / unit[keep]
        assert np.isnan(got[~keep & np.isnan(exact)]).all()
    assert error.max() <= (8 if target == "baseline" else 4)


def _c_pow(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.power(x, y)


@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize("dtype", [float32, float64])
@pytest.mark.parametrize("name", ["pow", "atan2"])
def test_special_pairs(name: str, dtype, target: str) -> None:
    values = np.array(
        [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1e30, -1e30, 1e-30]
        + [2.0**24, 2.0**24 + 2, 2.0**53 + 2]
    ).astype(dtype.np_dtype)
    x, y = (grid.reshape(-1) for grid in np.meshgrid(values, values))
    reference = {"pow": _c_pow, "atan2": np.arctan2}[name]
    got = vecmath(name, dtype, 2, TARGETS[target])(x, y)
    with np.errstate(all="ignore"):
        want = reference(x.astype(np.float64), y.astype(np.float64)).astype(dtype.np_dtype)
    np.testing.assert_allclose(got, want, rtol=2e-7 if dtype is float32 else 1e-15)
    zero = want == 0
    np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(want[zero]))


@pytest.mark.parametrize("target", HOST_TARGETS)
def test_pow_of_random_numbers(target: str) -> None:
    rng = np.random.default_rng(2)
    x = np.abs(_spread(1e-300, 1e300, rng))
    y = rng.uniform(-700, 700, x.size) / np.log(x)
    keep = np.abs(y) < 1e6
    x, y = x[keep], y[keep]
    got = vecmath("pow", float64, 2, TARGETS[target])(x, y)
    exact = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
    assert float((np.abs(got - exact) / np.spacing(got)).max()) <= 4
    x, y = rng.uniform(0, 20, 50_000), rng.uniform(-20, 20, 50_000)
    x, y = x.astype(np.float32), y.astype(np.float32)
    got = vecmath("pow", float32, 2, TARGETS[target])(x, y)
    with np.errstate(all="ignore"):
        error = ulp_error(got, np.power(x.astype(np.float64), y.astype(np.float64)))
    assert error.max() <= 0.51


@pytest.mark.parametrize("dtype", [float16, bfloat16])
def test_half_precision_is_rounded_once(dtype) -> None:
    bits = np.arange(0, 2**16, 7, dtype=np.uint16)
    x = bits.view(dtype.np_dtype)
    got = VectorFunction(lambda b, v: b.math("tanh", v), (dtype,))(x)
    with np.errstate(all="ignore"):
        want = np.tanh(x.astype(np.float64)).astype(np.float32).astype(dtype.np_dtype)
    # The float32 result may lie on the other side of a tie.
    near = np.abs(got.view(np.int16).astype(int) - want.view(np.int16).astype(int)) <= 1
    assert (near | (np.isnan(got) & np.isnan(want))).all()
    assert (got == want).mean() + np.isnan(want).mean() > 0.999


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16, 32])
def test_any_number_of_lanes(lanes: int) -> None:
    x = np.linspace(-3, 3, 64, dtype=np.float32)
    expected = vecmath("sin", float32)(x)
    np.testing.assert_array_equal(vecmath("sin", float32, lanes=lanes)(x), expected)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_it_assembles_for_aarch64(name: str) -> None:
    from caudal.codegen.builder import Builder, Value
    from caudal.codegen.machine import assembly

    b = Builder(TARGETS["neon"])
    inputs = [Value(f"%x{k}", float32, 4) for k in range(2 if name in ("pow", "atan2") else 1)]
    result = TABLE[name](b, *inputs)
    arguments = ", ".join(f"<4 x float> {x.text}" for x in inputs)
    text = "\n".join(
        [
            *sorted(b.declarations),
            f"define <4 x float> @f({arguments}) {{",
            *b.lines,
            f"  ret <4 x float> {result.text}",
            "}",
        ]
    )
    code = assembly(text, TARGETS["neon"])
    assert "fmla" in code or "fsqrt" in code
    assert "\tbl\t" not in code


def test_no_function_calls_a_library() -> None:
    for name in TABLE:
        code = vecmath(name, float32, 2 if name in ("pow", "atan2") else 1).assembly
        assert "call" not in code, name


def test_exact_product_without_fused_multiply_add() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=1000), rng.normal(size=1000)

    def error(b, u, v):
        return core.two_product(b, u, v)[1]

    exact = [
        float(Fraction(u) * Fraction(v) - Fraction(u * v))
        for u, v in zip(x.tolist(), y.tolist(), strict=True)
    ]
    for name in HOST_TARGETS:
        got = VectorFunction(error, (float64, float64), TARGETS[name])(x, y)
        np.testing.assert_allclose(got, exact, rtol=1e-12)
