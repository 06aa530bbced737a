"""caudal.array_api: the object, promotion, gradients, programs and refusals.

The public suite, which covers every function, runs by tools/array_api.py.
"""

import numpy as np
import pytest

import caudal as tf
from caudal import array_api as xp
from caudal.errors import DTypeError, InvalidArgumentError, OutOfRangeError, ShapeError


def values(x):
    return np.asarray(x).tolist()


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (xp.int8, xp.uint8, xp.int16),
        (xp.uint32, xp.int16, xp.int64),
        (xp.float32, xp.float64, xp.float64),
        (xp.float64, xp.complex64, xp.complex128),
        (xp.bool, xp.bool, xp.bool),
    ],
)
def test_promotion(first, second, expected):
    assert xp.result_type(first, second) is expected
    assert (xp.zeros(2, dtype=first) == xp.zeros(2, dtype=second)).dtype is xp.bool
    assert xp.concat([xp.zeros(2, dtype=first), xp.zeros(1, dtype=second)]).dtype is expected


def test_python_numbers_are_weak():
    assert (xp.asarray([1, 2], dtype=xp.uint8) + 1).dtype is xp.uint8
    assert (2.5 * xp.ones(2, dtype=xp.float32)).dtype is xp.float32
    assert (xp.ones(2) + 1j).dtype is xp.complex64
    assert xp.asarray([1]).dtype is xp.int64 and xp.asarray([0.5]).dtype is xp.float32


def test_assignment_changes_one_handle_only():
    x = xp.reshape(xp.arange(6), (2, 3))
    other, tensor = x[0, :], x.tensor
    x[0, 1:] = 9
    x[xp.asarray([[False] * 3, [True, False, True]])] = -1
    assert values(x) == [[0, 9, 9], [-1, 4, -1]]
    assert values(other) == [0, 1, 2] and np.asarray(tensor).tolist() == [[0, 1, 2], [3, 4, 5]]
    x += 1
    assert values(x)[0] == [1, 10, 10]


def test_indices_of_all_kinds():
    x = xp.reshape(xp.arange(12), (3, 4))
    assert values(x[::-1, None, -1]) == [[11], [7], [3]]
    assert values(x[xp.asarray([0, 2]), xp.asarray([1, -1])]) == [1, 11]
    assert values(x[x > 9]) == [10, 11]
    assert values(xp.take_along_axis(x, xp.asarray([[3], [0], [1]]), axis=1)) == [[3], [4], [9]]


def test_gradients_and_programs_go_through():
    weights = tf.Variable([1.0, 2.0, 3.0])

    def loss(w):
        x = xp.asarray(w)
        y = xp.stack([x, x])
        y[0, 0] = x[2]
        return xp.sum(xp.exp(y) * y).tensor

    with tf.GradientTape() as tape:
        eager = loss(weights)
    slope = tape.gradient(eager, weights)
    compiled = tf.function(loss)(weights)
    np.testing.assert_allclose(compiled, eager, rtol=1e-6)
    w = np.array([1.0, 2.0, 3.0])
    one = np.exp(w) * (1 + w)
    np.testing.assert_allclose(slope, one * [1, 2, 3], rtol=1e-5)


def test_functions_of_tf_take_arrays():
    assert tf.reduce_sum(xp.ones((2, 2))).numpy() == 4
    assert np.asarray(xp.ones(2)).dtype == np.float32


def test_complex_matrices():
    rng = np.random.default_rng(0)
    m = xp.asarray(rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4)))
    u, s, vh = xp.linalg.svd(m, full_matrices=False)
    assert s.dtype is xp.float64
    np.testing.assert_allclose((u * xp.astype(s, xp.complex128)) @ vh, m, atol=1e-12)
    np.testing.assert_allclose(m @ xp.linalg.pinv(m), np.eye(3), atol=1e-12)
    with tf.GradientTape() as tape:
        tape.watch(m.tensor)
        value = tf.math.real(xp.linalg.svd(m).U.tensor)
    with pytest.raises(tf.errors.UnimplementedError, match="svd: the gradient needs real"):
        tape.gradient(value, m.tensor)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: xp.asarray([1]) + xp.asarray([0.5]), DTypeError, "int64 and float32"),
        (lambda: xp.asarray([1]) + 0.5, DTypeError, "0.5 cannot stand beside int64"),
        (lambda: xp.asarray(["a"]), DTypeError, "asarray: expected numbers"),
        (lambda: xp.sin([1.0]), DTypeError, "sin: expected an array"),
        (lambda: xp.sqrt(xp.asarray([1])), DTypeError, "sqrt: expected a dtype that is floating"),
        (lambda: xp.ones(3)[5], OutOfRangeError, "does not fit the shape"),
        (lambda: xp.take(xp.ones(3), xp.asarray([3])), OutOfRangeError, "from -3 to 2"),
        (lambda: xp.ones((2, 3)) @ xp.ones((2, 3)), ShapeError, "matmul"),
        (lambda: xp.flip(xp.ones(3), axis=2), OutOfRangeError, "flip"),
        (lambda: xp.max(xp.ones(0)), InvalidArgumentError, "max: an empty axis"),
        (lambda: xp.zeros(2, device="gpu"), InvalidArgumentError, "'gpu'"),
        (lambda: xp.where(xp.ones(2), 1, 2), DTypeError, "where: expected a dtype that is bool"),
        (lambda: xp.ones(2).__setitem__(0, 1j), DTypeError, "does not promote to float32"),
        (lambda: xp.ones(2).T, InvalidArgumentError, "Array.T"),
        (lambda: float(xp.ones(2)), DTypeError, "float"),
        (lambda: xp.isdtype(xp.float32, "any"), DTypeError, "isdtype"),
    ],
)
def test_refusals(call, error, text):
    with pytest.raises(error, match=text):
        call()
