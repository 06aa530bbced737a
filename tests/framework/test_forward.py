"""ForwardAccumulator, tf.gradients, tf.hessians; Jacobians against closed forms."""

import numpy as np
import pytest

import caudal as tf

Forward = tf.autodiff.ForwardAccumulator
rng = np.random.default_rng(1)
A = rng.normal(size=(3, 3)).astype("float32")
X = rng.normal(size=3).astype("float32")
V = rng.normal(size=3).astype("float32")


def test_a_jvp_is_the_jacobian_times_the_tangent():
    x = tf.constant(X)
    with Forward(x, tf.constant(V)) as acc:
        y = tf.tanh(tf.linalg.matvec(tf.constant(A), x)) * x
        inside = acc.jvp(y)
    h = np.tanh(A @ X)
    wanted = (1 - h**2) * (A @ V) * X + h * V
    np.testing.assert_allclose(acc.jvp(y).numpy(), wanted, rtol=1e-5)
    np.testing.assert_allclose(inside.numpy(), wanted, rtol=1e-5)


def test_structures_variables_and_what_is_unconnected():
    v = tf.Variable([1.0, 2.0])
    other = tf.constant(3.0)
    with Forward(
        {"v": v, "o": other}, {"v": tf.constant([1.0, 0.0]), "o": tf.constant(2.0)}
    ) as acc:
        y = {"a": v * v * other, "b": tf.constant(1.0) * 2.0, "c": tf.constant([1, 2])}
    found = acc.jvp(y)
    assert found["a"].numpy().tolist() == [8.0, 8.0]
    assert found["b"] is None
    zeros = acc.jvp(y, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    assert float(zeros["b"]) == 0.0
    assert zeros["c"].numpy().tolist() == [0, 0]
    assert acc.jvp(v).numpy().tolist() == [1.0, 0.0]


def test_hessian_vector_products_forward_over_reverse():
    x = tf.constant(X)
    with Forward(x, tf.constant(V)) as acc:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(tf.exp(x) * x)
        g = tape.gradient(y, x)
    np.testing.assert_allclose(acc.jvp(g).numpy(), np.exp(X) * (2 + X) * V, rtol=1e-4)


def test_forward_over_forward():
    x = tf.constant(2.0)
    with Forward(x, tf.constant(1.0)) as outer:
        with Forward(x, tf.constant(1.0)) as inner:
            y = x**3
        first = inner.jvp(y)
    assert float(first) == 12.0
    assert float(outer.jvp(first)) == 12.0


def test_reverse_over_forward():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        with Forward(x, tf.constant(1.0)) as acc:
            y = x**3
        first = acc.jvp(y)
    assert float(tape.gradient(first, x)) == 12.0


def test_inside_a_function():
    @tf.function
    def derivative(x, v):
        with Forward(x, v) as acc:
            y = tf.sin(x)
        return acc.jvp(y)

    found = derivative(tf.constant(X), tf.constant(V))
    np.testing.assert_allclose(found.numpy(), np.cos(X) * V, rtol=1e-5)


def test_tangents_must_fit():
    with pytest.raises(tf.errors.InvalidArgumentError, match="tangent of shape"):
        Forward(tf.constant(X), tf.constant([1.0]))
    with pytest.raises((TypeError, ValueError)):
        Forward([tf.constant(X)], tf.constant(X))


def test_gradients_and_hessians_in_a_function():
    @tf.function
    def derivatives(x, y):
        z = tf.reduce_sum(x**3 * y)
        first = tf.gradients(z, [x, y])
        weighted = tf.gradients(x * y, x, grad_ys=[tf.constant([1.0, 10.0])])[0]
        fixed = tf.gradients(x * y, [x], stop_gradients=[y])[0]
        return first, tf.hessians(z, x)[0], weighted, fixed

    x, y = tf.constant([1.0, 2.0]), tf.constant([3.0, 5.0])
    (gx, gy), second, weighted, fixed = derivatives(x, y)
    assert gx.numpy().tolist() == [9.0, 60.0]
    assert gy.numpy().tolist() == [1.0, 8.0]
    assert second.numpy().tolist() == [[18.0, 0.0], [0.0, 60.0]]
    assert weighted.numpy().tolist() == [3.0, 50.0]
    assert fixed.numpy().tolist() == [3.0, 5.0]
    with pytest.raises(RuntimeError, match="GradientTape"):
        tf.gradients(x, x)


def test_jacobians():
    x = tf.constant(X)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.linalg.matvec(tf.constant(A), x) ** 2
    wanted = 2 * (A @ X)[:, None] * A
    np.testing.assert_allclose(tape.jacobian(y, x).numpy(), wanted, rtol=1e-5)
    batch = tf.constant(rng.normal(size=(4, 3)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(batch)
        y = batch**2 @ tf.constant(A)
    wanted = 2 * batch.numpy()[:, None, :] * A.T[None]
    np.testing.assert_allclose(tape.batch_jacobian(y, batch).numpy(), wanted, rtol=1e-5)


def test_recomputing_gives_the_same_gradient():
    f = tf.recompute_grad(lambda x: tf.sin(x) * x)
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), np.cos(X) * X + np.sin(X), rtol=1e-5)


def test_registered_gradients():
    @tf.RegisterGradient("TestForwardName")
    def rule(op, grad):
        return grad

    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.RegisterGradient("TestForwardName")(rule)
