"""tf.compat.v1's graphs: placeholders, sessions, minimize."""

import numpy as np
import pytest

import caudal as tf
from caudal.compat import v1


@pytest.fixture(autouse=True)
def graph_mode():
    v1.disable_v2_behavior()
    yield
    v1.enable_v2_behavior()


def test_a_session_computes_what_is_fed():
    x = v1.placeholder(tf.float32, [None, 2])
    c = v1.constant(3.0) * 2
    total = tf.reduce_sum(x, 1) + c
    with v1.Session() as session:
        found, alone = session.run([total, c], {x: [[1, 2], [3, 4]]})
        assert found.tolist() == [9.0, 13.0]
        assert alone == 6.0
        assert total.eval({x: [[0, 0]]}).tolist() == [6.0]
        assert session.run({"a": c}) == {"a": 6.0}


def test_a_run_says_what_is_missing_or_does_not_fit():
    x = v1.placeholder(tf.float32, [None, 2], name="x")
    with v1.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="'x:0' needs a value"):
            session.run(x * 2)
        with pytest.raises(tf.errors.InvalidArgumentError, match="has shape"):
            session.run(x * 2, {x: [1.0]})
    with pytest.raises(tf.errors.FailedPreconditionError, match="Session"):
        bool(x > 0)


@pytest.mark.parametrize(
    "optimizer",
    [
        v1.train.GradientDescentOptimizer(0.05),
        v1.train.MomentumOptimizer(0.01, 0.9),
        v1.train.AdamOptimizer(0.1),
        v1.train.AdagradOptimizer(0.5),
    ],
)
def test_minimize_fits_a_line(optimizer):
    x, y = (v1.placeholder(tf.float32, [None, 1]) for _ in range(2))
    w, b = tf.Variable([[0.0]]), tf.Variable([0.0])
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
    step = optimizer.minimize(loss)
    inputs = np.linspace(-1, 2, 8, dtype="float32")[:, None]
    feed = {x: inputs, y: 2 * inputs - 1}
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        first, _ = session.run([loss, step], feed)
        for _ in range(300):
            session.run(step, feed)
        last, slope, offset = session.run([loss, w, b], feed)
    assert first > 1
    assert last < 1e-3
    assert slope[0, 0] == pytest.approx(2, abs=0.05)
    assert offset[0] == pytest.approx(-1, abs=0.05)


def test_assign_waits_for_the_session():
    v = tf.Variable(1.0)
    more = v1.assign_add(v, 2.0)
    with v1.Session() as session:
        assert session.run(v) == 1.0
        session.run(more)
        assert session.run(v) == 3.0
        session.run(v1.assign(v, 10.0))
        assert session.run(v) == 10.0
