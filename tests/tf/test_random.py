"""tf.random: distributions, seeds, streams, shapes and dtypes."""

import math

import numpy as np
import pytest

import caudal as tf
from caudal.random import bits

COUNT = 100_000


def fits(sample, cdf):
    """The Kolmogorov-Smirnov distance, below its value at a probability of 1e-6."""
    x = np.sort(np.asarray(sample, np.float64).reshape(-1))
    n = len(x)
    steps = np.arange(n)
    values = cdf(x)
    distance = max(np.max(values - steps / n), np.max((steps + 1) / n - values))
    assert distance < math.sqrt(-math.log(1e-6 / 2) / 2 / n), distance


def phi(x):
    return 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_is_uniform(dtype):
    tf.random.set_seed(3)
    sample = tf.random.uniform([COUNT], dtype=dtype).numpy()
    assert sample.dtype == dtype
    assert sample.min() >= 0
    assert sample.max() < 1
    fits(sample, lambda x: x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_is_normal(dtype):
    tf.random.set_seed(4)
    sample = tf.random.normal([COUNT], 2.0, 3.0, dtype=dtype).numpy()
    assert sample.dtype == dtype
    fits((sample - 2) / 3, phi)


def test_truncated_normal_stays_within_two_deviations():
    tf.random.set_seed(5)
    sample = tf.random.truncated_normal([COUNT]).numpy()
    assert np.abs(sample).max() <= 2
    low, high = phi(-2.0), phi(2.0)
    fits(sample, lambda x: (phi(x) - low) / (high - low))
    # The standard deviation of the truncated distribution, in closed form.
    assert sample.std() == pytest.approx(0.8796256610342398, abs=0.01)


def test_small_floats_stay_below_one():
    for dtype in ("float16", "bfloat16"):
        sample = np.asarray(tf.random.uniform([4096], dtype=dtype)).astype("float32")
        assert 0 <= sample.min() < 0.05
        assert 0.95 < sample.max() < 1


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers_cover_the_range_evenly(dtype):
    tf.random.set_seed(6)
    sample = tf.random.uniform([COUNT], -3, 4, dtype=dtype).numpy()
    values, counts = np.unique(sample, return_counts=True)
    assert values.tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert abs(counts / COUNT - 1 / 7).max() < 0.01


def test_integers_need_an_upper_limit():
    with pytest.raises(tf.errors.InvalidArgumentError, match="maxval"):
        tf.random.uniform([2], dtype=tf.int32)


def test_a_seed_repeats_the_draws():
    tf.random.set_seed(7)
    first = [tf.random.normal([3]).numpy(), tf.random.uniform([3]).numpy()]
    tf.random.set_seed(7)
    again = [tf.random.normal([3]).numpy(), tf.random.uniform([3]).numpy()]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not (first[0] == tf.random.normal([3]).numpy()).all()


def test_an_op_seed_has_a_stream_of_its_own():
    tf.random.set_seed(8)
    a = tf.random.normal([3], seed=1).numpy()
    b = tf.random.normal([3], seed=1).numpy()
    tf.random.set_seed(8)
    tf.random.normal([5])
    assert (a == tf.random.normal([3], seed=1).numpy()).all()
    assert not (a == b).all()


def test_a_compiled_function_draws_anew_each_time():
    draw = tf.function(lambda: tf.random.normal([4]))
    tf.random.set_seed(9)
    first, second = draw().numpy(), draw().numpy()
    assert not (first == second).any()
    tf.random.set_seed(9)
    assert (draw().numpy() == first).all()
    tf.random.set_seed(9)
    # Eager execution and a program draw the same numbers from the same state.
    np.testing.assert_allclose(tf.random.normal([4]).numpy(), first, rtol=1e-6)


def test_shuffle_permutes_rows():
    rows = np.arange(40).reshape(20, 2)
    tf.random.set_seed(1)
    mixed = tf.random.shuffle(rows).numpy()
    assert sorted(mixed.tolist()) == rows.tolist()
    assert mixed.tolist() != rows.tolist()


def test_permutations_are_uniform():
    tf.random.set_seed(2)
    orders = {}
    for _ in range(1200):
        order = tuple(tf.random.shuffle([0, 1, 2]).numpy().tolist())
        orders[order] = orders.get(order, 0) + 1
    assert len(orders) == 6
    assert min(orders.values()) > 140
    assert max(orders.values()) < 260


def test_categorical_has_softmax_frequencies():
    tf.random.set_seed(3)
    logits = np.log([[0.1, 0.2, 0.7], [0.5, 0.5, 1e-30]]).astype("float32")
    drawn = tf.random.categorical(logits, 20_000)
    assert drawn.dtype == tf.int64
    assert drawn.shape == (2, 20_000)
    for row, wanted in zip(drawn.numpy(), ([0.1, 0.2, 0.7], [0.5, 0.5, 0]), strict=True):
        found = np.bincount(row, minlength=3) / 20_000
        np.testing.assert_allclose(found, wanted, atol=0.015)


def test_stateless_draws_depend_on_the_seed_alone():
    a = tf.random.stateless_normal([5], seed=(1, 2))
    assert (a.numpy() == tf.random.stateless_normal([5], seed=[1, 2]).numpy()).all()
    assert not (a.numpy() == tf.random.stateless_normal([5], seed=(2, 1)).numpy()).any()
    assert tf.random.stateless_uniform([2], (1, 2), 0, 10, tf.int32).dtype == tf.int32
    sample = tf.random.stateless_truncated_normal([500], (3, 4), 10.0, 0.1).numpy()
    assert np.abs(sample - 10).max() <= 0.2 + 1e-5
    with pytest.raises(tf.errors.InvalidArgumentError, match="two integers"):
        tf.random.stateless_normal([2], seed=3)


def test_split_and_fold_in_make_new_seeds():
    seeds = tf.random.split((1, 2), 3)
    assert seeds.shape == (3, 2)
    assert seeds.dtype == tf.int32
    assert len({tuple(row) for row in seeds.numpy().tolist()}) == 3
    one, two = (tf.random.fold_in((1, 2), n).numpy() for n in (1, 2))
    assert not (one == two).all()


def test_generator_goes_on_from_its_state():
    generator = tf.random.Generator.from_seed(12)
    first = generator.normal([4]).numpy()
    kept = generator.state.numpy()
    second = generator.uniform([4], 5, 9, dtype=tf.int32).numpy()
    assert set(second.tolist()) <= {5, 6, 7, 8}
    again = tf.random.Generator.from_state(kept)
    assert (again.uniform([4], 5, 9, dtype=tf.int32).numpy() == second).all()
    generator.reset_from_seed(12)
    assert (generator.normal([4]).numpy() == first).all()
    children = generator.split(2)
    assert not (children[0].normal([4]).numpy() == children[1].normal([4]).numpy()).any()
    assert generator.make_seeds(3).shape == (2, 3)


def test_generator_inside_a_function_advances():
    generator = tf.random.Generator.from_seed(5)
    draw = tf.function(lambda: generator.normal([3]))
    a, b = draw().numpy(), draw().numpy()
    assert not (a == b).any()
    fresh = tf.random.Generator.from_seed(5)
    np.testing.assert_allclose(fresh.normal([3]).numpy(), a, rtol=1e-6)


def test_dropout_scales_what_it_keeps():
    tf.random.set_seed(11)
    x = tf.ones([200, 100])
    y = tf.nn.dropout(x, 0.4).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.6)}
    assert (y == 0).mean() == pytest.approx(0.4, abs=0.02)
    rows = tf.nn.dropout(x, 0.4, noise_shape=[None, 1]).numpy()
    assert (rows == rows[:, :1]).all()
    with pytest.raises(tf.errors.InvalidArgumentError, match="rate"):
        tf.nn.dropout(x, 1.5)


def test_dropout_has_the_gradient_of_its_mask():
    tf.random.set_seed(11)
    x = tf.constant(np.full(50, 2.0, "float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.dropout(x, 0.5)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), y.numpy() / 2)


def test_bits_of_threefry_are_fixed():
    key = tf.constant(np.array([1, 2], "uint32"))
    assert bits.unit(key, (3,), tf.float32).numpy().tolist() == pytest.approx(
        (bits.ops.threefry(key, shape=(3,)).numpy() >> 8) * 2.0**-24
    )
    z = bits.symmetric(key, (1000,), tf.float32).numpy()
    assert np.abs(z).max() < 1
