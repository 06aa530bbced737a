"""Decompositions: what holds for them, errors, and functions that are compiled."""

import numpy as np
import pytest

import caudal as tf

rng = np.random.default_rng(3)
M = rng.normal(size=(2, 4, 3)).astype(np.float32)


def test_decompositions_multiply_to_the_matrix():
    s, u, v = tf.linalg.svd(M)
    again = tf.matmul(u * s[:, None, :], v, transpose_b=True)
    np.testing.assert_allclose(again, M, atol=1e-5)
    q, r = tf.linalg.qr(M, full_matrices=True)
    assert q.shape == (2, 4, 4)
    np.testing.assert_allclose(tf.matmul(q, r), M, atol=1e-5)
    square = tf.matmul(M, M, transpose_a=True)
    values, vectors = tf.linalg.eigh(square)
    np.testing.assert_allclose(tf.matmul(square, vectors), vectors * values[:, None, :], atol=1e-4)
    turned = np.array([[0.0, -1.0], [1.0, 0.0]], np.float32)
    assert sorted(tf.linalg.eigvals(turned).numpy().imag.tolist()) == [-1.0, 1.0]


def test_compiled_functions_give_the_same():
    def program(x):
        square = tf.matmul(x, x, transpose_a=True) + tf.eye(3)
        s, u, v = tf.linalg.svd(x)
        q, r = tf.linalg.qr(x)
        spectrum = tf.abs(tf.signal.rfft(tf.reshape(x, [2, 12])))
        return (
            tf.linalg.inv(square),
            tf.linalg.logdet(square),
            tf.linalg.solve(square, tf.transpose(x, [0, 2, 1])),
            tf.matmul(u * s[:, None, :], v, transpose_b=True),
            tf.matmul(q, r),
            tf.linalg.expm(square / 8),
            spectrum,
        )

    for mine, wanted in zip(tf.function(program)(M), program(tf.constant(M)), strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tf.linalg.inv(np.zeros((2, 2), np.float32)), r"inverse: .* failed"),
        (lambda: tf.linalg.cholesky(-np.eye(2, dtype=np.float32)), r"cholesky: .* failed"),
        (lambda: tf.linalg.solve(np.zeros((2, 2)), np.ones((2, 1))), r"solve: .* failed"),
        (lambda: tf.linalg.inv(M), "square matrix"),
        (lambda: tf.linalg.det([1.0, 2.0]), "at least 2 axes"),
        (lambda: tf.linalg.det([[1, 2], [3, 4]]), "float tensor"),
        (lambda: tf.linalg.solve(np.eye(2), np.ones((3, 1))), "right side"),
        (lambda: tf.signal.fft([1.0, 2.0]), "complex"),
        (lambda: tf.signal.rfft([1, 2]), "float32 or float64"),
        (lambda: tf.signal.rfft([1.0, 2.0], [0]), "positive"),
        (lambda: tf.signal.frame([1.0], 0, 1), "positive"),
        (lambda: tf.signal.linear_to_mel_weight_matrix(upper_edge_hertz=9e9), "upper_edge_hertz"),
    ],
)
def test_bad_arguments_say_what_was_expected(call, text):
    with pytest.raises(tf.errors.CaudalError, match=text):
        call()


def test_a_failure_inside_a_function_is_an_error_too():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"inverse: .* failed"):
        tf.function(tf.linalg.inv)(np.zeros((2, 2), np.float32))
