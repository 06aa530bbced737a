"""Labels and indices out of range in compiled training, evaluation and prediction: which, where."""

import numpy as np
import pytest

import caudal as tf

keras = tf.keras
ROWS, BAD, LABEL = 64, (37, 2), 41


def model(**options):
    net = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            keras.layers.Embedding(10, 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    net.compile("adam", "sparse_categorical_crossentropy", **options)
    return net


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.integers(0, 10, (ROWS, 5)).astype("int32"), rng.integers(0, 3, ROWS)


CALLS = {
    "fit": lambda m, x, y: m.fit(x, y, epochs=2, verbose=0, batch_size=8),
    "fit in order": lambda m, x, y: m.fit(x, y, verbose=0, batch_size=8, shuffle=False),
    "fit on a dataset": lambda m, x, y: m.fit(
        tf.data.Dataset.from_tensor_slices((x, y)).batch(8), verbose=0
    ),
    "evaluate": lambda m, x, y: m.evaluate(x, y, verbose=0, batch_size=8),
    "train_on_batch": lambda m, x, y: m.train_on_batch(x, y),
}
PREDICTIONS = {
    "predict": lambda m, x: m.predict(x, verbose=0, batch_size=8),
    "predict a dataset": lambda m, x: m.predict(
        tf.data.Dataset.from_tensor_slices(x).batch(8), verbose=0
    ),
    "predict_on_batch": lambda m, x: m.predict_on_batch(x),
    "call": lambda m, x: m(x),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_index_outside_a_table(call, data):
    x, y = data
    x[BAD] = 25
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"gather: indices\[37, 2\] = 25 "):
        CALLS[call](model(), x, y)


@pytest.mark.parametrize("call", PREDICTIONS)
def test_an_index_outside_a_table_in_predictions(call, data):
    x = data[0]
    x[BAD] = -1
    net = model()
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"gather: indices\[37, 2\] = -1 "):
        PREDICTIONS[call](net, x)


@pytest.mark.parametrize("call", CALLS)
def test_a_label_outside(call, data):
    x, y = data
    y[LABEL] = 7
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"the label 7 in row 41 is outside"):
        CALLS[call](model(), x, y)


def test_training_goes_on_after_the_mistake_is_mended(data):
    x, y = data
    net = model()
    wrong = x.copy()
    wrong[BAD] = 10
    with pytest.raises(tf.errors.InvalidArgumentError, match="= 10 is not in"):
        net.fit(wrong, y, verbose=0, batch_size=8)
    losses = net.fit(x, y, epochs=2, verbose=0, batch_size=8).history["loss"]
    assert np.isfinite(losses).all()


def test_the_first_of_several_mistakes_is_named(data):
    x, y = data
    x[BAD], y[3] = 25, 9
    with pytest.raises(tf.errors.InvalidArgumentError, match="the label 9 in row 3"):
        model().fit(x, y, verbose=0, batch_size=8, shuffle=False)


def test_run_eagerly_names_the_batch(data):
    x, y = data
    x[BAD] = 25
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"= 25 is not in \[0, 10\)"):
        model(run_eagerly=True).fit(x, y, verbose=0)


GATHERS = {
    "gather": lambda i: tf.gather(tf.zeros([3, 4]), i),
    "gather along an axis": lambda i: tf.gather(tf.zeros([4, 3]), i, axis=1),
    "gather in batches": lambda i: tf.gather(tf.zeros([2, 3]), i[:, None], batch_dims=1),
    "gather_nd": lambda i: tf.gather_nd(tf.zeros([3, 4]), i[:, None]),
    "embedding_lookup": lambda i: tf.nn.embedding_lookup(tf.zeros([3, 4]), i),
    "scatter_nd": lambda i: tf.scatter_nd(i[:, None], tf.ones([2]), [3]),
    "update": lambda i: tf.tensor_scatter_nd_update(tf.zeros([3]), i[:, None], tf.ones([2])),
    "add": lambda i: tf.tensor_scatter_nd_add(tf.zeros([3]), i[:, None], tf.ones([2])),
    "sub": lambda i: tf.tensor_scatter_nd_sub(tf.zeros([3]), i[:, None], tf.ones([2])),
    "max": lambda i: tf.tensor_scatter_nd_max(tf.zeros([3]), i[:, None], tf.ones([2])),
    "invert_permutation": lambda i: tf.math.invert_permutation(i),
    "unravel_index": lambda i: tf.unravel_index(i, [3, 1]),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", GATHERS)
def test_indices_outside_raise_on_every_path(name, compiled):
    call = tf.function(GATHERS[name]) if compiled else GATHERS[name]
    call(tf.constant([1, 0]))
    for bad in ([0, 5], [-1, 1]):
        with pytest.raises(tf.errors.InvalidArgumentError, match=str(max(bad, key=abs))):
            call(tf.constant(bad))


@pytest.mark.parametrize("compiled", [False, True])
def test_segments(compiled):
    def fold(ids):
        return tf.math.unsorted_segment_sum(tf.constant([1.0, 2.0, 3.0]), ids, 2)

    call = tf.function(fold) if compiled else fold
    assert call(tf.constant([-1, 0, 1])).numpy().tolist() == [2, 3]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"segment_ids\[2\] = 5 is not in"):
        call(tf.constant([0, 1, 5]))


@pytest.mark.parametrize("compiled", [False, True])
def test_one_hot_has_nothing_to_refuse(compiled):
    call = tf.function(lambda i: tf.one_hot(i, 3)) if compiled else lambda i: tf.one_hot(i, 3)
    assert call(tf.constant([5, -1])).numpy().tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    "call",
    [
        lambda: tf.zeros((10**7, 10**7)),
        lambda: tf.fill((10**7, 10**7), 1.0),
        lambda: tf.random.normal((10**7, 10**7)),
        lambda: tf.zeros((10**7, 1)) + tf.zeros((1, 10**7)),
        lambda: tf.zeros((10**7, 1)) @ tf.zeros((1, 10**7)),
        lambda: tf.pad(tf.zeros(3), [[0, 10**14]]),
        lambda: tf.range(10**14),
    ],
)
def test_too_much_memory(call):
    with pytest.raises(tf.errors.ResourceExhaustedError, match="out of memory"):
        call()
