"""Datasets of ragged and sparse tensors, as TensorFlow 2.21 gives them."""

import numpy as np
import pytest

import caudal as tf

Dataset = tf.data.Dataset


def lists(dataset):
    return [x.to_list() if hasattr(x, "to_list") else x.numpy().tolist() for x in dataset]


def test_slices_and_batches_of_a_ragged_tensor():
    dataset = Dataset.from_tensor_slices(tf.ragged.constant([[1, 2], [], [3]]))
    assert dataset.element_spec == tf.RaggedTensorSpec([None], tf.int32, 0)
    assert lists(dataset) == [[1, 2], [], [3]]
    assert [x.tolist() for x in dataset.as_numpy_iterator()] == [[1, 2], [], [3]]
    assert dataset.batch(2).element_spec == tf.RaggedTensorSpec([None, None], tf.int32, 1)
    assert lists(dataset.batch(2)) == [[[1, 2], []], [[3]]]
    assert lists(dataset.map(tf.reduce_sum)) == [3, 0, 3]
    twice = lists(dataset.shuffle(3, seed=1).repeat(2).batch(6))
    assert sorted(twice[0]) == [[], [], [1, 2], [1, 2], [3], [3]]


def test_slices_of_a_structure():
    nested = tf.ragged.constant([[[1, 2], []], [[3]]])
    dataset = Dataset.from_tensor_slices({"x": nested, "y": [1, 2]})
    assert [(e["x"].to_list(), int(e["y"])) for e in dataset] == [([[1, 2], []], 1), ([[3]], 2)]
    (batch,) = dataset.batch(2)
    assert batch["x"].to_list() == nested.to_list()


def test_whole_ragged_tensors():
    dataset = Dataset.from_tensors(tf.ragged.constant([[1, 2], [3]]))
    assert dataset.element_spec == tf.RaggedTensorSpec([2, None], tf.int32, 1)
    assert lists(dataset.unbatch()) == [[1, 2], [3]]
    assert lists(dataset.map(lambda x: x * 2)) == [[[2, 4], [6]]]
    assert lists(dataset.map(lambda x: x.to_tensor())) == [[[1, 2], [3, 0]]]


def test_ragged_batch():
    counts = Dataset.range(3).map(tf.range)
    dataset = counts.ragged_batch(2, row_splits_dtype="int32")
    assert dataset.element_spec == tf.RaggedTensorSpec([None, None], tf.int64, 1, tf.int32)
    assert lists(dataset) == [[[], [0]], [[0, 1]]]
    old = counts.apply(tf.data.experimental.dense_to_ragged_batch(3))
    assert lists(old) == [[[], [0], [0, 1]]]
    assert lists(Dataset.range(4).ragged_batch(2, drop_remainder=True)) == [[0, 1], [2, 3]]


def test_texts():
    texts = Dataset.from_tensor_slices(["a b", "c"])
    assert lists(texts.batch(2).map(tf.strings.split)) == [[[b"a", b"b"], [b"c"]]]
    spec = texts.batch(2).map(tf.strings.split).element_spec
    assert spec == tf.RaggedTensorSpec([None, None], tf.string, 1)
    assert lists(texts.map(tf.strings.split).padded_batch(2)) == [[[b"a", b"b"], [b"c", b""]]]


def test_sparse_tensors():
    dataset = Dataset.from_tensor_slices(tf.sparse.from_dense([[1, 0], [0, 2]]))
    assert dataset.element_spec == tf.SparseTensorSpec([2], tf.int32)
    assert [x.indices.numpy().tolist() for x in dataset] == [[[0]], [[1]]]
    (batch,) = dataset.batch(2)
    assert tf.sparse.to_dense(batch).numpy().tolist() == [[1, 0], [0, 2]]


def test_from_generator():
    value = tf.ragged.constant([[1], [2, 3]])
    spec = tf.RaggedTensorSpec([None, None], tf.int32)
    dataset = Dataset.from_generator(lambda: iter([value]), output_signature=spec)
    assert lists(dataset) == [[[1], [2, 3]]]
    with pytest.raises(tf.errors.CaudalError, match="RaggedTensorSpec"):
        list(Dataset.from_generator(lambda: [np.arange(3)], output_signature=spec))


def vectorization(**options):
    return tf.keras.layers.TextVectorization(vocabulary=["a", "b", "c"], **options)


def test_text_vectorization_gives_and_takes_ragged_tensors():
    layer = vectorization(ragged=True)
    assert layer(["a b x", "c", ""]).to_list() == [[2, 3, 1], [4], []]
    assert layer([["a b x"], ["c"]]).to_list() == [[2, 3, 1], [4]]
    assert layer("a b x").numpy().tolist() == [2, 3, 1]
    twin = type(layer).from_config(layer.get_config())
    assert twin(["a c"]).to_list() == [[2, 4]]
    short = vectorization(ragged=True, output_sequence_length=2)
    assert short(["a b x", "c"]).to_list() == [[2, 3], [4]]
    words = tf.ragged.constant([["a", "b"], ["c"]])
    assert vectorization(split=None)(words).numpy().tolist() == [[2, 3], [4, 0]]
    assert vectorization(ragged=True, split=None)(words).to_list() == [[2, 3], [4]]
    with pytest.raises(tf.errors.CaudalError, match="split=None"):
        vectorization()(words)
    with pytest.raises(tf.errors.CaudalError, match="output_mode='int'"):
        vectorization(ragged=True, output_mode="count")


def test_lookup_layers_take_ragged_and_sparse_tensors():
    layer = tf.keras.layers.StringLookup(vocabulary=["a", "b"])
    assert layer(tf.ragged.constant([["a", "z"], ["b"]])).to_list() == [[1, 0], [2]]
    assert layer(tf.sparse.from_dense([["a", ""], ["b", "z"]])).values.numpy().tolist() == [1, 2, 0]
    integers = tf.keras.layers.IntegerLookup(vocabulary=[5, 7])
    assert integers(tf.ragged.constant([[5, 1], [7]])).to_list() == [[1, 0], [2]]


def test_embedding_takes_ragged_integers():
    layer = tf.keras.layers.Embedding(5, 2)
    ids = tf.ragged.constant([[1, 2], [], [3]])
    with tf.GradientTape() as tape:
        found = layer(ids)
        total = tf.reduce_sum(found, axis=1)
    assert found.shape.as_list() == [3, None, 2]
    table = layer.embeddings.numpy()
    np.testing.assert_array_equal(found.flat_values, table[[1, 2, 3]])
    (gradient,) = tape.gradient(total, layer.trainable_variables)
    assert tf.convert_to_tensor(gradient).numpy()[:, 0].tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]
