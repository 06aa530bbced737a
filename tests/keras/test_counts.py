"""keras.ops.histogram and unique: NumPy's numbers, in compiled programs too."""

import numpy as np
import pytest

import caudal as tf
from caudal import keras

ops = keras.ops
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "x",
    [
        RNG.normal(size=200).astype("float32"),
        np.array([3, 1, 1, 9, -4]),
        np.array([2.0, 2.0]),
        np.linspace(0, 1, 11),
        np.zeros(0, "float32"),
        np.array([1, 0, 1], "uint8"),
    ],
)
@pytest.mark.parametrize("range", [None, (-1, 2), (0.0, 1.0), (2, 2)])
def test_histograms_are_numpys(x, range):
    for bins in (1, 4, 10):
        counts, bounds = np.histogram(x, bins, range)
        for call in (ops.histogram, tf.function(ops.histogram)):
            found = call(tf.constant(x), bins, range)
            np.testing.assert_array_equal(found[0], counts)
            np.testing.assert_allclose(found[1], bounds, rtol=1e-6, atol=1e-7)
            assert found[0].dtype.is_floating


def test_a_histogram_in_a_model():
    inputs = keras.Input(batch_shape=(6,))
    counts, bounds = ops.histogram(inputs, 4, (0, 4))
    assert (counts.shape, bounds.shape) == ((4,), (5,))
    model = keras.Model(inputs, counts)
    assert model(np.array([0, 0.5, 3, 4, 5, np.nan], "float32")).numpy().tolist() == [2, 0, 0, 2]


@pytest.mark.parametrize(
    "x",
    [[3, 1, 3, 5, 1, 9], [2.5, np.nan, 2.5, np.nan, -1.0], [[4, 4], [4, 4]], [7], [True, False]],
)
@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_unique_elements_of_a_given_number(x, size):
    def call(x):
        asked = {"return_index": True, "return_inverse": True, "return_counts": True}
        return ops.unique(x, size=size, fill_value=1, **asked)

    x = tf.constant(x)
    for known, traced in zip(call(x), tf.function(call)(x), strict=True):
        assert known.dtype == traced.dtype
        np.testing.assert_array_equal(known, traced)


def test_unique_as_keras_gives_it():
    # Keras 3.15.1.
    found = ops.unique([3, 1, 3, 5, 1, 9], size=6, fill_value=-1, return_counts=True)
    assert [part.numpy().tolist() for part in found] == [[1, 3, 5, 9, -1, -1], [2, 2, 1, 1, 0, 0]]
    found = ops.unique([3, 1, 3, 5, 1, 9], size=2, return_counts=True, return_inverse=True)
    assert [part.numpy().tolist() for part in found] == [[1, 3], [1, 0, 1, 2, 0, 3], [2, 2]]
    rows, counts = ops.unique([[1, 0], [0, 1], [1, 0]], axis=0, size=3, return_counts=True)
    assert rows.numpy().tolist() == [[0, 1], [1, 0], [0, 0]]
    assert counts.numpy().tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.histogram([[1.0]]), "vector"),
        (lambda: ops.histogram([1.0], 0), "at least 1"),
        (lambda: ops.histogram([1.0], 1.5), "integer"),
        (lambda: ops.histogram([1.0], 2, (3, 1)), "least, greatest"),
        (lambda: ops.histogram([1.0], 2, (1,)), "least, greatest"),
        (lambda: tf.function(ops.unique)(tf.constant([1, 2])), "known while"),
    ],
)
def test_what_is_wrong(call, message):
    with pytest.raises(tf.errors.OpError, match=message):
        call()
