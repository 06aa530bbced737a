"""Samplers by rejection, moving averages, coordinators, profilers: names of the tf namespace."""

import threading

import numpy as np
import pytest

import caudal as tf


def test_gamma_and_poisson_have_their_moments():
    tf.random.set_seed(1)
    g = tf.random.gamma([20000], [0.5, 4.0], [1.0, 2.0]).numpy()
    assert g.shape == (20000, 2)
    assert g.dtype == np.float32
    np.testing.assert_allclose(g.mean(0), [0.5, 2.0], rtol=0.05)
    np.testing.assert_allclose(g.var(0), [0.5, 1.0], rtol=0.1)
    p = tf.random.poisson([20000], [1.0, 9.0], dtype=tf.int32).numpy()
    np.testing.assert_allclose(p.mean(0), [1.0, 9.0], rtol=0.05)
    np.testing.assert_allclose(p.var(0), [1.0, 9.0], rtol=0.1)
    assert p.dtype == np.int32


def test_stateless_draws_depend_on_the_seed_alone():
    for draw in (
        lambda seed: tf.random.stateless_gamma([5], seed, [1.0, 2.0, 3.0, 4.0, 5.0]),
        lambda seed: tf.random.stateless_poisson([5], seed, 20.0),
        lambda seed: tf.random.stateless_binomial([5], seed, 100, 0.3),
    ):
        np.testing.assert_array_equal(draw([1, 2]).numpy(), draw([1, 2]).numpy())
        assert (draw([1, 2]).numpy() != draw([1, 3]).numpy()).any()
    counts = tf.random.stateless_binomial([5000], [1, 2], 10, 0.3).numpy()
    assert counts.min() >= 0
    assert counts.max() <= 10
    assert abs(counts.mean() - 3) < 0.1


def test_a_function_draws_anew_at_each_run():
    @tf.function
    def draw(alpha):
        return tf.random.gamma([3], alpha)

    first, second = draw(tf.constant(2.0)).numpy(), draw(tf.constant(2.0)).numpy()
    assert (first != second).any()
    assert (first > 0).all()


def test_bad_parameters():
    with pytest.raises(tf.errors.InvalidArgumentError, match="broadcast"):
        tf.random.stateless_poisson([3], [1, 2], [1.0, 2.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="poisson"):
        tf.random.poisson([3], -1.0)
    with pytest.raises(TypeError, match="numbers"):
        tf.random.gamma([3], 1.0, dtype=tf.string)


def test_moving_averages():
    v = tf.Variable([1.0, 2.0], name="v")
    averages = tf.train.ExponentialMovingAverage(0.9)
    averages.apply([v])
    np.testing.assert_allclose(averages.average(v).numpy(), [1.0, 2.0])
    v.assign([2.0, 4.0])

    @tf.function
    def move():
        averages.apply([v])

    move()
    np.testing.assert_allclose(averages.average(v).numpy(), [1.1, 2.2], rtol=1e-6)
    assert averages.average(tf.Variable(1.0)) is None
    assert averages.average_name(v) == "v/ExponentialMovingAverage"
    assert averages.variables_to_restore() == {"v/ExponentialMovingAverage": v}
    with pytest.raises(tf.errors.InvalidArgumentError, match="floats"):
        averages.apply([tf.Variable(1)])


def test_moving_averages_with_a_count_and_without_a_bias():
    v = tf.Variable(4.0)
    counted = tf.train.ExponentialMovingAverage(0.99, num_updates=2)
    counted.apply([v])
    v.assign(8.0)
    counted.apply([v])
    np.testing.assert_allclose(float(counted.average(v)), 4 * 0.25 + 8 * 0.75)
    plain = tf.train.ExponentialMovingAverage(0.9, zero_debias=True)
    plain.apply([v])
    np.testing.assert_allclose(float(plain.average(v)), 8.0, rtol=1e-5)
    v.assign(0.0)
    plain.apply([v])
    np.testing.assert_allclose(float(plain.average(v)), 0.72 / 0.19, rtol=1e-5)


def test_a_coordinator_stops_threads():
    coord, turns = tf.train.Coordinator(), []

    def work(number):
        with coord.stop_on_exception():
            while not coord.should_stop():
                turns.append(number)
                if len(turns) > 50:
                    raise ValueError("enough")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    with pytest.raises(ValueError, match="enough"):
        coord.join(threads)
    assert coord.joined
    coord.clear_stop()
    coord.request_stop(tf.errors.OutOfRangeError("end"))
    coord.join([])
    assert coord.should_stop()


def test_profilers_say_that_nothing_is_recorded(tmp_path):
    with pytest.warns(tf.errors.CaudalWarning, match="no profiler"):
        tf.profiler.experimental.start(str(tmp_path))
    with tf.profiler.experimental.Trace("step", step_num=1):
        pass
    with pytest.raises(tf.errors.FailedPreconditionError):
        tf.profiler.experimental.start(str(tmp_path))
    tf.profiler.experimental.stop()
    with pytest.raises(tf.errors.FailedPreconditionError):
        tf.profiler.experimental.stop()


def test_compiling_as_xla():
    found = tf.xla.experimental.compile(lambda x, y: x * y, [tf.constant(2.0), tf.constant(3.0)])
    assert float(found) == 6.0
    with tf.xla.experimental.jit_scope():
        assert float(tf.constant(1.0) + 1.0) == 2.0


def test_clusters_and_tpus_say_what_to_use():
    with pytest.raises(tf.errors.UnimplementedError, match="get_strategy"):
        tf.config.experimental_connect_to_cluster("x")
    with pytest.raises(AttributeError, match="get_strategy"):
        tf.tpu.experimental.initialize_tpu_system()
    with pytest.raises(AttributeError, match=r"tf\.keras"):
        tf.estimator.Estimator  # noqa: B018


def test_cluster_specs():
    spec = tf.train.ClusterSpec({"worker": ["a:1", "b:1"], "ps": {1: "c:1"}})
    assert spec.as_dict() == {"worker": ["a:1", "b:1"], "ps": {1: "c:1"}}
    assert spec.job_tasks("ps") == [None, "c:1"]
    assert spec.task_indices("worker") == [0, 1]
    assert spec == tf.train.ClusterSpec(spec)
    with pytest.raises(ValueError, match="no such job"):
        spec.num_tasks("x")
    with pytest.raises(TypeError, match="list"):
        tf.train.ClusterSpec({"worker": "a:1"})
