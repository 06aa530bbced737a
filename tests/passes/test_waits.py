"""Kernels that begin before those in front of them are done, and those that must not."""

import numpy as np
import pytest

from caudal import ops
from caudal.ir import Program, Type
from caudal.ir.dtypes import float32
from caudal.ops.leaf import new_input, new_state
from caudal.passes.pipeline import compile_program
from caudal.runtime.executable import Executable

SIDE = 192


def product(x, w):
    return ops.dot_general(x, w, contract=((1,), (0,)), batch=((), ()))


def matrices(count, make=new_input):
    return [make(Type(float32, (SIDE, SIDE))) for _ in range(count)]


def values(nodes, seed=0):
    rng = np.random.default_rng(seed)
    return [(0.1 * rng.normal(size=node.shape)).astype("f") for node in nodes]


def waits(program):
    return [step.waits for step in compile_program(program).steps]


def test_products_of_other_matrices_do_not_wait():
    x = matrices(6)
    results = tuple(product(a, b) for a, b in zip(x[::2], x[1::2], strict=True))
    assert waits(Program(tuple(x), (), results, (), "apart")) == [True, False, False]


def test_a_product_waits_for_what_it_reads_and_only_the_first_after_it():
    x = matrices(3)
    first = product(x[0], x[1])
    turned = ops.transpose(first, perm=(1, 0))
    results = (product(turned, x[2]), product(first, turned))
    found = waits(Program(tuple(x), (), results, (), "behind"))
    assert found[0]
    assert found[1:].count(True) >= 1
    assert not found[-1]


def test_what_updates_a_state_waits_for_its_readers():
    (x,), (state,) = matrices(1), matrices(1, new_state)
    seen = product(x, state)
    following = ops.tanh(state) * 0.5
    program = Program((x,), (state,), (seen,), ((0, following),), "update")
    assert waits(program) == [True, True]


def test_no_buffer_is_used_again_before_the_run_ends():
    x = matrices(8)
    first = [product(a, b) for a, b in zip(x[::2], x[1::2], strict=True)]
    sums = [ops.reduce_sum(ops.exp(m), axes=(0,)) for m in first]
    program = Program(tuple(x), (), tuple(sums), (), "places")
    compiled = compile_program(program)
    runs = []
    for step in compiled.steps:
        if step.waits:
            runs.append({})
        touched = {compiled.alias.get(node, node) for node in step.buffers}
        runs[-1].update({n: compiled.offsets[n] for n in touched if n in compiled.offsets})
    assert len(runs) < len(compiled.steps)
    for run in runs:
        places = sorted((start, node.type.nbytes) for node, start in run.items())
        ends = [start + size for start, size in places]
        assert all(end <= start for end, (start, _) in zip(ends, places[1:], strict=False))


@pytest.mark.parametrize("threads", ["1", "2", "3", "7"])
def test_the_same_bits_on_any_number_of_threads(threads, monkeypatch):
    inputs, states = matrices(2), matrices(5, new_state)
    hidden = ops.tanh(product(*inputs))
    updates = []
    for at, state in enumerate(states):
        step = product(hidden, ops.transpose(hidden, perm=(1, 0))) + float(at)
        updates.append((at, state * 0.5 + step * 0.01))
    total = ops.reduce_sum(hidden, axes=(0,))
    program = Program(tuple(inputs), tuple(states), (total,), tuple(updates), "threads")
    arrays = values(inputs)

    def run(times):
        kept = values(states, seed=1)
        found = executable.run(arrays, kept, times)
        return [array.tobytes() for array in (*found, *kept)]

    monkeypatch.setenv("CAUDAL_THREADS", "1")
    executable = Executable(program)
    expected = run(9)
    monkeypatch.setenv("CAUDAL_THREADS", threads)
    assert any(not step.waits for step in executable.compiled.steps)
    assert all(run(9) == expected for _ in range(20))
