"""Printing, asserting and calling Python from inside compiled functions."""

import sys
import traceback

import numpy as np
import pytest

import caudal as tf
from caudal.framework import perform


def test_effects_happen_in_order_at_each_run():
    seen = []

    @tf.function
    def f(x):
        perform(lambda: seen.append("start"))
        y = x * 2.0
        perform(lambda a, b: seen.append((a.tolist(), b.tolist())), x, y)
        perform(lambda a: seen.append(float(a)), tf.reduce_sum(y))
        return y

    assert seen == []
    for _ in range(2):
        f(tf.constant([1.0, 2.0]))
    assert seen == ["start", ([1.0, 2.0], [2.0, 4.0]), 6.0] * 2


def test_only_the_branch_taken_has_effects():
    seen = []

    @tf.function
    def f(x):
        def note(label):
            perform(lambda a: seen.append((label, float(a))), x)
            return x

        return tf.cond(x > 0, lambda: note("yes"), lambda: note("no"))

    f(tf.constant(1.0))
    f(tf.constant(-2.0))
    assert seen == [("yes", 1.0), ("no", -2.0)]


def test_a_gradient_does_not_repeat_effects():
    seen = []
    v = tf.Variable(3.0)

    @tf.function
    def f():
        perform(lambda a: seen.append(float(a)), v)
        return v * v

    with tf.GradientTape() as tape:
        y = f()
    assert float(tape.gradient(y, v)) == 6.0
    assert seen == [3.0]


def test_kept_values_are_copies():
    seen = []
    v = tf.Variable(np.zeros(3, "float32"))

    @tf.function
    def f():
        perform(seen.append, v + 0.0)
        v.assign_add(tf.ones(3))

    for _ in range(3):
        f()
    assert [float(a[0]) for a in seen] == [0.0, 1.0, 2.0]


def test_print_inside_a_function(capsys):
    @tf.function
    def f(x):
        tf.print("x =", x, {"twice": x * 2}, output_stream=sys.stdout)
        return x

    f(tf.constant([1.0, 2.5]))
    f(tf.constant([3.0, 4.0]))
    assert capsys.readouterr().out == "x = [1 2.5] {'twice': [2 5]}\nx = [3 4] {'twice': [6 8]}\n"


def test_print_in_fit(capsys):
    class Loud(tf.keras.layers.Layer):
        def call(self, inputs):
            tf.print("rows", tf.shape(inputs)[0], tf.reduce_sum(inputs), output_stream=sys.stdout)
            return inputs

    model = tf.keras.Sequential([tf.keras.Input((1,)), Loud(), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    capsys.readouterr()
    model.fit(np.ones((4, 1)), np.ones((4, 1)), batch_size=2, verbose=0, shuffle=False)
    assert capsys.readouterr().out == "rows 2 2\n" * 2


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (lambda x: tf.debugging.assert_positive(x), [1.0], [-1.0]),
        (lambda x: tf.debugging.assert_equal(x, tf.constant([2.0])), [2.0], [3.0]),
        (lambda x: tf.debugging.assert_near(x, [2.0]), [2.0], [3.0]),
        (lambda x: tf.debugging.Assert(x[0] > 1, [x, "small"]), [2.0], [0.5]),
        (lambda x: tf.debugging.check_numerics(x, "found"), [2.0], [np.nan]),
    ],
)
def test_assertions_inside_a_function(check, good, bad):
    @tf.function
    def f(x):
        check(x)
        return x

    f(tf.constant(good))
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        f(tf.constant(bad))
    assert "while tracing" not in str(getattr(caught.value, "__notes__", ""))
    f(tf.constant(good))


def test_what_is_known_while_tracing_is_checked_then():
    @tf.function
    def f(x):
        tf.debugging.assert_equal(tf.shape(x)[0], 3)
        return x

    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        f(tf.constant([1.0]))
    assert "while tracing f" in "".join(traceback.format_exception_only(caught.value))
