"""keras.ops where Keras's own tests found a difference (tools/conformance.py)."""

import numpy as np

import caudal as tf
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
