"""Loops: sums of products become one product behind them, transposed matrices go before them."""

import numpy as np
import pytest

from caudal import ops
from caudal.ir import Program, Type
from caudal.ir.dtypes import float32, int64
from caudal.ops.leaf import new_constant, new_input, new_state
from caudal.passes.hoist import hoist
from caudal.passes.trim import trim_loops
from caudal.runtime.executable import Executable
from caudal.runtime.reference import ReferenceExecutable

TURNS, ROWS, WIDTH = 9, 8, 12


def start(t, rank):
    zeros = new_constant(np.zeros(rank - 1, np.int64))
    return ops.concat(ops.reshape(t, shape=(1,)), zeros, axis=0)


def row(source, at):
    sizes = (1, *source.shape[1:])
    taken = ops.dynamic_slice(source, start(at, len(source.shape)), sizes=sizes)
    return ops.reshape(taken, shape=source.shape[1:])


def product(x, y, contract):
    return ops.dot_general(x, y, contract=contract, batch=((), ()))


def beside(x, before, after):
    """x between columns of zeros."""
    return ops.pad(x, low=(0, before), high=(0, after), interior=(0, 0), value=0.0)


def summing(order="forward", kept=False, read=False, several=False):
    """A loop that adds up outer products of rows of two inputs; and h = tanh(h @ w' + row).

    several: the products of h with both rows, side by side.
    """
    x, y = (new_input(Type(float32, (TURNS, ROWS, WIDTH))) for _ in range(2))
    w = new_input(Type(float32, (WIDTH, WIDTH)))
    t, h = new_state(Type(int64, ())), new_state(Type(float32, (ROWS, WIDTH)))
    total = new_state(Type(float32, (WIDTH, WIDTH)))
    at = t if order == "forward" else new_constant(np.int64(TURNS - 1)) - t
    following = ops.tanh(product(h, w, ((1,), (1,))) + row(x, at))
    term = ops.transpose(product(row(y, at), following, ((0,), (0,))), perm=(1, 0))
    if several:
        other = product(following, row(x, at), ((0,), (0,)))
        term = beside(term, 0, WIDTH) + beside(other, WIDTH, 0)
        total = new_state(term.type)
    updates = [(0, t + 1), (1, following), (2, total + term)]
    states = [t, h, total]
    if kept:
        rows = new_state(Type(float32, (TURNS, ROWS, WIDTH)))
        part = ops.reshape(following, shape=(1, ROWS, WIDTH))
        states.append(rows)
        updates.append((3, ops.dynamic_update_slice(rows, part, start(at, 3))))
    if read:
        updates[1] = (1, following + ops.reduce_sum(total, axes=(0,)) * 0.01)
    body = Program((x, y, w), tuple(states), (), tuple(updates), "body")
    outer = [new_input(Type(float32, node.shape)) for node in (x, y, w, h, total)]
    results = ops.loop(
        new_constant(np.int64(0)), outer[3], outer[4], *outer[:3],
        body=body, carried=3, count=TURNS, guarded=False,
    )  # fmt: skip
    outputs = tuple(result * 2.0 for result in results[1:])
    return Program(tuple(outer), (), outputs, (), "summing")


def bodies(program):
    return [node.params["body"] for node in program.nodes() if node.op is ops.loop]


@pytest.mark.parametrize("order", ["forward", "backward"])
@pytest.mark.parametrize("kept", [False, True])
def test_a_sum_of_products_is_one_product_after_the_loop(order, kept):
    program = summing(order, kept)
    hoisted = trim_loops(hoist(program))
    (body,) = bodies(hoisted)
    assert [node.op.name for node in body.nodes()].count("dot_general") == 1
    # What was kept already is not kept a second time.
    assert sum(s.shape == (TURNS, ROWS, WIDTH) for s in body.states) == 1
    assert any(node.op is ops.dot_general for node in hoisted.nodes())
    rng = np.random.default_rng(0)
    inputs = [0.3 * rng.normal(size=n.shape).astype("f") for n in program.inputs]
    expected = ReferenceExecutable(program).run(inputs, [])
    for run in (ReferenceExecutable(hoisted), Executable(program)):
        for a, b in zip(run.run(inputs, []), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_sum_of_what_is_kept_is_one_sum_after_the_loop(value):
    gap = value
    x = new_input(Type(float32, (TURNS, ROWS, WIDTH)))
    t, total = new_state(Type(int64, ())), new_state(Type(float32, (2, WIDTH)))
    rows = new_state(x.type)
    value = ops.tanh(row(x, t))
    part = ops.reshape(value, shape=(1, ROWS, WIDTH))
    column = ops.reshape(ops.reduce_sum(value, axes=(0,)), shape=(1, WIDTH))
    below = ops.pad(column, low=(1, 0), high=(0, 0), interior=(0, 0), value=gap)
    updates = (
        (0, t + 1),
        (1, total + below),
        (2, ops.dynamic_update_slice(rows, part, start(t, 3))),
    )
    body = Program((x,), (t, total, rows), (), updates, "body")
    outer = [new_input(x.type), new_input(total.type)]
    results = ops.loop(
        new_constant(np.int64(0)), outer[1], outer[0],
        body=body, carried=2, count=TURNS, guarded=False,
    )  # fmt: skip
    program = Program(tuple(outer), (), (results[1] * 1.0, results[2] * 1.0), (), "sums")
    hoisted = trim_loops(hoist(program))
    (inside,) = bodies(hoisted)
    assert bool(gap) == any(node.op is ops.reduce_sum for node in inside.nodes())
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=n.shape).astype("f") for n in program.inputs]
    expected = ReferenceExecutable(program).run(inputs, [])
    for a, b in zip(Executable(program).run(inputs, []), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_a_sum_of_several_products_is_as_many_after_the_loop():
    program = summing(several=True)
    hoisted = trim_loops(hoist(program))
    (body,) = bodies(hoisted)
    assert [node.op.name for node in body.nodes()].count("dot_general") == 1
    assert sum(node.op is ops.dot_general for node in hoisted.nodes()) == 2
    rng = np.random.default_rng(0)
    inputs = [0.3 * rng.normal(size=n.shape).astype("f") for n in program.inputs]
    expected = ReferenceExecutable(program).run(inputs, [])
    for a, b in zip(Executable(program).run(inputs, []), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def test_a_sum_that_the_loop_reads_stays_inside():
    program = summing(read=True)
    (body,) = bodies(trim_loops(hoist(program)))
    assert [node.op.name for node in body.nodes()].count("dot_general") == 2


def test_a_matrix_is_transposed_once():
    (body,) = bodies(hoist(summing()))
    products = [
        n for n in body.nodes() if n.op is ops.dot_general and n.inputs[1].op.name == "input"
    ]
    assert [n.params["contract"] for n in products] == [((1,), (0,))]


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_a_loop_of_one_chain_gives_the_same_bits(threads, monkeypatch):
    program = summing(kept=True)
    rng = np.random.default_rng(0)
    inputs = [0.3 * rng.normal(size=n.shape).astype("f") for n in program.inputs]
    monkeypatch.setenv("CAUDAL_THREADS", "1")
    expected = [a.tobytes() for a in Executable(program).run(inputs, [])]
    monkeypatch.setenv("CAUDAL_THREADS", threads)
    executable = Executable(program)
    for _ in range(10):
        assert [a.tobytes() for a in executable.run(inputs, [])] == expected
