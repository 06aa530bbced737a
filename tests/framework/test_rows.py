"""IndexedSlices in tapes, optimizers and functions; variables' scatters: errors and programs."""

import numpy as np
import pytest

import caudal as tf

V = np.arange(12.0, dtype="float32").reshape(4, 3)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adagrad"])
def test_optimizers_take_slices(name):
    ids = [0, 2, 2]
    one, two = tf.Variable(V), tf.Variable(V)
    for variable, dense in ((one, False), (two, True)):
        optimizer = getattr(tf.keras.optimizers, name)(0.1, clipnorm=1.0)
        for _ in range(2):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(tf.gather(variable, ids) ** 2)
            g = tape.gradient(y, variable)
            assert isinstance(g, tf.IndexedSlices)
            optimizer.apply_gradients([(tf.convert_to_tensor(g) if dense else g, variable)])
    np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_slices_in_a_function():
    v = tf.Variable(V)

    @tf.function
    def rows(ids):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.gather(v, ids) ** 2)
        g = tape.gradient(y, v)
        assert isinstance(g, tf.IndexedSlices)
        v.scatter_sub(tf.IndexedSlices(g.values * 0.5, g.indices))
        return g.indices, g

    indices, dense = rows(tf.constant([1, 3]))
    assert indices.numpy().tolist() == [1, 3]
    np.testing.assert_array_equal(dense.numpy()[[1, 3]], 2 * V[[1, 3]])
    np.testing.assert_array_equal(v.numpy()[[1, 3]], 0 * V[[1, 3]])
    np.testing.assert_array_equal(v.numpy()[[0, 2]], V[[0, 2]])


def test_a_source_between_two_gathers():
    with tf.GradientTape() as tape:
        x = tf.constant(V)
        tape.watch(x)
        y = tf.gather(x, [3, 1, 1])
        z = tf.reduce_sum(tf.gather(y, [0, 2, 2]))
    gx, gy = tape.gradient(z, [x, y])
    assert isinstance(gx, tf.IndexedSlices)
    assert isinstance(gy, tf.IndexedSlices)
    assert tf.convert_to_tensor(gx).numpy()[:, 0].tolist() == [0, 2, 0, 1]
    assert tf.convert_to_tensor(gy).numpy()[:, 0].tolist() == [1, 0, 2]


def test_a_tensor_keeps_its_value():
    v = tf.Variable(V)
    before = v.read_value()
    v.scatter_update(tf.IndexedSlices(V[:1] * 0, [3]))
    np.testing.assert_array_equal(before.numpy(), V)
    assert v.numpy()[3].tolist() == [0, 0, 0]


def test_updates_in_a_program():
    v = tf.Variable(V)

    @tf.function
    def put(ids, values):
        v.scatter_update(tf.IndexedSlices(values, ids))
        v.batch_scatter_update(tf.IndexedSlices(values + 1.0, ids))
        v.scatter_nd_update(ids[:, None], values + 2.0)
        return v.sparse_read(ids)

    found = put(tf.constant([2, 0]), tf.constant(V[:2]))
    np.testing.assert_array_equal(found.numpy(), V[:2] + 2)
    np.testing.assert_array_equal(v.numpy()[[1, 3]], V[[1, 3]])


def test_bad_arguments():
    v = tf.Variable(V)
    with pytest.raises(tf.errors.InvalidArgumentError, match="outside"):
        v.scatter_add(tf.IndexedSlices(V[:1], [4]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected updates of shape"):
        v.scatter_add(tf.IndexedSlices(V[:1, :2], [0]))
    with pytest.raises(TypeError, match="IndexedSlices"):
        v.scatter_add([1.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="dense_shape"):
        tf.convert_to_tensor(tf.IndexedSlices(V, [0, 1, 2, 3]))
    np.testing.assert_array_equal(v.numpy(), V)


def test_text_and_shape():
    slices = tf.IndexedSlices(V[:2], [1, 0])
    assert slices.shape.as_list() == [None, 3]
    assert "IndexedSlices(indices=" in repr(slices)
    assert slices.dense_shape is None
