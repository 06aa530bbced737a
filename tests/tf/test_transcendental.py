"""What TensorFlow has no CPU kernel for, and float64 near the joints of the expansions."""

import numpy as np
import pytest

import caudal as tf


def test_least_elements():
    x = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]], "float32")
    values, indices = tf.math.approx_min_k(x, 2)
    assert values.numpy().tolist() == [[1.0, 2.0], [0.0, 4.0]]
    assert indices.numpy().tolist() == [[1, 2], [0, 2]]
    values, indices = tf.approx_top_k(x, 1, reduction_dimension=0, is_max_k=False)
    assert values.numpy().tolist() == [[0.0, 1.0, 2.0]]
    assert indices.dtype == tf.int32


@pytest.mark.parametrize("joint", [0.5, 2.0, 4.0, 25.0, 30.0, 40.0])
@pytest.mark.parametrize("name", ["i0e", "i1e", "k0e", "k1e", "j0", "j1", "y0", "y1"])
def test_expansions_join(name, joint):
    function = getattr(tf.math.special, "bessel_" + name)
    x = tf.constant([joint * (1 - 1e-9), joint * (1 + 1e-9)], tf.float64)
    below, above = function(x).numpy()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    slope = tape.gradient(y, x).numpy()[0]
    assert abs(above - below - slope * joint * 2e-9) < 1e-12


def test_in_a_compiled_function():
    compiled = tf.function(lambda x: tf.math.special.dawsn(x) * 2.0)
    x = tf.constant([0.1, 3.0])
    np.testing.assert_allclose(compiled(x), 2 * tf.math.special.dawsn(x), rtol=1e-6)
