"""keras.ops where Keras's own tests found a difference (tools/conformance.py)."""

import numpy as np
import pytest

import caudal as tf
from caudal.errors import InvalidArgumentError
from caudal.keras import KerasTensor, ops


def test_ranges_of_floats_have_as_many_numbers_as_in_tensorflow():
    # Recorded from TensorFlow 2.21: 1.1f - 0.1f is one step of 0.1f less than in double.
    expected = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7000000476837158, 0.8, 0.9000000357627869, 1.0]
    found = ops.arange(0.1, 1.1, 0.1)
    np.testing.assert_array_equal(found, np.array(expected, "float32"))
    np.testing.assert_array_equal(tf.range(0.1, 1.1, 0.1), found)
    assert ops.arange(0.0, 1.0, 0.1, dtype="bfloat16").shape == (10,)
    assert ops.arange(3, 0, -1).numpy().tolist() == [3, 2, 1]
    assert ops.arange(2, 1).shape == (0,)


def test_unknown_extents_of_one_argument_take_the_known_ones_of_another():
    x, y = KerasTensor((None, 3)), KerasTensor((2, None))
    assert ops.add(x, y).shape == (2, 3)
    assert ops.maximum(KerasTensor((2, None, 1)), KerasTensor((None, 4, 5))).shape == (2, 4, 5)
    assert ops.matmul(KerasTensor((2, None)), KerasTensor((3, 4))).shape == (2, 4)


@pytest.mark.parametrize("ord", [None, 0, 1, 2, 3, 0.5, -1, -2, np.inf, -np.inf])
def test_norms_of_vectors(ord):
    x = np.array([[1.0, 2.0, 0.5], [3.0, -4.0, 5.0]], "float32")
    for axis in (0, 1, -1):
        for keepdims in (False, True):
            expected = np.linalg.norm(x, ord, axis, keepdims)
            np.testing.assert_allclose(ops.norm(x, ord, axis, keepdims), expected, rtol=1e-5)


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_norms_of_matrices(ord):
    x = np.arange(24.0, dtype="float32").reshape(2, 3, 4) % 5 - 1.5
    for axis in ((0, 1), (2, 0), (-1, -2)):
        for keepdims in (False, True):
            expected = np.linalg.norm(x, ord, axis, keepdims)
            found = ops.norm(x, ord, axis, keepdims)
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_norms_that_are_not():
    x = np.ones((2, 3), "float32")
    for ord, axis in ((3, (0, 1)), (0, None), ("fro", 1), ("nuc", 0), ("x", None), (2, 5)):
        with pytest.raises(InvalidArgumentError, match=r"keras\.ops\.norm"):
            ops.norm(x, ord, axis)


def test_views_change_the_last_axis_as_numpy_does():
    x = np.arange(8, dtype="float32").reshape(2, 4)
    for dtype in ("uint8", "int16", "int32", "float64"):
        np.testing.assert_array_equal(ops.view(x, dtype), x.view(dtype))
    with pytest.raises(InvalidArgumentError, match="holds no multiple"):
        ops.view(np.ones((2, 3), "int8"), "int16")


def test_short_floats():
    big = np.full(3, 65504, "float16")
    assert float(ops.mean(big)) == 65504.0
    assert ops.nextafter(big, big).dtype == "float16"
    weighted = ops.average(np.ones(3, "int16"), weights=ops.cast(np.ones(3), "bfloat16"))
    assert weighted.dtype == "bfloat16"


def test_small_differences():
    assert ops.diag(np.array([True, False])).dtype == "bool"
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    both = np.asarray(ops.log_softmax(x, axis=(1, 2)))
    np.testing.assert_allclose(np.exp(both).sum((1, 2)), 1.0, rtol=1e-5)
    with pytest.raises(InvalidArgumentError, match="at least 2"):
        ops.depth_to_space(np.ones((1, 2, 2, 4), "float32"), 1)


def test_wav_files_of_double_samples():
    samples = np.array([[0.5], [-0.25]])
    data = tf.audio.encode_wav(samples, 8000)
    found, rate = tf.audio.decode_wav(data)
    np.testing.assert_allclose(found, samples, atol=1e-4)
    assert int(rate) == 8000
