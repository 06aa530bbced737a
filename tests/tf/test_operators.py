"""Linear operators of variables, in compiled functions, and of a program's own class."""

import numpy as np

import caudal as tf


def test_a_variable_is_read_at_each_use():
    v = tf.Variable([1.0, 2.0])
    operator = tf.linalg.LinearOperatorDiag(v)
    assert operator.trainable_variables == (v,)
    v.assign([3.0, 4.0])
    assert operator.matvec([1.0, 1.0]).numpy().tolist() == [3.0, 4.0]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.linalg.LinearOperatorAdjoint(operator).matvec([1.0, 2.0]))
    assert tape.gradient(loss, v).numpy().tolist() == [1.0, 2.0]


def test_in_a_compiled_function():
    @tf.function
    def solve(diagonal, right):
        base = tf.linalg.LinearOperatorDiag(diagonal, is_positive_definite=True)
        update = tf.linalg.LinearOperatorLowRankUpdate(base, tf.ones((3, 1)))
        return update.solvevec(right), tf.linalg.experimental.conjugate_gradient(update, right)

    diagonal, right = np.array([1.0, 2.0, 3.0], "float32"), np.array([1.0, 0.0, 2.0], "float32")
    exact = np.linalg.solve(np.diag(diagonal) + 1, right)
    found, steps = solve(diagonal, right)
    np.testing.assert_allclose(found, exact, rtol=1e-5)
    np.testing.assert_allclose(steps.x, exact, rtol=1e-4)
    assert int(steps.i) <= 4


def test_a_class_of_the_program():
    class Swap(tf.linalg.LinearOperator):
        def __init__(self):
            super().__init__(tf.float32, is_square=True, name="swap")

        def _shape(self):
            return tf.TensorShape([2, 2])

        def _matmul(self, x, adjoint=False, adjoint_arg=False):
            return tf.reverse(tf.linalg.adjoint(x) if adjoint_arg else x, axis=[-2])

    swap = Swap()
    assert swap.to_dense().numpy().tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert float(swap.determinant()) == -1.0
    assert swap.solvevec([1.0, 2.0]).numpy().tolist() == [2.0, 1.0]
    assert (swap @ swap).to_dense().numpy().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert (swap.tensor_rank, swap.domain_dimension, swap.batch_shape.as_list()) == (2, 2, [])
    assert int(swap.range_dimension_tensor()) == 2


def test_blocks_of_an_argument():
    blocks = tf.linalg.LinearOperatorBlockDiag(
        [tf.linalg.LinearOperatorDiag([1.0, 2.0]), tf.linalg.LinearOperatorIdentity(1)]
    )
    first, second = blocks.matmul([tf.ones((2, 1)), 3.0 * tf.ones((1, 1))])
    assert first.numpy().tolist() == [[1.0], [2.0]]
    assert second.numpy().tolist() == [[3.0]]
