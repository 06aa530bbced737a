"""Control flow of compiled functions: variables, effects, gradients, arrays, datasets."""

import sys

import numpy as np
import pytest

import caudal as tf


def test_variables_assigned_in_a_branch():
    v, w = tf.Variable(0.0), tf.Variable(1.0)

    @tf.function
    def f(x):
        if x > 0:
            v.assign_add(x)
            if x > 5:
                w.assign(x)
        else:
            v.assign(100.0)
        return v + w

    found = [(float(f(tf.constant(x))), float(v), float(w)) for x in (1.0, 6.0, -2.0)]
    assert found == [(2.0, 1.0, 1.0), (13.0, 7.0, 6.0), (106.0, 100.0, 6.0)]
    assert f.experimental_get_tracing_count() == 1


def test_variables_assigned_in_a_loop():
    total, best = tf.Variable(0.0), tf.Variable(-1.0)

    @tf.function
    def f(values):
        for value in values:
            total.assign_add(value)
            if value > best:
                best.assign(value)
        return total * 1.0

    values = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], np.float32)
    assert float(f(values)) == 52.0
    assert float(best) == 9.0
    assert float(f(values)) == 104.0


def test_random_numbers_differ_from_step_to_step():
    @tf.function
    def f():
        drawn = tf.TensorArray(tf.float32, 20)
        for i in tf.range(20):
            drawn = drawn.write(i, tf.random.uniform([]))
        return drawn.stack()

    tf.random.set_seed(1)
    first, second = f().numpy(), f().numpy()
    assert len({*first, *second}) == 40


def test_effects_in_branches_and_loops(capsys):
    @tf.function
    def f(x):
        for i in tf.range(3):
            if i < x:
                tf.print("step", i, output_stream=sys.stdout)
        return x

    f(tf.constant(2))
    f(tf.constant(0))
    assert capsys.readouterr().out == "step 0\nstep 1\n"


def test_assertions():
    @tf.function
    def f(x):
        assert x > 0, "must be positive"
        if x > 5:
            assert x < 10
        return x * 2

    assert int(f(tf.constant(7))) == 14
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be positive"):
        f(tf.constant(-1))
    with pytest.raises(tf.errors.InvalidArgumentError, match="assert x < 10"):
        f(tf.constant(11))
    with pytest.raises(AssertionError, match="known"):
        tf.function(lambda x: _failing(x))(tf.constant(1))


def _failing(x):
    assert x.shape.rank == 3, "known"
    return x


def test_gradients_through_branches_and_loops():
    w = tf.Variable(2.0)

    @tf.function
    def power(x):
        y = x
        for _ in tf.range(12):
            if y < 100.0:
                y = y * w
        return y

    x = tf.constant(1.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = power(x)
    dx, dw = tape.gradient(y, [x, w])
    assert float(y) == 1.5 * 2.0**7
    assert float(dx) == 2.0**7
    assert float(dw) == 1.5 * 7 * 2.0**6


def test_a_training_loop_with_conditions():
    x = np.linspace(-1, 1, 64).astype(np.float32).reshape(-1, 1)
    data = tf.data.Dataset.from_tensor_slices((x, 3 * x + 1)).batch(16)
    model = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)])
    optimizer = tf.keras.optimizers.SGD(0.3)

    @tf.function
    def epoch(dataset):
        largest = 0.0
        for features, labels in dataset:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(features) - labels) ** 2)
            gradients = tape.gradient(loss, model.trainable_variables)
            if loss > largest:
                largest = loss
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return largest

    losses = [float(epoch(data)) for _ in range(30)]
    assert losses[-1] < 1e-3 < losses[0]
    np.testing.assert_allclose(model.get_weights()[0], [[3.0]], atol=0.05)


def test_functions_given_to_tf_are_converted():
    def clipped(t):
        if t > 2:
            return t * 2
        return t

    f = tf.function(lambda x: tf.map_fn(clipped, x))
    assert f(tf.constant([1, 2, 3, 4])).numpy().tolist() == [1, 2, 6, 8]
    g = tf.function(lambda x: tf.cond(x > 0, lambda: clipped(x), lambda: -clipped(-x)))
    assert [int(g(tf.constant(n))) for n in (1, 5, -1, -5)] == [1, 10, -1, -10]


def test_arrays_of_computed_indices():
    @tf.function
    def f(places, x):
        array = tf.TensorArray(tf.float32, size=4, element_shape=[2])
        for i in tf.range(2):
            array = array.write(places[i], x * tf.cast(i + 1, tf.float32))
        return array.stack(), array.read(places[1]), array.size()

    rows, row, size = f(tf.constant([3, 1]), tf.constant([1.0, 2.0]))
    assert rows.numpy().tolist() == [[0, 0], [2, 4], [0, 0], [1, 2]]
    assert row.numpy().tolist() == [2, 4]
    assert int(size) == 4


def test_an_array_cannot_grow_by_a_computed_index():
    @tf.function
    def f(place):
        return tf.TensorArray(tf.float32, 0, dynamic_size=True).write(place, 1.0).stack()

    with pytest.raises(tf.errors.InvalidArgumentError, match="size that it needs"):
        f(tf.constant(1))

    @tf.function
    def g(place):
        return tf.TensorArray(tf.float32, 2, element_shape=[]).write(place, [1.0]).stack()

    with pytest.raises(tf.errors.InvalidArgumentError, match="element of shape"):
        g(tf.constant(1))


def test_an_array_grows_in_a_loop_of_known_length():
    traced = []

    @tf.function
    def f(x):
        squares = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
        for i in tf.range(100):
            traced.append(i)
            squares = squares.write(i, x * tf.cast(i * i, tf.float32))
        squares = squares.write(101, x)
        return squares.stack()

    rows = f(tf.constant(2.0)).numpy()
    assert rows.tolist() == [*(2.0 * i * i for i in range(100)), 0.0, 2.0]
    assert len(traced) < 10

    @tf.function
    def g(n):
        numbers = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
        for i in tf.range(n):
            numbers = numbers.write(i, i)
        return numbers.stack()

    with pytest.raises(tf.errors.InvalidArgumentError, match="the array cannot grow"):
        g(tf.constant(3))

    @tf.function
    def h(x):
        numbers = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
        while x > 0:
            numbers = numbers.write(0, x)
            x = x - 1
        return numbers.stack()

    with pytest.raises(tf.errors.InvalidArgumentError, match="'numbers' grows in a loop"):
        h(tf.constant(3))


def test_lists_may_grow_in_loops_of_known_length():
    @tf.function
    def f(x):
        rows = []
        for i in tf.range(12):
            rows.append(x * tf.cast(i, tf.float32))
        return tf.stack(rows)

    assert f(tf.constant(2.0)).numpy().tolist() == [2.0 * i for i in range(12)]


def test_a_result_that_only_a_loop_gives():
    @tf.function
    def f(x):
        for i in tf.range(20):
            if i > 2:  # noqa: SIM102
                if i * i > x:
                    return i
        return -1

    assert [int(f(tf.constant(n))) for n in (1, 100, 1000)] == [3, 11, -1]


def test_loop_options():
    @tf.function
    def f(x):
        while x < 1000:
            tf.autograph.experimental.set_loop_options(maximum_iterations=5)
            x = x * 2
        return x

    assert [int(f(tf.constant(n))) for n in (1, 600)] == [32, 1200]


def test_methods_with_state_of_their_own():
    class Model(tf.Module):
        def __init__(self):
            self.scale = None
            self.calls = tf.Variable(0)

        @tf.function
        def __call__(self, x, training=False):
            if self.scale is None:
                self.scale = tf.Variable(3.0)
            if training:
                self.calls.assign_add(1)
            return self._clip(x) * self.scale

        def _clip(self, x):
            if x > 1.0:
                return 1.0
            return x

    model = Model()
    assert [float(model(tf.constant(x))) for x in (0.5, 4.0)] == [1.5, 3.0]
    assert float(model(tf.constant(2.0), training=True)) == 3.0
    assert int(model.calls) == 1


def test_functions_inside_functions():
    @tf.function(autograph=False)
    def plain(x):
        return x * 2

    @tf.function
    def inner(x):
        if x > 0:
            return plain(x)
        return x

    @tf.function
    def outer(x):
        if x < 5:
            x = inner(x)
        return x

    assert [int(outer(tf.constant(n))) for n in (-1, 2, 9)] == [-1, 4, 9]


def test_run_functions_eagerly():
    seen = []

    @tf.function
    def f(x):
        if x > 0:
            seen.append(int(x))
        return x

    tf.config.run_functions_eagerly(True)
    try:
        f(tf.constant(3))
        f(tf.constant(-3))
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen == [3]


def test_input_signatures_and_conditions():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def f(x):
        if tf.reduce_sum(x) > 0:
            return tf.reduce_max(x)
        return tf.reduce_min(x)

    assert [float(f([1.0, 2.0])), float(f([-1.0, -2.0, -3.0]))] == [2.0, -3.0]
    concrete = f.get_concrete_function(tf.TensorSpec([2], tf.float32))
    assert float(concrete(tf.constant([1.0, -5.0]))) == -5.0


def test_an_index_outside_of_an_array():
    @tf.function
    def f(place):
        array = tf.TensorArray(tf.float32, 3, element_shape=[])
        return array.write(place, 1.0).stack(), array.read(place)

    rows, row = f(tf.constant(2))
    assert rows.numpy().tolist() == [0.0, 0.0, 1.0]
    assert float(row) == 1.0
    for wrong in (3, -1):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"not in \[0, 3\)"):
            f(tf.constant(wrong))


def test_errors_at_run_time_name_the_users_line():
    @tf.function
    def f(x, place):
        for i in tf.range(20):
            if x > i:
                assert x < 10
        tf.debugging.assert_positive(x)
        return tf.TensorArray(tf.int32, 3, element_shape=[]).write(place, x).stack()

    first = f.python_function.__code__.co_firstlineno
    for arguments, line in (((11, 0), 4), ((0, 0), 5), ((1, 3), 6)):
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            f(*map(tf.constant, arguments))
        assert caught.value.__notes__ == [f'File "{__file__}", line {first + line}, in f']
