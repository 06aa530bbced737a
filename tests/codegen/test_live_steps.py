"""Products that leave out the steps of a sum at which lhs is zero in every row."""

from __future__ import annotations

import numpy as np
import pytest
from vector_function import HOST_TARGETS

from caudal import ops
from caudal.codegen.products import has_holes
from caudal.ir import Program, Type
from caudal.ir.dtypes import bool_, float32, float64
from caudal.ops.leaf import new_constant, new_input
from caudal.runtime.executable import Executable


def _program(rows: int, depth: int, columns: int, dtype, holes: bool) -> Program:
    """where(mask, g, 0) @ w', the gradient that a dense layer hands on from behind a ReLU."""
    kind = Type(dtype, (rows, depth))
    mask, g = new_input(Type(bool_, kind.shape)), new_input(kind)
    w = new_input(Type(dtype, (columns, depth)))
    zero = new_constant(dtype.np_dtype.type(0))
    # Without holes: the same numbers, of which the compiler knows nothing.
    kept = ops.select(mask, g, zero) if holes else ops.add(g, zero)
    product = ops.dot_general(kept, w, contract=((1,), (1,)), batch=((), ()))
    return Program((mask, g, w), (), (product,), (), "live")


def _run(program: Program, *arrays: np.ndarray) -> np.ndarray:
    return np.array(Executable(program).run(list(arrays), [])[0])


def _text(program: Program) -> str:
    steps = Executable(program).compiled.steps
    return "".join(step.code.text for step in steps if step.code)


def _data(rows: int, depth: int, columns: int, dtype, live: float):
    rng = np.random.default_rng(depth)
    g = rng.normal(size=(rows, depth)).astype(dtype.np_dtype)
    w = rng.normal(size=(columns, depth)).astype(dtype.np_dtype)
    mask = rng.random((rows, depth)) < 0.7
    mask[:, rng.random(depth) >= live] = False
    return mask, g, w


@pytest.mark.parametrize("target", HOST_TARGETS)
@pytest.mark.parametrize("live", [0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize(
    ("rows", "depth", "columns"), [(64, 96, 5000), (50, 67, 5003), (130, 32, 4999), (60, 513, 5121)]
)
def test_the_bits_are_those_of_all_steps(rows, depth, columns, live, target, monkeypatch):
    monkeypatch.setenv("CAUDAL_TARGET", target)
    mask, g, w = _data(rows, depth, columns, float32, live)
    program = _program(rows, depth, columns, float32, True)
    assert ".live(" in _text(program)
    got = _run(program, mask, g, w)
    dense = _program(rows, depth, columns, float32, False)
    assert ".live(" not in _text(dense)
    np.testing.assert_array_equal(got, _run(dense, mask, np.where(mask, g, 0), w))
    np.testing.assert_allclose(got, np.where(mask, g, 0) @ w.T, rtol=1e-4, atol=1e-4)


def test_float64():
    mask, g, w = _data(64, 90, 5001, float64, 0.4)
    program = _program(64, 90, 5001, float64, True)
    assert ".live(" in _text(program)
    np.testing.assert_allclose(_run(program, mask, g, w), np.where(mask, g, 0) @ w.T, rtol=1e-12)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_zero_times_what_is_not_finite_stays_nan(odd):
    mask, g, w = _data(64, 96, 5000, float32, 0.3)
    dead = np.flatnonzero(~mask.any(0))
    w[7, dead[0]] = w[4990, dead[-1]] = odd
    got = _run(_program(64, 96, 5000, float32, True), mask, g, w)
    assert np.isnan(got[:, [7, 4990]]).all()
    others = np.delete(np.arange(5000), [7, 4990])
    want = np.where(mask, g, 0) @ np.where(np.isfinite(w), w, 0).T
    np.testing.assert_allclose(got[:, others], want[:, others], rtol=1e-4, atol=1e-4)


def test_what_is_not_finite_in_lhs_is_no_hole():
    mask, g, w = _data(64, 96, 5000, float32, 0.3)
    dead = np.flatnonzero(~mask.any(0))
    mask[5, dead[0]], g[5, dead[0]] = True, np.nan
    mask[6, dead[1]], g[6, dead[1]] = True, np.inf
    got = _run(_program(64, 96, 5000, float32, True), mask, g, w)
    with np.errstate(invalid="ignore"):
        want = np.where(mask, g, 0) @ w.T
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)
    assert np.isnan(got[5]).all() and np.isinf(got[6]).all()


def test_the_smallest_number_is_no_hole():
    mask, g, w = np.ones((64, 96), bool), np.zeros((64, 96), np.float32), np.ones((5000, 96))
    g[3, 50], g[:, 51] = 1e-45, -0.0
    got = _run(_program(64, 96, 5000, float32, True), mask, g, (w * 2).astype(np.float32))
    assert got[3, 0] == np.float32(2.8e-45) and np.count_nonzero(got) == 5000


def test_what_may_have_holes():
    x = new_input(Type(float32, (8, 8)))
    on, zero = new_input(Type(bool_, (8, 8))), new_constant(np.float32(0))
    masked = ops.select(on, x, zero)
    assert has_holes(masked) and has_holes(ops.select(on, zero, x))
    assert has_holes(ops.reshape(masked, shape=(64,)))
    assert not has_holes(x)
    assert not has_holes(ops.select(on, x, new_constant(np.float32(1))))
