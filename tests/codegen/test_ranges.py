"""Shorter functions where arguments are known to lie in an interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from float32_error import ulp_error
from vector_function import HOST_TARGETS, VectorFunction, vecmath

from caudal import ops
from caudal.codegen.ranges import interval_of, narrowed
from caudal.codegen.target import TARGETS
from caudal.codegen.vecmath import TABLE
from caudal.ir import Type
from caudal.ir.dtypes import float32, float64
from caudal.ops.leaf import new_constant, new_input

INF = math.inf


def _x():
    return new_input(Type(float32, (4,)))


def _number(value):
    return new_constant(np.float32(value))


def _minus_size(x):
    return ops.select(ops.greater_equal(x, _number(0)), ops.neg(x), x)


@pytest.mark.parametrize(
    ("make", "interval"),
    [
        (lambda x: x, (-INF, INF)),
        (ops.abs, (0, INF)),
        (lambda x: ops.neg(ops.abs(x)), (-INF, 0)),
        (ops.exp, (0, INF)),
        (lambda x: ops.exp(ops.neg(ops.exp(x))), (0, 1)),
        (ops.sigmoid, (0, 1)),
        (lambda x: ops.neg(ops.sigmoid(x)), (-1, 0)),
        (_minus_size, (-INF, 0)),
        (lambda x: ops.select(ops.less(x, _number(2)), x, _number(2)), (-INF, 2)),
        (lambda x: ops.select(ops.less(x, _number(2)), _number(2), x), (2, INF)),
        (lambda x: ops.select(ops.greater(x, _number(0)), ops.neg(x), _number(5)), (-INF, 5)),
        (lambda x: ops.select(ops.equal(x, _number(0)), ops.exp(x), x), (-INF, INF)),
        (lambda x: ops.select(ops.less(x, ops.exp(x)), x, _number(0)), (-INF, INF)),
        (lambda x: ops.select(ops.less(x, _number(math.nan)), x, _number(math.nan)), (-INF, INF)),
    ],
)
def test_interval(make, interval):
    assert interval_of(make(_x())) == interval


def test_only_what_surely_fits_is_narrowed():
    x = _x()
    assert narrowed(ops.exp(x)) is None
    assert narrowed(ops.exp(_minus_size(x))) == "exp_negative"
    assert narrowed(ops.log1p(ops.exp(x))) is None
    assert narrowed(ops.log1p(ops.exp(_minus_size(x)))) == "log1p_unit"
    assert narrowed(ops.sqrt(ops.exp(x))) is None


def _domain(low: float, high: float) -> np.ndarray:
    bits = np.arange(0, 2**32, 20_011, dtype=np.uint64).astype(np.uint32)
    x = bits.view(np.float32)
    special = np.array([0, -0.0, 1, -1, np.nan, -np.inf, 1e-45, -1e-45, 1e-40], np.float32)
    edges = np.array([math.sqrt(2) - 1, -87.4, -103.9, -104.1], np.float32)
    x = np.concatenate(
        [x, special, edges, np.linspace(max(low, -104), high, 100_003).astype(np.float32)]
    )
    return x[np.isnan(x) | ((low <= x) & (x <= high))]


@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize(
    ("name", "reference", "low", "high", "limit"),
    [("exp_negative", np.exp, -INF, 0, 1.0), ("log1p_unit", np.log1p, 0, 1, 1.5)],
)
def test_float32(name, reference, low, high, limit, target):
    x = _domain(low, high)
    got = vecmath(name, float32, target=TARGETS[target])(x)
    with np.errstate(all="ignore"):
        error = ulp_error(got, reference(x.astype(np.float64)))
    assert error.max() <= limit + (target == "baseline"), x[np.argmax(error)]
    zero = got == 0
    want = reference(x[zero].astype(np.float64))
    np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(want))


@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize(
    ("name", "reference", "low", "high"),
    [("exp_negative", np.exp, -700, 0), ("log1p_unit", np.log1p, 0, 1)],
)
def test_float64(name, reference, low, high, target):
    x = np.linspace(low, high, 200_003)
    got = vecmath(name, float64, target=TARGETS[target])(x)
    np.testing.assert_allclose(got, reference(x), rtol=1e-15)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 8, 11, 16])
@pytest.mark.parametrize("dtype", [float32, float64])
@pytest.mark.parametrize("name", ["exp", "exp_negative"])
def test_a_power_of_two_is_multiplied_in_vectors_of_any_width(name, dtype, lanes):
    x = np.linspace(-110, 0, 240 * lanes).astype(dtype.np_dtype)
    got = VectorFunction(TABLE[name], (dtype,), lanes=lanes)(x)
    wide = VectorFunction(TABLE[name], (dtype,), lanes=1)(x)
    np.testing.assert_allclose(got, wide, rtol=3e-7 if dtype is float32 else 1e-15, atol=1e-44)


def test_the_loss_of_logits_in_a_program():
    from caudal import nn, random
    from caudal.framework.function import function

    x, z = random.normal((33, 7), seed=1) * 30.0, random.uniform((33, 7), seed=2)
    loss = nn.sigmoid_cross_entropy_with_logits
    got, want = function(lambda: loss(z, x))().numpy(), loss(z, x).numpy()
    a, b = x.numpy().astype(np.float64), z.numpy().astype(np.float64)
    exact = np.maximum(a, 0) - a * b + np.log1p(np.exp(-np.abs(a)))
    np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(want, exact, rtol=1e-6, atol=1e-6)
