"""tf.compat.v1's graphs: placeholders, sessions, minimize."""

import numpy as np
import pytest

import caudal as tf
from caudal.compat import v1


@pytest.fixture(autouse=True)
def graph_mode():
    v1.disable_v2_behavior()
    v1.reset_default_graph()
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


def test_a_variable_alone_can_be_minimized():
    x = v1.Variable(5.0, name="x")
    loss = (x - 2.0) ** 2
    step = v1.train.get_or_create_global_step()
    train = v1.train.GradientDescentOptimizer(0.2).minimize(loss, global_step=step)
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        for _ in range(30):
            session.run(train)
        assert abs(session.run(x) - 2) < 1e-3
        assert v1.train.global_step(session, step) == 30
        session.run(v1.global_variables_initializer())
        assert x.eval() == 5.0
        assert session.run(step) == 0


def test_gradients_and_applying_them():
    x, w = v1.placeholder(tf.float32, [3]), v1.Variable([1.0, 2.0, 3.0])
    y = tf.reduce_sum(w * x * x)
    of_x, of_w = v1.gradients(y, [x, w])
    optimizer = v1.train.GradientDescentOptimizer(1.0)
    clipped = [(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in optimizer.compute_gradients(y, [w])]
    train = optimizer.apply_gradients(clipped)
    with v1.Session() as session:
        feed = {x: [1.0, 2.0, 0.5]}
        found = session.run([of_x, of_w], feed)
        assert found[0].tolist() == [2.0, 8.0, 3.0]
        assert found[1].tolist() == [1.0, 4.0, 0.25]
        session.run(train, feed)
        assert session.run(w).tolist() == [0.0, 1.0, 2.75]


def test_layers_train_a_classifier():
    tf.keras.utils.set_random_seed(1)
    rng = np.random.default_rng(0)
    images = rng.normal(size=(64, 6, 6, 1)).astype("float32")
    classes = (images.mean((1, 2, 3)) > 0).astype("int64")
    with v1.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, 6, 6, 1])
        y = v1.placeholder(tf.int64, [None])
        training = v1.placeholder(tf.bool, [])
        h = v1.layers.conv2d(x, 4, 3, activation=tf.nn.relu, name="first")
        assert h.shape.as_list() == [None, 4, 4, 4]
        h = v1.layers.max_pooling2d(h, 2, 2)
        h = v1.layers.dropout(v1.layers.flatten(h), 0.1, training=training)
        h = v1.layers.batch_normalization(h, training=training)
        logits = v1.layers.dense(h, 2)
        assert logits.get_shape().as_list() == [None, 2]
        loss = v1.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
        with v1.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
            train = v1.train.AdamOptimizer(0.03).minimize(loss)
        right = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))
        names = [v.name for v in v1.global_variables()]
        assert names == [
            "first/kernel:0",
            "first/bias:0",
            "batch_normalization/gamma:0",
            "batch_normalization/beta:0",
            "batch_normalization/moving_mean:0",
            "batch_normalization/moving_variance:0",
            "dense/kernel:0",
            "dense/bias:0",
        ]
        assert len(v1.trainable_variables()) == 6
        with v1.Session(config=v1.ConfigProto(allow_soft_placement=True)) as session:
            session.run(v1.global_variables_initializer())
            for _ in range(80):
                session.run(train, {x: images, y: classes, training: True})
            moved = session.run(v1.global_variables()[4])
            assert np.abs(moved).max() > 0
            assert session.run(right, {x: images, y: classes, training: False}) > 0.8


def test_scopes_share_variables():
    v1.reset_default_graph()
    with v1.variable_scope("a"):
        w = v1.get_variable("w", [2], initializer=tf.ones_initializer())
        with v1.variable_scope("b"):
            assert v1.get_variable("w", [1]).name == "a/b/w:0"
        with pytest.raises(tf.errors.InvalidArgumentError, match="already exists"):
            v1.get_variable("w", [2])
    with v1.variable_scope("a", reuse=True):
        assert v1.get_variable("w", [2]) is w
        with pytest.raises(tf.errors.InvalidArgumentError, match="does not exist"):
            v1.get_variable("z", [2])
    with v1.variable_scope("a", reuse=v1.AUTO_REUSE):
        assert v1.get_variable("z", [2]) is not None
    assert [v.name for v in v1.global_variables("a/w")] == ["a/w:0"]


def test_rates_decay():
    step = v1.Variable(0, trainable=False, dtype=tf.int64)
    rates = [
        v1.train.exponential_decay(0.1, step, 10, 0.5),
        v1.train.exponential_decay(0.1, step, 10, 0.5, staircase=True),
        v1.train.polynomial_decay(0.1, step, 20, 0.0),
        v1.train.cosine_decay(0.1, step, 20),
        v1.train.piecewise_constant(step, [10, 20], [1.0, 0.5, 0.1]),
        v1.train.inverse_time_decay(0.1, step, 10, 1.0),
        v1.train.natural_exp_decay(0.1, step, 10, 1.0),
    ]
    with v1.Session() as session:
        session.run(step.assign(15))
        found = session.run(rates)
    wanted = [0.1 * 0.5**1.5, 0.05, 0.025, 0.05 * (1 - np.sqrt(0.5)), 0.5, 0.04, 0.1 * np.exp(-1.5)]
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_saver(tmp_path):
    v1.reset_default_graph()
    a, b = v1.Variable([1.0, 2.0], name="a"), v1.Variable(3, name="b")
    saver = v1.train.Saver(max_to_keep=1)
    with v1.Session() as session:
        session.run(a.assign([5.0, 6.0]))
        saver.save(session, str(tmp_path / "model"), global_step=1)
        path = saver.save(session, str(tmp_path / "model"), global_step=2)
        session.run(v1.global_variables_initializer())
        saver.restore(session, path)
        assert session.run(a).tolist() == [5.0, 6.0]
        assert session.run(b) == 3
        assert tf.train.latest_checkpoint(str(tmp_path)) == path
        assert not list(tmp_path.glob("model-1.*"))
        with pytest.raises(tf.errors.NotFoundError):
            v1.train.Saver({"other": a}).restore(session, path)


def test_constants_and_names_that_moved(tmp_path):
    with v1.InteractiveSession():
        c = v1.constant([1.5, -2.5])
        assert v1.to_int32(c).eval().tolist() == [1, -2]
        assert v1.ceil(c).eval().tolist() == [2.0, -2.0]
        assert c.shape.as_list() == [2]
    with v1.gfile.Open(str(tmp_path / "f"), "w") as file:
        file.write("text")
    assert v1.gfile.Exists(str(tmp_path / "f"))
    v1.logging.set_verbosity(v1.logging.ERROR)
    assert v1.logging.get_verbosity() == v1.logging.ERROR
    v1.logging.set_verbosity(v1.logging.WARN)
    with pytest.raises(AttributeError, match=r"tf\.keras and its model\.fit"):
        v1.estimator.Estimator  # noqa: B018
