"""tf.Graph and the default graph."""

import pytest

import caudal as tf


def test_graphs_of_their_own():
    first, second = tf.Graph(), tf.compat.v1.Graph()
    with first.as_default() as graph:
        assert tf.compat.v1.get_default_graph() is graph is first
        assert not tf.executing_eagerly()
        a = tf.constant(2.0) * 3.0
        v = tf.Variable(5.0)
        x = tf.compat.v1.placeholder(tf.float32, [None])
        y = x * v + a
        with second.as_default():
            b = tf.constant(1.0) + tf.constant(1.0)
        assert tf.compat.v1.get_default_graph() is first
    assert tf.executing_eagerly()
    with tf.compat.v1.Session(graph=first) as session:
        session.run(tf.compat.v1.global_variables_initializer())
        assert session.run([a, y], {x: [1.0, 2.0]})[1].tolist() == [11.0, 16.0]
    with tf.compat.v1.Session(graph=second) as session:
        assert session.run(b) == 2.0
    first.finalize()
    with pytest.raises(NotImplementedError, match="get_operations"):
        first.get_operations()


def test_the_default_graph_can_be_made_anew():
    default = tf.compat.v1.get_default_graph()
    assert tf.compat.v1.get_default_graph() is default
    tf.compat.v1.reset_default_graph()
    assert tf.compat.v1.get_default_graph() is not default
    tf.compat.v1.disable_eager_execution()
    try:
        tf.constant(1.0)
        tf.compat.v1.reset_default_graph()
        assert not tf.executing_eagerly()
        with tf.compat.v1.Session() as session:
            assert session.run(tf.compat.v1.constant(2.0) + 1.0) == 3.0
    finally:
        tf.compat.v1.enable_eager_execution()
    assert tf.executing_eagerly()
