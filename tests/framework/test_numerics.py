"""enable_check_numerics: the op, the layer and the line that made the first NaN."""

import numpy as np
import pytest

import caudal as tf


@pytest.fixture(autouse=True)
def checked():
    tf.debugging.enable_check_numerics()
    yield
    tf.debugging.disable_check_numerics()


def test_an_eager_op():
    x = tf.constant([1.0, -1.0])
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        tf.math.log(x)  # this very line
    text = str(caught.value)
    assert "NaN in the result of op 'log' (float32[2], first at [1])" in text
    assert "test_numerics.py:" in text
    assert "this very line" in text
    assert "range from -1 to 1" in text


def test_an_operator():
    with pytest.raises(tf.errors.InvalidArgumentError, match="infinity in the result of op 'div'"):
        tf.constant(1.0) / tf.constant(0.0)


def test_a_function_checks_when_it_runs():
    @tf.function
    def f(x):
        y = x * 2.0
        return tf.sqrt(y - 4.0)  # the root

    assert float(f(tf.constant(4.0))) == 2.0
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"op 'sqrt'.*the root"):
        f(tf.constant(1.0))


def test_a_gradient_is_checked():
    x = tf.constant(0.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.sqrt(x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="infinity"):
        tape.gradient(y, x)


def test_training_names_the_layer():
    class Bad(tf.keras.layers.Layer):
        def call(self, inputs):
            return tf.math.log(inputs)

    model = tf.keras.Sequential([tf.keras.Input((2,)), Bad(name="bad"), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"op 'log'.*in layer '.*bad'"):
        model.fit(-np.ones((4, 2)), np.ones((4, 1)), verbose=0)


def test_disabled_again():
    tf.debugging.disable_check_numerics()
    assert np.isnan(tf.math.log(tf.constant(-1.0)).numpy())
