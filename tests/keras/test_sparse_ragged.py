"""Sparse and ragged inputs of models: the same numbers as dense ones, batch by batch."""

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.keras.training import rows

layers = keras.layers
sparse = pytest.importorskip("scipy.sparse")

DENSE = np.random.default_rng(0).normal(size=(10, 6)).astype("float32")
DENSE[np.random.default_rng(1).uniform(size=DENSE.shape) < 0.6] = 0
LABELS = DENSE[:, :1] * 2 + 1
WORDS = [[1, 2, 3, 4, 5], [4], [6, 7], [1, 0, 3]]


def linear(**kwargs):
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((6,), **kwargs), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def as_tensor(dense):
    return tf.sparse.from_dense(dense)


SOURCES = {
    "csr": lambda: (sparse.csr_matrix(DENSE), LABELS),
    "coo": lambda: (sparse.coo_matrix(DENSE), LABELS),
    "csc": lambda: (sparse.csc_array(DENSE), LABELS),
    "tensor": lambda: (as_tensor(DENSE), LABELS),
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("flags", [{}, {"sparse": True}], ids=["dense input", "sparse input"])
def test_training_on_sparse_rows_is_training_on_dense_ones(kind, flags):
    x, y = SOURCES[kind]()
    model, other = linear(**flags), linear()
    histories = []
    for one, data in ((model, (x, y)), (other, (DENSE, LABELS))):
        keras.utils.set_random_seed(5)
        fitted = one.fit(*data, batch_size=4, epochs=3, validation_split=0.2, verbose=0)
        histories.append(fitted.history)
    assert histories[0] == histories[1]
    assert np.array_equal(model.predict(x, verbose=0), other.predict(DENSE, verbose=0))
    assert model.evaluate(x, y, verbose=0) == other.evaluate(DENSE, LABELS, verbose=0)
    assert model.train_on_batch(x, y) == other.train_on_batch(DENSE, LABELS)
    assert np.array_equal(model.predict_on_batch(x), other.predict_on_batch(DENSE))


def test_a_dataset_of_sparse_tensors():
    data = tf.data.Dataset.from_tensor_slices((as_tensor(DENSE), LABELS)).batch(4)
    model, other = linear(sparse=True), linear()
    found = model.fit(data, epochs=2, verbose=0).history
    assert (
        found == other.fit(DENSE, LABELS, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    )
    assert np.array_equal(model(as_tensor(DENSE)), other(DENSE))


def test_what_is_sparse_is_never_dense_as_a_whole():
    # 1.6 TB as an array.
    rng, shape, count = np.random.default_rng(0), (2_000_000, 200_000), 50_000
    places = (rng.integers(0, shape[0], count), rng.integers(0, shape[1], count))
    x = sparse.coo_matrix((np.ones(count, "float32"), places), shape)
    model = keras.Sequential([keras.Input(shape[1:], sparse=True), layers.Dense(1)])
    model.compile("sgd", "mse")
    y = np.zeros((shape[0], 1), "float32")
    assert model.fit(x, y, batch_size=8, steps_per_epoch=2, verbose=0).history["loss"][0] >= 0
    assert model.predict(x, batch_size=8, steps=2, verbose=0).shape == (16, 1)


def test_rows_of_several_axes_and_repeated_entries():
    cube = np.zeros((3, 2, 4), "float32")
    cube[1, 1, 3], cube[2, 0, 0] = 5, 7
    found = rows.rows_of("x", as_tensor(cube))
    assert np.array_equal(found[np.array([2, 1])].batch(), cube[[2, 1]])
    twice = sparse.coo_matrix(([1.0, 2.0], ([0, 0], [1, 1])), (1, 3))
    assert rows.rows_of("x", twice).batch().tolist() == [[0, 3, 0]]


def test_layers_that_give_sparse_tensors_within_models():
    ids = np.array([[0, 1], [2, 3]])
    encode = layers.CategoryEncoding(4, "multi_hot", sparse=True)
    assert isinstance(encode(ids), tf.SparseTensor)
    inputs = keras.Input((2,), dtype="int64")
    model = keras.Model(inputs, layers.Dense(1)(encode(inputs)))
    model.compile("sgd", "mse")
    model.fit(ids, np.ones((2, 1)), verbose=0)
    expected = np.array([[1, 1, 0, 0], [0, 0, 1, 1]]) @ model.get_weights()[0]
    expected = expected + model.get_weights()[1]
    assert np.allclose(model(ids), expected)
    assert np.allclose(model.predict(ids, verbose=0), expected)
    dense = layers.Dense(2)
    assert np.array_equal(dense(encode(ids)), dense(tf.sparse.to_dense(encode(ids))))
    words = layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot", sparse=True)
    assert dense_of(words([["a", "b"], ["c", "c"]])) == [[0, 1, 1], [1, 0, 0]]
    text = layers.TextVectorization(vocabulary=["a", "b"], output_mode="count", sparse=True)
    assert dense_of(text(["a b a", "z"])) == [[0, 2, 1], [1, 0, 0]]


def dense_of(value):
    assert isinstance(value, tf.SparseTensor)
    return tf.sparse.to_dense(value).numpy().tolist()


# --- ragged -----------------------------------------------------------------------------------


def reader(*rest):
    keras.utils.set_random_seed(3)
    start = [keras.Input([None], dtype="int64", ragged=True), layers.Embedding(8, 3)]
    model = keras.Sequential([*start, *rest, layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


READERS = {
    "mean": lambda: [layers.GlobalAveragePooling1D()],
    "greatest": lambda: [layers.GlobalMaxPooling1D()],
    "lstm": lambda: [layers.LSTM(4)],
    "both ways": lambda: [layers.Dropout(0.1), layers.Bidirectional(layers.GRU(2))],
    "sequences": lambda: [layers.LSTM(4, return_sequences=True), layers.Dense(3), layers.LSTM(2)],
    "masked norm": lambda: [layers.LayerNormalization(), layers.SimpleRNN(2)],
}


@pytest.mark.parametrize("kind", READERS)
def test_ragged_rows_give_what_each_row_gives_alone(kind):
    model = reader(*READERS[kind]())
    ragged = tf.ragged.constant(WORDS, dtype=tf.int64)
    alone = [model(tf.ragged.constant([row], dtype=tf.int64))[0].numpy() for row in WORDS]
    plain = [model(np.array([row]))[0].numpy() for row in WORDS]
    assert np.allclose(alone, plain, atol=1e-6)
    assert np.allclose(model(ragged), alone, atol=1e-6)
    assert np.allclose(model.predict(ragged, verbose=0), alone, atol=1e-6)
    data = tf.data.Dataset.from_tensor_slices(ragged).batch(3)
    assert np.allclose(model.predict(data, verbose=0), alone, atol=1e-6)


def test_training_on_ragged_rows():
    y = np.array([[1.0], [0.0], [2.0], [3.0]])
    model, other = reader(layers.LSTM(4)), reader(layers.LSTM(4))
    ragged = tf.ragged.constant(WORDS, dtype=tf.int64)
    found = model.fit(ragged, y, batch_size=2, epochs=2, shuffle=False, verbose=0).history
    data = tf.data.Dataset.from_tensor_slices((ragged, y)).batch(2)
    assert np.allclose(other.fit(data, epochs=2, verbose=0).history["loss"], found["loss"])
    slow = reader(layers.LSTM(4))
    slow.compile("sgd", "mse", run_eagerly=True)
    eager = slow.fit(ragged, y, batch_size=2, epochs=2, shuffle=False, verbose=0).history
    assert np.allclose(eager["loss"], found["loss"], rtol=1e-5)
    kept = model.fit(ragged, y, validation_split=0.25, verbose=0).history
    assert sorted(kept) == ["loss", "val_loss"]
    assert np.isclose(model.evaluate(ragged, y, verbose=0), model.test_on_batch(ragged, y))


TRAINED = {
    "gap": ([2.24241, 1.75904, 1.43706], [0.96102, 0.61901, 1.2216, 1.03143]),
    "gmp": ([2.45763, 1.7384, 1.31744], [1.08168, 0.69139, 1.23392, 1.22745]),
    "lstm": ([2.07158, 1.70043, 1.47081], [1.08066, 0.95949, 1.12785, 1.09567]),
    "bi": ([2.00796, 1.30922, 0.96814], [1.39604, 0.73213, 1.51518, 1.49675]),
    "seq": ([2.39014, 1.96881, 1.69872], [0.96565, 0.96154, 0.97235, 0.96979]),
}
"""Losses of three steps and predictions after them, of tf_keras 2.21 on the same ragged tensor."""

MODELS = {
    "gap": lambda: [layers.GlobalAveragePooling1D()],
    "gmp": lambda: [layers.GlobalMaxPooling1D()],
    "lstm": lambda: [layers.LSTM(4)],
    "bi": lambda: [layers.Bidirectional(layers.GRU(3))],
    "seq": lambda: [
        layers.LSTM(4, return_sequences=True),
        layers.Dense(3, activation="relu"),
        layers.GlobalAveragePooling1D(),
    ],
}


def waves(shape):
    """Weights that are easy to make in either framework."""
    count = int(np.prod(shape))
    return (np.sin(np.arange(count) * 1.7 + count) * 0.5).reshape(shape).astype("float32")


@pytest.mark.parametrize("kind", MODELS)
def test_training_as_in_keras_2(kind):
    model = reader(*MODELS[kind]())
    model.set_weights([waves(weight.shape) for weight in model.get_weights()])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    ragged = tf.ragged.constant(WORDS, dtype=tf.int64)
    y = np.array([[1.0], [0.0], [2.0], [3.0]], "float32")
    found = model.fit(ragged, y, epochs=3, batch_size=4, shuffle=False, verbose=0).history
    losses, predictions = TRAINED[kind]
    np.testing.assert_allclose(found["loss"], losses, atol=2e-5)
    np.testing.assert_allclose(model.predict(ragged, verbose=0)[:, 0], predictions, atol=2e-5)


def test_vectors_of_text_are_ragged_inputs():
    text = layers.TextVectorization(vocabulary=["a", "b", "c"], ragged=True)
    model = reader(layers.GlobalAveragePooling1D())
    words = text(["a b", "c", "a a a b"])
    found = model.predict(words, verbose=0)
    assert np.allclose(found[1], model(np.array([[4]]))[0])


def test_ragged_configurations_and_models_within_models():
    inner = keras.Sequential([keras.Input((None, 3), ragged=True), layers.LSTM(2)])
    outer = keras.Sequential(
        [keras.Input([None], dtype="int64", ragged=True), layers.Embedding(8, 3), inner]
    )
    assert outer.inputs[0].ragged
    again = keras.models.clone_model(outer)
    assert again.inputs[0].ragged
    assert again.layers[1].inputs[0].ragged
    config = keras.layers.InputLayer((None,), ragged=True).get_config()
    assert (config["ragged"], config["sparse"]) == (True, False)
    assert "ragged=True" in repr(outer.inputs[0])
    whole = keras.Sequential([keras.Input([None], dtype="int64", ragged=True)])
    whole.add(layers.Embedding(8, 3))
    rows_of_vectors = whole(tf.ragged.constant(WORDS))
    assert [len(row) for row in rows_of_vectors.to_list()] == [5, 1, 2, 3]


def test_a_first_ragged_batch_makes_the_input():
    y = np.array([[1.0], [0.0], [2.0], [3.0]])
    ragged = tf.ragged.constant(WORDS, dtype=tf.int64)
    inner = [layers.Embedding(8, 3), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    model = keras.Sequential(inner)
    model.compile("sgd", "mse")
    assert model.fit(ragged, y, verbose=0).history["loss"][0] > 0
    assert model.inputs[0].ragged
    alone = [model.predict(np.array([row]), verbose=0)[0] for row in WORDS]
    assert np.allclose(model.predict(ragged, verbose=0), alone, atol=1e-6)
    eager = keras.Sequential([layers.Embedding(8, 3), layers.GlobalAveragePooling1D()])
    found = eager(ragged)
    table = eager.get_weights()[0]
    assert np.allclose(found, [table[row].mean(0) for row in WORDS], atol=1e-6)
    flat = keras.Sequential([layers.Embedding(8, 3), layers.Flatten(), layers.Dense(1)])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Flatten.*does not take ragged"):
        flat.predict(ragged, verbose=0)


def test_an_own_model_may_fill_up_its_rows():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.table = layers.Embedding(8, 2)

        def call(self, x):
            return tf.reduce_sum(self.table(x.to_tensor(7)), axis=1)

    model = Own()
    found = model.predict(tf.ragged.constant(WORDS), batch_size=2, verbose=0)
    table = model.get_weights()[0]
    assert np.allclose(found[2], table[[6, 7, 7]].sum(0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reader(layers.Flatten()), "Flatten.*does not take ragged"),
        (lambda: reader(layers.Lambda(lambda x: x)), "Lambda.*does not take ragged"),
        (lambda: reader(layers.Conv1D(2, 2)), "Conv1D.*does not take ragged"),
        (lambda: keras.Input([None], ragged=True) * 2, "does not take ragged"),
        (lambda: keras.Input((3,), sparse=True, ragged=True), "at the same time"),
        (lambda: linear().predict(tf.ragged.constant([[1.0], [2.0, 3.0]])), "ragged=True"),
        (lambda: linear()(tf.ragged.constant([[1.0], [2.0, 3.0]])), "to_tensor"),
        (lambda: keras.Input(tensor=keras.Input((2,)), sparse=True), "incompatible `sparse`"),
        (lambda: keras.Input(tensor=keras.Input((2,)), ragged=True), "incompatible `ragged`"),
        (lambda: fit_ragged(tf.ragged.constant([[[1], [2, 3]], [[4]]])), "one axis"),
        (lambda: fit_ragged(tf.ragged.constant(WORDS), tf.ragged.constant(WORDS)), "y: .*ragged"),
        (lambda: fit_ragged(tf.ragged.constant([["a"], ["b", "c"]])), "array of numbers"),
        (lambda: linear().predict(tf.SparseTensor([[0], [1]], [1.0, 2.0], [4])), "one row per"),
        (lambda: linear().predict(tf.SparseTensor([[0, 1]] * 2, [1.0, 2.0], [4, 6])), "repeat"),
        (lambda: outputs_ragged().predict(tf.ragged.constant(WORDS)), "ragged output"),
    ],
)
def test_what_cannot_be_is_said(call, message):
    with pytest.raises(tf.errors.OpError, match=message):
        call()


def fit_ragged(x, y=None):
    reader(layers.LSTM(2)).fit(x, np.zeros((len(x.to_list()), 1)) if y is None else y, verbose=0)


def outputs_ragged():
    start = [keras.Input([None], dtype="int64", ragged=True), layers.Embedding(8, 3)]
    return keras.Sequential(start)
