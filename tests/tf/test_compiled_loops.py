"""Loops and branches of compiled functions against the same program run eagerly."""

import numpy as np
import pytest

import caudal as tf
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import loops
from caudal.passes.trim import trim_loops

X = np.array([[0.3, -0.7, 1.1], [0.9, 0.2, -0.4]], np.float32)
W = np.array([[0.5, -0.2, 0.1], [0.3, 0.8, -0.6], [-0.4, 0.2, 0.7]], np.float32)


def counted(x, w):
    def body(i, h):
        return i + 1, tf.tanh(h @ w + x)

    return tf.while_loop(lambda i, h: i < 6, body, (0, x))[1]


def until(x, w):
    """The number of turns follows from the values."""

    def body(h):
        return h * 1.5 + tf.reduce_sum(w) * 0.01

    return tf.while_loop(
        lambda h: tf.reduce_max(tf.abs(h)) < 20.0, body, (x,), maximum_iterations=40
    )[0]


def capped(x, w):
    return tf.while_loop(
        lambda h: tf.reduce_max(tf.abs(h)) < 1e9, lambda h: tf.sin(h) @ w, (x,),
        maximum_iterations=7,
    )[0]  # fmt: skip


def mapped(x, w):
    rows = tf.tile(x, (4, 1))
    return tf.map_fn(lambda row: tf.linalg.matvec(w, row) * tf.reduce_max(row), rows)


def scanned(x, w):
    rows = tf.reshape(tf.tile(x, (4, 1)), (8, 1, 3))
    return tf.scan(lambda h, row: tf.tanh(h @ w + row), rows, x[:1] * 0.5)


def folded_backwards(x, w):
    rows = tf.tile(x, (5, 1))
    return tf.foldr(lambda h, row: h * 0.5 + row * row, rows, w[0])


def scanned_in_reverse(x, w):
    rows = tf.tile(x, (3, 1))
    return tf.scan(lambda h, row: h * 0.9 + tf.sin(row) * w[0], rows, w[1], reverse=True)


def branch(x, w):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x @ w, lambda: tf.sin(x) - tf.reduce_sum(w))


def branch_not_taken(x, w):
    return tf.cond(tf.reduce_sum(x) < 0, lambda: x @ w, lambda: (x * x) @ w + 1.0)


def light_branch(x, w):
    return tf.cond(tf.reduce_sum(x) < 0, lambda: x * w[0], lambda: x * x - w[1])


def nested(x, w):
    def outer(i, h):
        def inner(j, g):
            return j + 1, tf.sin(g) @ w

        h = tf.while_loop(lambda j, g: j < 3, inner, (0, h))[1]
        return i + 1, tf.cond(tf.reduce_sum(h) > 0, lambda: h @ w, lambda: h + x)

    return tf.while_loop(lambda i, h: i < 4, outer, (0, x))[1]


def by_number(x, w):
    """A turn's number is used as a value and as an index."""
    rows = tf.tile(x, (3, 1))

    def body(i, h):
        return i + 1, h + rows[i] * tf.cast(i, tf.float32)

    return tf.while_loop(lambda i, h: i < 6, body, (0, w[0]))[1]


PROGRAMS = [
    counted, until, capped, mapped, scanned, folded_backwards, scanned_in_reverse, branch,
    branch_not_taken, light_branch, nested, by_number,
]  # fmt: skip


def derivatives(program):
    """The value, its gradients, and the gradients of their squared length."""

    def fn(x, w):
        with tf.GradientTape() as outer:
            outer.watch((x, w))
            with tf.GradientTape() as inner:
                inner.watch((x, w))
                y = program(x, w)
                loss = tf.reduce_sum(y * y)
            first = inner.gradient(loss, (x, w), unconnected_gradients="zero")
            length = tf.add_n([tf.reduce_sum(g * g) for g in first])
        second = outer.gradient(length, (x, w), unconnected_gradients="zero")
        return y, first, second

    return fn


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_values_and_gradients_to_second_order(program):
    x, w = tf.constant(X), tf.constant(W)
    expected = tf.nest.flatten(derivatives(program)(x, w))
    actual = tf.nest.flatten(tf.function(derivatives(program))(x, w))
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a.numpy(), e.numpy(), rtol=2e-5, atol=2e-5)


def test_the_gradient_of_a_variable_that_a_loop_reads():
    w = tf.Variable(W)

    def fn(x):
        with tf.GradientTape() as tape:
            h = tf.while_loop(lambda i, h: i < 5, lambda i, h: (i + 1, tf.tanh(h @ w)), (0, x))[1]
            loss = tf.reduce_sum(h)
        return tape.gradient(loss, w)

    np.testing.assert_allclose(
        tf.function(fn)(tf.constant(X)).numpy(), fn(tf.constant(X)).numpy(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("most", [0, 1 << 20])
def test_dear_functions_are_kept_for_the_gradient_as_far_as_they_fit(most, monkeypatch):
    monkeypatch.setattr(loops, "_MOST_BYTES", most)

    def cell(c, row, w):
        return c * tf.sigmoid(row @ w) + tf.tanh(tf.tanh(c) + row)

    def fn(x, w):
        with tf.GradientTape() as tape:
            tape.watch((x, w))
            rows = tf.scan(lambda c, row: cell(c, row, w), tf.tile(x[None], (9, 1, 1)), x)
            loss = tf.reduce_sum(rows * rows)
        return tape.gradient(loss, (x, w))

    compiled, given = tf.function(fn), (tf.constant(X), tf.constant(W))
    for actual, expected in zip(compiled(*given), fn(*given), strict=True):
        np.testing.assert_allclose(actual.numpy(), expected.numpy(), rtol=2e-5, atol=2e-5)
    program = trim_loops(compiled.get_concrete_function(*given).traced.program)
    bodies = [node.params["body"] for node in program.nodes() if node.op.name == "loop"]
    worked_out = {
        body.name.endswith("_gradient"): sum(n.op.name in ("tanh", "sigmoid") for n in body.nodes())
        for body in bodies
    }
    assert worked_out == {False: 3, True: 0 if most else 3}


def test_variables_that_a_loop_assigns():
    total, count = tf.Variable(0.0), tf.Variable(0)

    def fn(x):
        def body(i):
            total.assign_add(tf.reduce_sum(x) * tf.cast(i, tf.float32))
            tf.cond(total > 3.0, lambda: count.assign_add(1), lambda: count.assign_add(0))
            return i + 1

        tf.while_loop(lambda i: i < 5, body, (tf.constant(0),))
        return total + 1.0

    results = []
    for run in (fn, tf.function(fn)):
        total.assign(0.0)
        count.assign(0)
        results.append((float(run(tf.constant([0.5, 0.25]))), float(total), int(count)))
    assert results[0] == results[1] == (8.5, 7.5, 2)


def test_only_the_branch_that_is_taken_assigns():
    v = tf.Variable([1.0, 2.0])

    @tf.function
    def fn(flag):
        tf.cond(flag, lambda: v.assign(v * 10.0), lambda: v.assign_sub([1.0, 1.0]))
        return v + 0.0

    assert fn(tf.constant(True)).numpy().tolist() == [10, 20]
    assert fn(tf.constant(False)).numpy().tolist() == [9, 19]


def test_effects_happen_once_a_turn_and_in_order(capfd):
    @tf.function
    def fn(n):
        def body(i):
            tf.print("turn", i)
            tf.cond(i > 1, lambda: tf.print("late"), lambda: tf.print("early"))
            return i + 1

        return tf.while_loop(lambda i: i < n, body, (tf.constant(0),))

    fn(tf.constant(3))
    assert capfd.readouterr().err.split() == "turn 0 early turn 1 early turn 2 late".split()


def test_a_wrong_index_in_some_turn_is_reported():
    rows = tf.constant([1.0, 2.0, 3.0])

    @tf.function
    def fn(n):
        def body(i, total):
            return i + 1, total + tf.gather(rows, i)

        return tf.while_loop(lambda i, t: i < n, body, (tf.constant(0), 0.0))[1]

    assert float(fn(tf.constant(3))) == 6
    with pytest.raises(InvalidArgumentError, match=r"indices = 3 is not in \[0, 3\)"):
        fn(tf.constant(4))


def test_a_wrong_index_in_a_compiled_function_is_named():
    fn = tf.function(lambda ids: tf.gather(tf.constant([1.0, 2.0, 3.0]), ids))
    assert fn(tf.constant([[2, 0]])).numpy().tolist() == [[3, 1]]
    with pytest.raises(InvalidArgumentError, match=r"indices\[0, 1\] = -4 is not in"):
        fn(tf.constant([[1, -4]]))


def test_random_numbers_differ_from_turn_to_turn():
    @tf.function
    def fn():
        def body(i, kept):
            return i + 1, tf.tensor_scatter_nd_update(kept, [[i]], tf.random.uniform((1,)))

        return tf.while_loop(lambda i, k: i < 50, body, (0, tf.zeros(50)))[1]

    first, second = fn().numpy(), fn().numpy()
    assert len(set([*first, *second])) > 95


def test_a_loop_of_unknown_length_has_no_gradient():
    @tf.function
    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.while_loop(lambda v: v < 10.0, lambda v: v * 2.0, (x,))[0]
        return tape.gradient(y, x)

    with pytest.raises(UnimplementedError, match="maximum_iterations"):
        fn(tf.constant(1.0))


def test_a_loop_variable_that_changes_is_named():
    @tf.function
    def fn(x):
        return tf.while_loop(lambda v: tf.size(v) < 10, lambda v: tf.concat([v, v], 0), (x,))

    with pytest.raises(InvalidArgumentError, match=r"loop variable 0 begins as float32\[2\]"):
        fn(tf.constant([1.0, 2.0]))


def test_branches_of_two_kinds_are_named():
    @tf.function
    def fn(x):
        return tf.cond(x > 0, lambda: x, lambda: tf.stack([x, x]))

    with pytest.raises(InvalidArgumentError, match=r"float32\[\] and float32\[2\]"):
        fn(tf.constant(1.0))
