"""Products that leave out the columns at which rhs is zero in every step of the sum."""

from __future__ import annotations

import numpy as np
import pytest

from caudal import ops
from caudal.codegen.target import TARGETS, host_target
from caudal.ir import Program, Type
from caudal.ir.dtypes import bool_, float32
from caudal.ops.leaf import new_constant, new_input, new_state
from caudal.runtime.executable import Executable

pytestmark = pytest.mark.skipif(
    host_target().name != "avx512", reason="columns are left out on AVX-512 only"
)
SHAPES = [(16, 1999, 128), (33, 1861, 64), (128, 2300, 96), (50, 2561, 256)]


def _program(steps: int, rows: int, columns: int, holes: bool) -> Program:
    """A dense layer's weight after a step of RMSprop, its gradient from behind a ReLU."""
    x, g = new_input(Type(float32, (steps, rows))), new_input(Type(float32, (steps, columns)))
    mask = new_input(Type(bool_, (steps, columns)))
    w = new_state(Type(float32, (rows, columns)), "w")
    square = new_state(Type(float32, (rows, columns)), "square")
    zero = new_constant(np.float32(0))
    # Without holes: the same numbers, of which the compiler knows nothing.
    kept = ops.select(mask, g, zero) if holes else ops.add(g, zero)
    change = ops.dot_general(x, kept, contract=((0,), (0,)), batch=((), ()))
    squares = square * new_constant(np.float32(0.5)) + change * change
    after = w - change / (ops.sqrt(squares) + new_constant(np.float32(1e-3)))
    return Program((x, g, mask), (w, square), (kept,), ((0, after), (1, squares)), "columns")


def _run(program: Program, arrays: list[np.ndarray]) -> list[np.ndarray]:
    shape = program.states[0].shape
    states = [np.full(shape, 0.5, np.float32), np.full(shape, 0.25, np.float32)]
    Executable(program).run(arrays, states)
    return states


def _text(program: Program) -> str:
    steps = Executable(program).compiled.steps
    return "".join(step.code.text for step in steps if step.code)


def _data(steps: int, rows: int, columns: int, live: float) -> list[np.ndarray]:
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(steps, rows)).astype(np.float32)
    g = rng.normal(size=(steps, columns)).astype(np.float32)
    mask = rng.random((steps, columns)) < 0.7
    mask[:, rng.random(columns) >= live] = False
    return [x, g, mask]


def _dense(arrays: list[np.ndarray]) -> list[np.ndarray]:
    x, g, mask = arrays
    return [x, np.where(mask, g, np.float32(0)), mask]


@pytest.mark.parametrize("live", [0.0, 0.2, 0.8, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_bits_are_those_of_all_columns(shape, live):
    arrays = _data(*shape, live)
    program, dense = _program(*shape, True), _program(*shape, False)
    assert ".columns(" in _text(program)
    assert ".columns(" not in _text(dense)
    for got, want in zip(_run(program, arrays), _run(dense, _dense(arrays)), strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_any_number_of_threads(threads, monkeypatch):
    shape = SHAPES[3]
    arrays = _data(*shape, 0.3)
    want = _run(_program(*shape, False), _dense(arrays))
    monkeypatch.setenv("CAUDAL_THREADS", str(threads))
    for got, expected in zip(_run(_program(*shape, True), arrays), want, strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_zero_times_what_is_not_finite_stays_nan(odd):
    shape = SHAPES[1]
    arrays = _data(*shape, 0.3)
    arrays[0][5, 17] = arrays[0][32, 1860] = odd
    dead = ~arrays[2].any(0)
    got, want = _run(_program(*shape, True), arrays), _run(_program(*shape, False), _dense(arrays))
    for one, other in zip(got, want, strict=True):
        np.testing.assert_array_equal(one, other)
    assert dead.any() and np.isnan(got[0][[17, 1860]][:, dead]).all()
    assert np.isfinite(got[0][[16, 18]]).all()


def test_columns_of_minus_zero_are_left_out_and_the_smallest_number_is_not():
    shape = SHAPES[0]
    x, g, mask = _data(*shape, 1.0)
    mask[:] = True
    g[:], x[:] = 0.0, 1.0
    g[:, 3], g[7, 40] = -0.0, 1e-45
    _, squares = _run(_program(*shape, True), [x * np.float32(1e38), g, mask])
    rest = np.delete(squares, 40, axis=1)
    assert (rest == 0.125).all()
    got, _ = _run(_program(*shape, True), [x * np.float32(1e38), g, mask])
    assert (np.delete(got, 40, axis=1) == 0.5).all() and (got[:, 40] != 0.5).all()


@pytest.mark.parametrize("target", ["avx2", "baseline"])
def test_other_processors_take_all_columns(target, monkeypatch):
    assert target in TARGETS
    monkeypatch.setenv("CAUDAL_TARGET", target)
    arrays = _data(*SHAPES[0], 0.3)
    program = _program(*SHAPES[0], True)
    assert ".columns(" not in _text(program)
    want = _run(_program(*SHAPES[0], False), _dense(arrays))
    np.testing.assert_array_equal(_run(program, arrays)[0], want[0])
