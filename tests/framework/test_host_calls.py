"""py_function and numpy_function inside compiled functions: effects once, in order; gradients."""

import numpy as np
import pytest

import caudal as tf


@pytest.fixture
def log():
    return []


def test_effects_happen_once_a_call_and_in_order(log):
    def note(name):
        return lambda x: log.append((name, float(x)))

    @tf.function
    def f(x):
        tf.py_function(note("first"), [x], [])
        y = tf.numpy_function(lambda a: log.append(("second", float(a))) or a * 2, [x], tf.float32)
        tf.py_function(note("third"), [y], [])
        return y + 1

    for value in (1.0, 2.0, 3.0):
        log.clear()
        assert float(f(tf.constant(value))) == 2 * value + 1
        assert log == [("first", value), ("second", value), ("third", 2 * value)]
    # The first call learned the shapes; the others were one program.
    assert f.get_concrete_function(tf.constant(1.0)).traced.trace.calls_back


def test_a_given_shape_needs_no_first_call(log):
    @tf.function
    def f(x):
        y = tf.numpy_function(lambda a: log.append(1) or a[:2], [x], tf.TensorSpec([2], "float32"))
        return y * 2.0

    concrete = f.get_concrete_function(tf.TensorSpec([3], tf.float32))
    assert log == []
    assert concrete(tf.constant([1.0, 2.0, 3.0])).numpy().tolist() == [2.0, 4.0]
    assert log == [1]


@pytest.mark.parametrize("inside", [False, True])
def test_gradients(log, inside):
    def cube(x):
        log.append(float(x))
        return x**3

    def f(x):
        y = tf.py_function(cube, [x], tf.float32)
        return y * y

    def with_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            z = f(x) if inside else compiled(x)
        return z, tape.gradient(z, x)

    compiled = tf.function(f)
    run = tf.function(with_gradient) if inside else with_gradient
    for _ in range(4):
        log.clear()
        value, gradient = run(tf.constant(2.0))
        assert (float(value), float(gradient)) == (64.0, 192.0)
        assert log in ([2.0], [2.0, 2.0])
    # The function is called once, after the program is known to be differentiated.
    assert log == [2.0]


def test_variables_get_gradients_and_numpy_functions_have_none():
    v = tf.Variable(3.0)

    @tf.function
    def f():
        a = tf.py_function(lambda x: tf.sin(x), [v], tf.float32)
        return a + tf.numpy_function(np.cos, [v], tf.float32)

    for _ in range(3):
        with tf.GradientTape() as tape:
            y = f()
        np.testing.assert_allclose(tape.gradient(y, v), np.cos(3.0), rtol=1e-6)


def test_several_results_of_which_some_are_whole_numbers():
    @tf.function
    def f(x, n):
        return tf.py_function(
            lambda x, n: (x * 2.0, n + 1, x + 1.0), [x, n], [x.dtype, n.dtype, x.dtype]
        )

    for _ in range(3):
        x, n = tf.constant([1.0, 2.0]), tf.constant(4)
        with tf.GradientTape() as tape:
            tape.watch(x)
            a, b, c = f(x, n)
            total = tf.reduce_sum(a) + 3.0 * tf.reduce_sum(c)
        assert int(b) == 5
        assert tape.gradient(total, x).numpy().tolist() == [5.0, 5.0]


def test_a_shape_that_changes_begins_the_call_again(log):
    count = tf.Variable(0)

    @tf.function
    def f(x):
        count.assign_add(1)
        tf.py_function(lambda: log.append("begin"), [], [])
        found = tf.numpy_function(lambda a: log.append("unique") or np.unique(a), [x], tf.int64)
        tf.py_function(lambda: log.append("end"), [], [])
        return found * 2

    for row, expected in (
        ([1, 1, 2], [2, 4]),
        ([1, 3, 3], [2, 6]),
        ([1, 1, 1], [2]),
        ([1, 2, 3], [2, 4, 6]),
    ):
        log.clear()
        before = int(count)
        assert f(tf.constant(row, tf.int64)).numpy().tolist() == expected
        assert log == ["begin", "unique", "end"]
        assert int(count) == before + 1


def test_texts_run_op_by_op():
    @tf.function
    def f(x):
        return tf.numpy_function(lambda a: str(int(a)).encode(), [x], tf.string)

    assert f(tf.constant(3)).numpy() == b"3"
    assert f(tf.constant(4)).numpy() == b"4"


def test_in_a_loop(log):
    @tf.function
    def f(x):
        for i in tf.range(3):
            x = x + tf.py_function(
                lambda a, i: log.append(int(i)) or a * 2.0, [x, i], tf.TensorSpec([], "float32")
            )
        return x

    for _ in range(2):
        log.clear()
        assert float(f(tf.constant(1.0))) == 27.0
        assert log == [0, 1, 2]


def test_in_a_branch(log):
    @tf.function
    def f(x):
        if x > 0.0:
            return tf.py_function(lambda a: log.append(1) or a, [x], tf.TensorSpec([], tf.float32))
        return x

    assert float(f(tf.constant(-1.0))) == -1.0
    assert log == []
    assert float(f(tf.constant(2.0))) == 2.0
    assert log == [1]


@pytest.mark.parametrize(
    ("function", "outputs", "kind", "text"),
    [
        (lambda a: 1 // 0, tf.float32, tf.errors.UnknownError, "ZeroDivisionError"),
        (lambda a: [][1], tf.float32, tf.errors.UnknownError, "IndexError"),
        (lambda a: int("x"), tf.float32, tf.errors.InvalidArgumentError, "ValueError: invalid"),
        (lambda a: None, tf.float32, tf.errors.InvalidArgumentError, "expected 1 results"),
        (lambda a: (a, a), [tf.float32] * 3, tf.errors.InvalidArgumentError, "expected 3 results"),
        (lambda a: next(iter(())), tf.float32, tf.errors.OutOfRangeError, "StopIteration"),
    ],
)
def test_errors_of_the_function(function, outputs, kind, text):
    specs = tf.nest.map_structure(lambda dtype: tf.TensorSpec([], dtype), outputs)

    @tf.function
    def f(x):
        return tf.py_function(function, [x], specs)

    with pytest.raises(kind, match=text):
        f(tf.constant(1.0))


def test_bad_calls():
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected a function"):
        tf.py_function(None, [1.0], tf.float32)
    with pytest.raises(tf.errors.UnimplementedError, match="TensorSpec"):
        tf.function(lambda x: tf.numpy_function(abs, [x], tf.float32)).get_concrete_function(
            tf.TensorSpec([], tf.float32)
        )
    with pytest.raises(TypeError):
        tf.py_function(lambda x: x, [1.0], "no dtype")
