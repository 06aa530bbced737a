"""Loops inside programs: every kind, compiled against the reference."""

import numpy as np
import pytest

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.ir import Program, Type
from caudal.ir.dtypes import bool_, float32, int64
from caudal.ops.leaf import new_constant, new_input, new_state
from caudal.ops.record import make_node
from caudal.runtime.executable import Executable
from caudal.runtime.reference import ReferenceExecutable

F = np.float32


def index(t, rank):
    """The start of row ``t``, an int64 scalar, in an array of that rank."""
    zeros = new_constant(np.zeros(rank - 1, np.int64))
    return ops.concat(ops.reshape(t, shape=(1,)), zeros, axis=0)


def running_products(turns, rows=5, columns=7):
    """h = tanh(h @ w + x[t]) over the rows of x, and every h."""
    x, w = (
        new_input(Type(float32, (turns, rows, columns))),
        new_input(Type(float32, (columns, columns))),
    )
    t = new_state(Type(int64, ()))
    h = new_state(Type(float32, (rows, columns)))
    every = new_state(Type(float32, (turns, rows, columns)))
    now = ops.reshape(
        ops.dynamic_slice(x, index(t, 3), sizes=(1, rows, columns)), shape=(rows, columns)
    )
    product = ops.dot_general(h, w, contract=((1,), (0,)), batch=((), ()))
    following = ops.tanh(product + now)
    row = ops.reshape(following, shape=(1, rows, columns))
    kept = ops.dynamic_update_slice(every, row, index(t, 3))
    body = Program((x, w), (t, h, every), (), ((0, t + 1), (1, following), (2, kept)), "body")
    start, data = new_input(Type(float32, (rows, columns))), new_input(x.type)
    weights = new_input(w.type)
    last = ops.loop(
        new_constant(np.int64(0)), start, data, weights * 0.5,
        body=body, carried=2, count=turns, guarded=False,
    )  # fmt: skip
    return Program((start, data, weights), (), (last[0], last[1] * 2.0, last[2]), (), "scan")


def halvings():
    """How often a number is halved until it is below 1, by a while loop."""
    on, n, value = (
        new_state(Type(bool_, ())),
        new_state(Type(int64, ())),
        new_state(Type(float32, ())),
    )
    limit = new_input(Type(float32, ()))
    half = value * 0.5
    body = Program((limit,), (on, n, value), (), ((0, half >= limit), (1, n + 1), (2, half)), "b")
    start, least = new_input(Type(float32, ())), new_input(Type(float32, ()))
    found = ops.loop(
        start >= least, new_constant(np.int64(0)), start, least,
        body=body, carried=3, count=None, guarded=True,
    )  # fmt: skip
    return Program((start, least), (), (found[1], found[2]), (), "while")


def nested(outer, inner):
    """A counted loop around a guarded one."""
    j, b = new_state(Type(int64, ())), new_state(Type(float32, (3,)))
    on = new_state(Type(bool_, ()))
    limit = new_input(Type(int64, ()))
    within = Program(
        (limit,), (on, j, b), (), ((0, j + 1 < limit), (1, j + 1), (2, b * 1.5 - 0.25)), "inner"
    )
    i, a = new_state(Type(int64, ())), new_state(Type(float32, (3,)))
    most = new_input(Type(int64, ()))
    zero = new_constant(np.int64(0))
    done = ops.loop(
        most > i, zero, ops.sin(a), most - i, body=within, carried=3, count=None, guarded=True
    )
    around = Program((most,), (i, a), (), ((0, i + 1), (1, done[2])), "outer")
    start, turns = new_input(Type(float32, (3,))), new_input(Type(int64, ()))
    last = ops.loop(zero, start, turns, body=around, carried=2, count=outer, guarded=False)
    return Program((start, turns), (), (last[1],), (), "nested")


def both(program, *inputs):
    inputs = [np.ascontiguousarray(array) for array in inputs]
    expected = ReferenceExecutable(program).run(inputs, [])
    actual = Executable(program).run(inputs, [])
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=2e-6, atol=1e-6)
    return actual


@pytest.mark.parametrize("turns, rows, columns", [(1, 2, 3), (9, 5, 7), (4, 64, 96), (70, 33, 40)])
def test_a_scan_with_rows_written_and_read(turns, rows, columns):
    rng = np.random.default_rng(1)
    start = rng.normal(size=(rows, columns)).astype(F)
    data = rng.normal(size=(turns, rows, columns)).astype(F)
    weights = (rng.normal(size=(columns, columns)) / columns).astype(F)
    count, last, every = both(running_products(turns, rows, columns), start, data, weights)
    assert count == turns
    np.testing.assert_array_equal(last, every[-1] * 2)


@pytest.mark.parametrize("threads", ["1", "2", "3", "7"])
def test_the_same_bits_for_any_number_of_threads(threads, monkeypatch):
    rng = np.random.default_rng(1)
    inputs = [
        rng.normal(size=shape).astype(F) for shape in [(128, 256), (12, 128, 256), (256, 256)]
    ]
    program = running_products(12, 128, 256)
    expected = Executable(program).run(inputs, [])
    monkeypatch.setenv("CAUDAL_THREADS", threads)
    for a, e in zip(Executable(program).run(inputs, []), expected, strict=True):
        np.testing.assert_array_equal(a, e)


@pytest.mark.parametrize("threads", ["2", "3", "7"])
def test_what_follows_a_loop_waits_for_it(threads, monkeypatch):
    rng = np.random.default_rng(1)
    inputs = [rng.normal(size=shape).astype(F) for shape in [(33, 40), (70, 33, 40), (40, 40)]]
    monkeypatch.setenv("CAUDAL_THREADS", threads)
    executable = Executable(running_products(70, 33, 40))
    expected = [array.tobytes() for array in executable.run(inputs, [])]
    for _ in range(200):
        assert [array.tobytes() for array in executable.run(inputs, [])] == expected


@pytest.mark.parametrize("start", [1000.0, 0.5, 1.0, 3e38])
def test_a_while_loop_ends_when_its_guard_falls(start):
    count, value = both(halvings(), F(start), F(1))
    assert value < 1
    assert float(value) * 2.0 ** int(count) == F(start)


@pytest.mark.parametrize("turns", [0, 1, 6])
def test_a_loop_in_a_loop(turns):
    both(nested(4, turns), np.array([0.1, 0.2, 0.3], F), np.int64(turns))


def test_states_may_change_places():
    a, b = new_state(Type(float32, (4,))), new_state(Type(float32, (4,)))
    body = Program((), (a, b), (), ((0, b), (1, a + b)), "fibonacci")
    x, y = new_input(a.type), new_input(b.type)
    last = ops.loop(x, y, body=body, carried=2, count=7, guarded=False)
    first, second = both(Program((x, y), (), tuple(last), ()), np.zeros(4, F), np.ones(4, F))
    assert (first[0], second[0]) == (13, 21)


def test_the_outcome_may_become_a_state():
    a = new_state(Type(float32, (3,)))
    body = Program((), (a,), (), ((0, a * 2.0),))
    state = new_state(Type(float32, (3,)))
    (last,) = ops.loop(state, body=body, carried=1, count=3, guarded=False)
    memory = np.array([1, 2, 3], F)
    Executable(Program((), (state,), (), ((0, last),))).run([], [memory], repeat=2)
    np.testing.assert_array_equal(memory, [64, 128, 192])


def test_a_failure_inside_ends_the_loop():
    def refuse(op_turn):
        if op_turn == 3:
            raise InvalidArgumentError("the third turn")

    from caudal.ops.effect import Callback, effect

    turn, token, on = (
        new_state(Type(int64, ())),
        new_state(Type(bool_, ())),
        new_state(Type(bool_, ())),
    )
    called = make_node(effect, (token, on, turn), {"callback": Callback(refuse)})
    body = Program((), (on, turn, token), (), ((1, turn + 1), (2, called)))
    always = new_constant(np.bool_(True))
    last = ops.loop(
        always, new_constant(np.int64(0)), always, body=body, carried=3, count=None, guarded=True
    )
    executable = Executable(Program((), (), (last[1], last[2]), ()))
    for _ in range(2):
        with pytest.raises(InvalidArgumentError, match="the third turn"):
            executable.run([], [])


def test_a_loop_that_cannot_end_is_refused():
    a = new_state(Type(float32, (3,)))
    body = Program((), (a,), (), ((0, a * 2.0),))
    with pytest.raises(InvalidArgumentError, match="never end"):
        ops.loop(new_input(a.type), body=body, carried=1, count=None, guarded=False)
    with pytest.raises(InvalidArgumentError, match=r"float32\[3\]"):
        ops.loop(new_input(Type(float32, ())), body=body, carried=1, count=1, guarded=False)
