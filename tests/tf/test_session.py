"""Session.run as compiled programs: TensorFlow's results of whole programs, caching, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

import caudal as tf
from caudal.compat import v1

from .graph_cases import CASES, numbers

GOLDEN = json.loads((Path(__file__).parent / "golden_graphs.json").read_text())


@pytest.fixture(autouse=True)
def graph_mode():
    v1.disable_v2_behavior()
    v1.reset_default_graph()
    yield
    v1.enable_v2_behavior()


def flat(value):
    if isinstance(value, list):
        return [number for part in value for number in flat(part)]
    return [value]


@pytest.mark.parametrize("name", CASES)
def test_programs(name):
    found = numbers(CASES[name](v1))
    np.testing.assert_allclose(flat(found), flat(GOLDEN[name]), rtol=2e-5, atol=2e-6)


def programs(session):
    return [program is not None for program, _ in session._programs.values()]


def test_flags_and_counts_that_decide_have_programs_of_their_own():
    x, training = v1.placeholder(tf.float32, [None, 2]), v1.placeholder(tf.bool, [])
    n, keep = v1.placeholder(tf.int32, []), v1.placeholder(tf.float32, [])
    h = v1.layers.dropout(v1.layers.dense(x, 3), 0.5, training=training)
    h = v1.nn.dropout(h, keep_prob=keep) + tf.zeros([n, 3])
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        feed = {x: np.ones((4, 2)), n: 4, keep: 1.0}
        first = session.run(h, {**feed, training: False})
        np.testing.assert_array_equal(first, session.run(h, {**feed, training: False}))
        session.run(h, {**feed, training: True, keep: 0.5})
        assert sorted(programs(session)) == [False, True, True]
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"broadcast|shapes"):
            session.run(h, {**feed, training: False, n: 3})


def test_one_program_per_fetches_and_shapes():
    x = v1.placeholder(tf.float32, [None])
    w = v1.Variable(2.0)
    y, train = x * w, v1.train.AdamOptimizer(0.1).minimize((w - 1.0) ** 2)
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        for _ in range(3):
            session.run([y, train], {x: [1.0, 2.0]})
        assert programs(session) == [True]
        session.run([y, train], {x: [1.0]})
        session.run(y, {x: [1.0, 2.0]})
        assert programs(session) == [True, True, True]


def test_what_depends_on_values_is_computed_call_by_call():
    x = v1.placeholder(tf.float32, [None])
    with v1.Session() as session:
        assert session.run(tf.boolean_mask(x, x > 1), {x: [1.0, 3.0]}).tolist() == [3.0]
        assert programs(session) == [False]


def test_one_draw_serves_the_loss_and_its_gradient():
    w = v1.Variable(tf.ones([100]))
    noisy = v1.nn.dropout(w, keep_prob=0.5)
    slope = v1.gradients(tf.reduce_sum(noisy), w)[0]
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        value, grown = session.run([noisy, slope])
        np.testing.assert_array_equal(value, grown)
        assert programs(session)[-1]


def test_tensors_have_names_and_graphs():
    graph = v1.get_default_graph()
    a = v1.placeholder(tf.float32, [2], name="a")
    b = tf.add(a, 1.0, name="a")
    assert (a.name, b.name) == ("a:0", "a_1:0")
    assert graph.get_tensor_by_name("a_1:0") is b and b.graph is graph
    with pytest.raises(tf.errors.NotFoundError, match="'c:0'"):
        graph.get_tensor_by_name("c:0")


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda s, x: s.run(x), tf.errors.InvalidArgumentError, "'x:0' needs a value"),
        (lambda s, x: s.run(x, {x: [[1.0]]}), tf.errors.InvalidArgumentError, "has shape"),
        (lambda s, x: s.run(x, {x: ["a", "b"]}), TypeError, "Cannot convert"),
        (lambda s, x: s.run(None), tf.errors.InvalidArgumentError, "received None"),
        (lambda s, x: s.run([x, 3], {x: [1.0]}), tf.errors.InvalidArgumentError, "received 3"),
        (lambda s, x: list(x * 2), tf.errors.InvalidArgumentError, "cannot be iterated"),
        (lambda s, x: v1.nn.dropout(x), tf.errors.InvalidArgumentError, "exactly one of"),
        (
            lambda s, x: v1.reduce_sum(x, 0, reduction_indices=0),
            tf.errors.InvalidArgumentError,
            "are one argument",
        ),
    ],
)
def test_refusals(call, error, text):
    x = v1.placeholder(tf.float32, [None], name="x")
    with v1.Session() as session, pytest.raises(error, match=text):
        call(session, x)
