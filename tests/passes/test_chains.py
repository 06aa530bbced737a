"""Chains: kernels that follow one another chunk by chunk, and those that must not."""

import numpy as np
import pytest
import test_random_programs
from test_random_programs import random_program

from caudal import ops
from caudal.codegen.products import sliced
from caudal.codegen.target import TARGETS
from caudal.ir import Program, Type
from caudal.ir.dtypes import bool_, float32, int64
from caudal.ops.leaf import new_constant, new_input, new_state
from caudal.passes import chains, pipeline
from caudal.passes.pipeline import compile_program
from caudal.runtime.executable import Executable
from caudal.runtime.reference import ReferenceExecutable

ROWS, WIDTH = 64, 96


def product(x, w):
    return ops.dot_general(x, w, contract=((1,), (0,)), batch=((), ()))


def rows_scaled(x):
    """Each row by its own greatest element: a fold and what follows."""
    most = ops.reduce_max(ops.abs(x), axes=(1,))
    return x / (ops.reshape(most, shape=(ROWS, 1)) + 1.0)


def leaves(count):
    x = new_input(Type(float32, (ROWS, WIDTH)))
    weights = [new_input(Type(float32, (WIDTH, WIDTH))) for _ in range(count)]
    return x, weights


def arrays_for(program, seed=0):
    rng = np.random.default_rng(seed)
    make = lambda nodes: [  # noqa: E731
        np.asarray(0.15 * rng.normal(size=n.shape), n.dtype.np_dtype) for n in nodes
    ]
    return make(program.inputs), make(program.states)


def check(program, repeat=3):
    inputs, states = arrays_for(program)
    ours, theirs = [s.copy() for s in states], [s.copy() for s in states]
    found = Executable(program).run(inputs, ours, repeat)
    expected = ReferenceExecutable(program).run(inputs, theirs, repeat)
    for a, b in zip([*found, *ours], [*expected, *theirs], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def followers(program):
    return [step.follows for step in compile_program(program).steps]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """One thread does all of chunk 0 first: the order that differs most from kernel by kernel."""
    monkeypatch.setenv("CAUDAL_THREADS", "1")


def test_rows_go_through_products_folds_and_elementwise_work_alone():
    x, (a, b) = leaves(2)
    hidden = rows_scaled(ops.tanh(product(x, a)))
    program = Program((x, a, b), (), (ops.tanh(product(hidden, b)),), (), "rows")
    found = followers(program)
    assert sum(found) >= 2 and not found[0], found
    check(program)


def test_a_sum_over_the_rows_waits_for_all_of_them():
    x, (a, b) = leaves(2)
    hidden = ops.tanh(product(x, a))
    total = ops.reduce_sum(hidden, axes=(0,))
    moved = product(hidden + total, b)
    program = Program((x, a, b), (), (moved,), (), "columns")
    steps = compile_program(program).steps
    by_root = {root: step for step in steps for root in step.kernel.roots}
    last = next(step for root, step in by_root.items() if root.shape == moved.shape)
    assert last is not None
    check(program)


def test_rows_read_in_another_order_are_no_chain():
    x, (a, b) = leaves(2)
    hidden = ops.tanh(product(x, a))
    program = Program((x, a, b), (), (product(ops.reverse(hidden, axes=(0,)), b),), (), "backwards")
    # What turns the rows round waits for them all; what reads it then may go on with it.
    assert not followers(program)[1]
    check(program)


def test_a_product_that_sums_over_the_rows_is_no_chain_with_what_reads_them():
    x = new_input(Type(float32, (2048, 64)))
    g = new_input(Type(float32, (2048, 192)))
    # Each chunk of the product reads all of g: the sum finds no more of it in the near caches.
    weights = ops.dot_general(x, g, contract=((0,), (0,)), batch=((), ()))
    program = Program((x, g), (), (weights * 2.0, ops.reduce_sum(g, axes=(0,))), (), "gradients")
    assert not any(followers(program))


def test_a_state_is_updated_in_place_row_by_row():
    x, (a, b) = leaves(2)
    memory = new_state(Type(float32, (ROWS, WIDTH)))
    following = ops.tanh(product(memory, a) + product(x, b))
    program = Program((x, a, b), (memory,), (rows_scaled(following),), ((0, following),), "state")
    check(program, repeat=5)


@pytest.mark.parametrize(("width", "chunks"), [(1024, [16, 8]), (128, [32, 16, 8])])
def test_few_rows_are_no_reason_to_read_a_large_matrix_again(width, chunks):
    x, w = new_input(Type(float32, (64, 64))), new_input(Type(float32, (64, width)))
    tried = [n for n in (32, 16, 8) if sliced(product(x, w), TARGETS["avx512"], n)]
    assert tried == chunks


def test_a_small_product_in_the_middle_ends_no_chain():
    x = new_input(Type(float32, (32, 64, 64)))
    a, b, c = (new_input(Type(float32, shape)) for shape in ((64, 64), (64, 10), (10, 64)))
    hidden = ops.tanh(ops.dot_general(x, a, contract=((2,), (0,)), batch=((), ())))
    scores = product(ops.reduce_sum(hidden, axes=(1,)), b)
    shares = ops.reshape(product(ops.tanh(scores), c), shape=(32, 1, 64))
    program = Program((x, a, b, c), (), (hidden * shares,), (), "head")
    assert all(followers(program)[1:])
    check(program)


def test_a_column_at_an_index_is_read_wherever_it_is_needed():
    x, (a, b) = leaves(2)
    mask, at = new_input(Type(bool_, (ROWS, 8))), new_state(Type(int64, ()))
    place = ops.concat(new_constant(np.zeros(1, np.int64)), ops.reshape(at, shape=(1,)), axis=0)
    seen = ops.dynamic_slice(mask, place, sizes=(ROWS, 1))
    hidden = ops.select(seen, ops.tanh(product(x, a)), x)
    last = ops.select(seen, product(hidden, b), hidden)
    program = Program((x, a, b, mask), (at,), (last,), ((0, at + 1),), "masked")
    made = {root.op.name for step in compile_program(program).steps for root in step.kernel.roots}
    assert "dynamic_slice" not in made
    check(program)


def gram(x, y):
    """x times the transposed x times y: a product of all rows with all rows."""
    scores = ops.dot_general(x, x, contract=((1,), (1,)), batch=((), ()))
    return product(scores * 0.01, y)


def keeping(old, new):
    """A program with two states and a row of each old value; what the new values are."""
    states = [new_state(Type(float32, (ROWS, WIDTH))) for _ in range(2)]
    rows = [new_state(Type(float32, (2, ROWS, WIDTH))) for _ in range(2)]
    x = new_input(Type(float32, (ROWS, WIDTH)))
    start = new_constant(np.array([1, 0, 0]))
    kept = [
        ops.dynamic_update_slice(row, ops.reshape(old(state), shape=(1, ROWS, WIDTH)), start)
        for row, state in zip(rows, states, strict=True)
    ]
    updates = tuple(enumerate([*new(*states, x), *kept]))
    return Program((x,), (*states, *rows), (), updates, "keeping")


NEW = {
    "in place": lambda a, b, x: (ops.tanh(a) + x, a * b),
    "exchanged": lambda a, b, x: (b * 0.5 + x, a * 0.5),
    "moved": lambda a, b, x: (ops.reverse(a, axes=(0,)) + x, ops.reverse(b, axes=(1,)) * 0.5),
    "folded": lambda a, b, x: (rows_scaled(a + x), ops.tanh(gram(x, b) + b)),
}


@pytest.mark.parametrize("new", NEW.values(), ids=NEW)
def test_a_row_of_an_old_value_is_written_before_the_new_one(new):
    check(keeping(lambda state: state, new))
    check(keeping(lambda state: state + 1.0, new))


def test_the_old_value_is_kept_by_the_kernel_of_the_new_one():
    program = keeping(lambda state: state, NEW["in place"])
    assert len(compile_program(program).steps) == 1


def test_weights_updates_cut_no_chain_off():
    x, (a, b) = leaves(2)
    weights = new_state(Type(float32, (WIDTH, WIDTH)))
    hidden = rows_scaled(ops.tanh(product(x, weights)))
    step = ops.dot_general(x, hidden, contract=((0,), (0,)), batch=((), ()))
    seen = rows_scaled(ops.tanh(product(hidden, a)))
    results = (rows_scaled(ops.tanh(product(seen, b))),)
    program = Program((x, a, b), (weights,), results, ((0, weights - step * 0.1),), "updates")
    found = followers(program)
    assert found == [False, *[True] * (len(found) - 2), False]
    check(program)


def test_a_gradient_is_summed_while_its_rows_are_near():
    x, a, b = (new_input(Type(float32, shape)) for shape in ((2048, 64), (64, 96), (96, 96)))
    weights = new_state(Type(float32, (64, 96)))
    hidden = ops.tanh(product(x, a))
    seen = ops.tanh(product(ops.tanh(product(hidden, b)), b))
    step = ops.dot_general(x, hidden, contract=((0,), (0,)), batch=((), ()))
    program = Program((x, a, b), (weights,), (seen,), ((0, weights - step * 0.1),), "near")
    steps = compile_program(program).steps
    names = [step.kernel.roots[0].op.name for step in steps]
    assert names[:2] == ["tanh", "partial_product"] and steps[1].follows, names
    check(program)


def test_products_ask_for_what_the_chain_touches_after_them():
    x, y = (new_input(Type(float32, (2048, 64))) for _ in range(2))
    a, b = (new_input(Type(float32, (64, 64))) for _ in range(2))
    scores = product(x, a)
    most = ops.reduce_max(scores, axes=(1,))
    shares = ops.exp(scores - ops.reshape(most, shape=(2048, 1))) * y
    results = (shares, product(ops.tanh(shares), b))
    program = Program((x, y, a, b), (), results, (), "ahead")
    steps = compile_program(program).steps
    assert all(step.follows for step in steps[1:])
    asking = next(step for step in steps if scores in step.kernel.roots)
    assert {y, shares} <= set(asking.code.buffers) - {*asking.kernel.inputs, *asking.kernel.roots}
    check(program)


def test_chains_reuse_no_buffer_before_their_end():
    x, weights = leaves(4)
    value = x
    for w in weights:
        value = rows_scaled(ops.tanh(product(value, w)))
    program = Program((x, *weights), (), (value,), (), "deep")
    compiled = compile_program(program)
    assert sum(step.follows for step in compiled.steps) >= 6
    places = sorted((start, node.type.nbytes) for node, start in compiled.offsets.items())
    ends = [start + size for start, size in places]
    assert all(end <= start for end, (start, _) in zip(ends, places[1:], strict=False))
    check(program)


@pytest.mark.parametrize("threads", ["1", "2", "3", "7"])
def test_the_same_bits_on_any_number_of_threads(threads, monkeypatch):
    x, weights = leaves(3)
    value = x
    for w in weights:
        value = rows_scaled(ops.tanh(product(value, w)))
    program = Program((x, *weights), (), (value,), (), "threads")
    inputs, _ = arrays_for(program)
    expected = Executable(program).run(inputs, [])[0].tobytes()
    monkeypatch.setenv("CAUDAL_THREADS", threads)
    executable = Executable(program)
    assert all(executable.run(inputs, [])[0].tobytes() == expected for _ in range(20))


@pytest.mark.parametrize("seed", range(24))
def test_random_programs_cut_as_finely_as_can_be(seed, monkeypatch):
    monkeypatch.setattr(chains, "CHUNK_CYCLES", 1)
    monkeypatch.setattr(pipeline, "CHUNK_CYCLES", 1)
    monkeypatch.setattr(chains, "NEAR_BYTES", 1)
    monkeypatch.setattr(chains, "LEAST", 2)
    monkeypatch.setattr(chains, "ENOUGH", 1)
    shapes = [(), (8,), (8, 12), (1, 12), (8, 1), (4, 8, 12), (32, 20), (20, 32), (8, 4, 3)]
    monkeypatch.setattr(test_random_programs, "SHAPES", shapes)
    program, inputs, states = random_program(1000 + seed)
    ours, theirs = [s.copy() for s in states], [s.copy() for s in states]
    found = Executable(program).run(inputs, ours, 2)
    expected = ReferenceExecutable(program).run(inputs, theirs, 2)
    for a, b in zip([*found, *ours], [*expected, *theirs], strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4)


def test_what_only_a_chain_reads_lies_in_the_threads_own_scratch(monkeypatch):
    x, weights = leaves(4)
    value = x
    for w in weights:
        value = rows_scaled(ops.tanh(product(value, w)))
    program = Program((x, *weights), (), (value,), (), "private")
    memory = compile_program(program).memory
    assert memory.private and memory.scratch < ROWS * WIDTH * 4
    for threads in ("1", "2", "5"):
        # More threads later: the scratch grows.
        monkeypatch.setenv("CAUDAL_THREADS", threads)
        check(program)


def test_what_may_be_read_at_its_first_element_instead_is_not_private():
    x, (a, b) = leaves(2)
    hidden = ops.tanh(product(x, a))
    moved = ops.pad(hidden, low=(0, 3), high=(0, 0), interior=(0, 0), value=0.0)
    cut = ops.slice(moved, begin=(0, 0), end=(ROWS, WIDTH), strides=(1, 1))
    program = Program((x, a, b), (), (product(ops.tanh(cut) * 2.0, b), cut), (), "guarded")
    compiled = compile_program(program)
    for step in compiled.steps:
        if step.code is not None and step.code.slices is not None:
            assert not step.code.slices.guarded & compiled.memory.private.keys()
    check(program)


def test_a_sum_that_only_a_loss_needs_is_worked_out_beside_the_weight_s_update():
    size = (3900, 128)
    w, x = new_state(Type(float32, size), "w"), new_input(Type(float32, size))
    factor, a = new_input(Type(float32, ())), new_input(Type(float32, (128, 128)))
    penalty = ops.mul(ops.reduce_sum(ops.mul(w, w), axes=(0, 1)), factor)
    sums = ops.reduce_sum(ops.tanh(product(x, a)), axes=(0,))
    after = ops.sub(w, ops.mul(x, ops.reshape(sums, shape=(1, 128))))
    program = Program((x, factor, a), (w,), (penalty, sums), ((0, after),), "penalty")
    roots = [step.kernel.roots[0].op.name for step in compile_program(program).steps]
    assert roots.index("tanh") < roots.index("reduce_sum")
    assert roots[roots.index("sub") - 1] == "reduce_sum"
    check(program)
