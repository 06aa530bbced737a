"""Samplers of classes, fractional pooling, shuffled indices: what no golden value can hold."""

import numpy as np
import pytest

import caudal as tf

LABELS = np.array([[1, 4], [2, 7], [0, 3]])


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("kind", ["uniform", "log_uniform", "fixed_unigram"])
def test_classes_come_as_often_as_expected(kind, unique):
    sampler = getattr(tf.random, f"{kind}_candidate_sampler")
    more = {"unigrams": list(range(1, 11))} if kind == "fixed_unigram" else {}
    chance = {
        "uniform": np.full(10, 0.1),
        "log_uniform": np.diff(np.log(np.arange(1, 12))) / np.log(11),
        "fixed_unigram": np.arange(1, 11) / 55,
    }[kind]
    counts = np.zeros(10)
    for seed in range(100):
        found = sampler(LABELS, 2, 4, unique, 10, seed=seed, **more)
        sampled = found.sampled_candidates.numpy()
        assert sampled.dtype == np.int64
        assert not unique or len(set(sampled)) == 4
        counts += np.bincount(sampled, minlength=10)
        expected = found.true_expected_count.numpy()
        assert expected.shape == (3, 2)
        if not unique:
            np.testing.assert_allclose(expected, 4 * chance[LABELS], rtol=1e-5)
            np.testing.assert_allclose(found.sampled_expected_count, 4 * chance[sampled], rtol=1e-5)
    if not unique:
        np.testing.assert_allclose(counts / 400, chance, atol=0.08)
    tf.random.set_seed(5)
    again = sampler(LABELS, 2, 4, unique, 10, seed=7, **more)
    tf.random.set_seed(5)
    np.testing.assert_array_equal(
        again.sampled_candidates, sampler(LABELS, 2, 4, unique, 10, seed=7, **more)[0]
    )


def test_unique_expectations_by_the_number_of_draws():
    found = tf.random.uniform_candidate_sampler(LABELS, 2, 10, True, 10, seed=3)
    tries = np.log1p(-found.sampled_expected_count.numpy().astype(float)) / np.log(0.9)
    assert round(float(tries[0])) >= 10
    np.testing.assert_allclose(tries, tries[0], rtol=1e-3)


def test_frequencies_of_a_file(tmp_path):
    path = tmp_path / "vocabulary.csv"
    path.write_text("a,1\nb,0\nc,3\n")
    found = tf.random.fixed_unigram_candidate_sampler(
        [[1]], 1, 2, True, 4, vocab_file=str(path), num_reserved_ids=1, seed=1
    )
    assert sorted(found.sampled_candidates.numpy()) == [1, 3]
    path.write_text("a,many\n")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"line 1: expected a number"):
        tf.random.fixed_unigram_candidate_sampler([[1]], 1, 1, True, 1, vocab_file=str(path))


def test_a_compiled_loss_samples_anew():
    table, bias = tf.Variable(tf.ones((50, 4))), tf.Variable(tf.zeros(50))
    x = tf.constant(np.eye(4, dtype="float32")[:3])

    @tf.function
    def loss(labels):
        return tf.nn.sampled_softmax_loss(table, bias, labels, x, 5, 50, 2)

    first, second = loss(LABELS).numpy(), loss(LABELS).numpy()
    assert first.shape == (3,)
    assert (first != second).any()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.nn.nce_loss(table, bias, LABELS, x, 5, 50, 2))
    assert tf.convert_to_tensor(tape.gradient(total, table)).shape == (50, 4)


@pytest.mark.parametrize("pseudo", [False, True])
@pytest.mark.parametrize("overlapping", [False, True])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_fractional_pooling(kind, overlapping, pseudo):
    x = np.random.default_rng(0).normal(size=(2, 11, 8, 3)).astype("float32")
    pool = getattr(tf.nn, f"fractional_{kind}_pool")
    for seed in range(1, 6):
        y, rows, columns = pool(x, [1.0, 1.44, 1.73, 1.0], pseudo, overlapping, seed=seed)
        rows, columns = rows.numpy(), columns.numpy()
        assert (rows[0], rows[-1], columns[0], columns[-1]) == (0, 11, 0, 8)
        assert set(np.diff(rows)) <= {1, 2}
        assert set(np.diff(columns)) == {2}
        wanted = np.empty(y.shape, "float32")
        more = int(overlapping)
        for i, j in np.ndindex(*wanted.shape[1:3]):
            region = x[:, rows[i] : rows[i + 1] + more, columns[j] : columns[j + 1] + more]
            wanted[:, i, j] = region.max((1, 2)) if kind == "max" else region.mean((1, 2))
        np.testing.assert_allclose(y, wanted, rtol=1e-4, atol=1e-6)


def test_fractional_pooling_has_gradients():
    x = tf.constant(np.arange(25, dtype="float32").reshape(1, 5, 5, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.fractional_max_pool(x, 1.5, seed=2).output
    gradient = tape.gradient(y, x).numpy()
    assert gradient.sum() == 9
    np.testing.assert_array_equal(np.sort(x.numpy()[gradient > 0]), np.sort(y.numpy().ravel()))


@pytest.mark.parametrize("most", [0, 1, 5, 16, 999])
def test_shuffled_indices_are_an_order(most):
    order = tf.random.experimental.index_shuffle(np.arange(most + 1), [3, 4], most).numpy()
    assert sorted(order) == list(range(most + 1))
    again = tf.random_index_shuffle(tf.constant(most), [3, 4], most)
    assert int(again) == order[most]
    if most > 10:
        other = tf.random.experimental.index_shuffle(np.arange(most + 1), [3, 5, 1], most)
        assert (other.numpy() != order).any()


def test_truncated_normals():
    draw = tf.random.stateless_parameterized_truncated_normal
    x = draw([20000], [1, 2], means=1.0, stddevs=2.0, minvals=-100.0, maxvals=100.0).numpy()
    np.testing.assert_allclose([x.mean(), x.std()], [1, 2], rtol=0.05)
    y = draw([3, 2], [1, 2], minvals=[0.0, 5.0], maxvals=[1.0, 6.0], stddevs=3.0).numpy()
    assert (y >= [0, 5]).all()
    assert (y <= [1, 6]).all()


def test_dropouts():
    x = tf.ones((1000,))
    first = tf.nn.experimental.stateless_dropout(x, 0.4, [1, 2]).numpy()
    np.testing.assert_array_equal(first, tf.nn.experimental.stateless_dropout(x, 0.4, [1, 2]))
    np.testing.assert_allclose((first > 0).mean(), 0.6, atol=0.06)
    rows = tf.nn.experimental.stateless_dropout(tf.ones((50, 3)), 0.5, [1, 2], noise_shape=[50, 1])
    assert set(rows.numpy().sum(1)) == {0.0, 6.0}


def test_gradients_of_convolutions():
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(2, 5, 5, 3)), rng.normal(size=(3, 3, 3, 4))
    x, w = tf.constant(x, tf.float32), tf.constant(w, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        y = tf.nn.conv2d(x, w, [1, 2, 2, 1], [[0, 0], [1, 0], [0, 1], [0, 0]])
    g = tf.ones_like(y)
    around = {"padding": "EXPLICIT", "explicit_paddings": [0, 0, 1, 0, 0, 1, 0, 0]}
    by_x, by_w = tape.gradient(y, [x, w])
    np.testing.assert_allclose(
        tf.conv2d_backprop_input_v2(x, w, g, [1, 2, 2, 1], **around), by_x, rtol=1e-5
    )
    np.testing.assert_allclose(
        tf.conv2d_backprop_filter_v2(x, w, g, [1, 2, 2, 1], **around), by_w, rtol=1e-5
    )
