"""Ragged and sparse tensors in functions, tapes, structures and pickles."""

import copy
import pickle

import numpy as np
import pytest

import caudal as tf


def ragged():
    return tf.ragged.constant([[1.0, 2.0], [], [3.0]])


def test_function_traces_once_for_each_partition():
    seen = []

    @tf.function
    def double(x, k=2.0):
        seen.append(x.shape)
        return {"double": x * k, "sums": tf.reduce_sum(x, axis=1), "dense": x.to_tensor()}

    found = double(ragged())
    assert found["double"].to_list() == [[2.0, 4.0], [], [6.0]]
    assert found["sums"].numpy().tolist() == [3.0, 0.0, 3.0]
    assert found["dense"].shape == (3, 2)
    assert double(ragged() + 1.0)["sums"].numpy().tolist() == [5.0, 0.0, 4.0]
    assert len(seen) == 1
    assert double(tf.ragged.constant([[1.0], [2.0, 3.0]]))["sums"].numpy().tolist() == [1.0, 5.0]
    assert len(seen) == 2


def test_function_makes_ragged_results_and_gradients():
    @tf.function
    def squares(values):
        return tf.RaggedTensor.from_row_lengths(values, [1, 2]) ** 2

    values = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(values)
        found = squares(values)
        total = tf.reduce_sum(found, axis=1)
    assert found.to_list() == [[1.0], [4.0, 9.0]]
    assert tape.gradient(total, values).numpy().tolist() == [2.0, 4.0, 6.0]


def test_input_signature():
    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
    def more(x):
        return x + 1.0

    assert more(ragged()).to_list() == [[2.0, 3.0], [], [4.0]]
    with pytest.raises(TypeError, match="input_signature expects RaggedTensorSpec"):
        more(tf.ragged.constant([[1]]))


def test_strings_run_op_by_op():
    lower = tf.function(tf.strings.lower)
    assert lower(tf.ragged.constant([["A"], []])).to_list() == [[b"a"], []]


def test_row_splits_of_a_trace_are_refused():
    @tf.function
    def make(values, splits):
        return tf.RaggedTensor.from_row_splits(values, splits)

    with pytest.raises(NotImplementedError, match=r"must be known while tf\.function traces"):
        make(tf.constant([1, 2]), tf.constant([0, 2]))


def test_tape_watches_and_differentiates_ragged_tensors():
    x = ragged()
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    found = tape.gradient(y, {"x": x, "other": ragged()})
    assert found["x"].to_list() == [[2.0, 4.0], [], [6.0]]
    assert found["other"] is None


def test_embedding_lookup_has_a_gradient():
    table = tf.Variable(np.arange(6.0, dtype="float32").reshape(3, 2))
    with tf.GradientTape() as tape:
        found = tf.nn.embedding_lookup(table, tf.ragged.constant([[0, 1], [1]]))
        total = tf.reduce_mean(found, axis=1)
    assert found.shape.as_list() == [2, None, 2]
    gradient = tf.convert_to_tensor(tape.gradient(total, table))
    assert gradient.numpy().tolist() == [[0.5, 0.5], [1.5, 1.5], [0.0, 0.0]]


def test_nest_expands_composites():
    x = ragged()
    flat = tf.nest.flatten([x, 1], expand_composites=True)
    assert [np.asarray(part).tolist() for part in flat] == [[1.0, 2.0, 3.0], [0, 2, 2, 3], 1]
    assert tf.nest.flatten(x)[0] is x
    again = tf.nest.pack_sequence_as([x, 1], flat, expand_composites=True)
    assert again[0].to_list() == x.to_list()


def test_copies_and_pickles():
    x = tf.ragged.constant([[[1, 2], []], [[3]]])
    assert copy.deepcopy(x) is x
    assert pickle.loads(pickle.dumps(x)).to_list() == x.to_list()


@pytest.mark.parametrize("use", [bool, hash, len, int, tf.convert_to_tensor, np.exp])
def test_what_a_ragged_tensor_is_not(use):
    with pytest.raises(TypeError):
        use(ragged())


def test_specs():
    spec = tf.RaggedTensorSpec.from_value(ragged())
    assert spec == tf.RaggedTensorSpec([3, None], tf.float32, 1)
    assert spec.is_compatible_with(ragged())
    assert tf.RaggedTensorSpec([None, None]).is_compatible_with(spec)
    assert not tf.RaggedTensorSpec([2, None]).is_compatible_with(ragged())
    wide = spec.most_specific_compatible_type(tf.RaggedTensorSpec([2, None], ragged_rank=1))
    assert wide == tf.RaggedTensorSpec([None, None], ragged_rank=1)
    assert pickle.loads(pickle.dumps(spec)) == spec


def sparse():
    return tf.SparseTensor([[0, 1], [1, 0]], [2.0, 3.0], [2, 3])


def test_sparse_tensors_in_functions():
    seen = []

    @tf.function
    def product(a, b):
        seen.append(a.shape)
        return tf.sparse.sparse_dense_matmul(a, b), tf.square(a)

    dense = tf.constant([[1.0], [2.0], [3.0]])
    found, squares = product(sparse(), dense)
    assert found.numpy().tolist() == [[4.0], [3.0]]
    assert squares.values.numpy().tolist() == [4.0, 9.0]
    product(tf.square(sparse()), dense)
    assert len(seen) == 1
    other = tf.SparseTensor([[0, 0], [1, 0]], [2.0, 3.0], [2, 3])
    assert product(other, dense)[0].numpy().tolist() == [[2.0], [3.0]]


def test_sparse_gradients():
    x = sparse()
    dense = tf.constant([[1.0], [2.0], [3.0]])
    with tf.GradientTape() as tape:
        tape.watch([x, dense])
        total = tf.sparse.sparse_dense_matmul(x, dense)
    of_sparse, of_dense = tape.gradient(total, [x, dense])
    assert of_sparse.values.numpy().tolist() == [2.0, 1.0]
    assert of_dense.numpy().tolist() == [[3.0], [2.0], [0.0]]


def test_sparse_specs_and_pickles():
    spec = tf.SparseTensorSpec.from_value(sparse())
    assert spec == tf.SparseTensorSpec([2, 3], tf.float32)
    assert tf.SparseTensorSpec([None, 3]).is_compatible_with(sparse())
    assert not tf.SparseTensorSpec([None, 3], tf.int32).is_compatible_with(sparse())
    wide = spec.most_specific_compatible_type(tf.SparseTensorSpec([4, 3]))
    assert wide == tf.SparseTensorSpec([None, 3])
    twin = pickle.loads(pickle.dumps(sparse()))
    assert repr(twin) == repr(sparse())
    expanded = tf.nest.flatten(sparse(), expand_composites=True)
    assert [np.asarray(part).tolist() for part in expanded] == [
        [[0, 1], [1, 0]],
        [2.0, 3.0],
        [2, 3],
    ]


def test_sparse_input_signature():
    @tf.function(input_signature=[tf.SparseTensorSpec([None, 3])])
    def total(x):
        return tf.sparse.reduce_sum(x, axis=1)

    assert total(sparse()).numpy().tolist() == [2.0, 3.0]
    with pytest.raises(TypeError, match="input_signature expects SparseTensorSpec"):
        total(tf.cast(sparse(), tf.int32))


def test_damaged_sequence_examples_raise():
    step = tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))
    example = tf.train.SequenceExample(
        context=tf.train.Features(feature={"n": step}),
        feature_lists=tf.train.FeatureLists(
            feature_list={"a": tf.train.FeatureList(feature=[step, step])}
        ),
    )
    whole = example.SerializeToString()
    assert tf.train.SequenceExample.FromString(whole) == example
    rng = np.random.default_rng(0)
    damaged = 0
    for _ in range(500):
        data = bytearray(whole[: rng.integers(1, len(whole) + 1)])
        data[rng.integers(len(data))] = rng.integers(256)
        try:
            tf.io.parse_sequence_example(
                [bytes(data)],
                {"n": tf.io.VarLenFeature(tf.int64)},
                {"a": tf.io.RaggedFeature(tf.int64)},
            )
        except tf.errors.CaudalError:
            damaged += 1
    assert damaged > 100


def test_damaged_serialized_sparse_tensors_raise():
    strings = tf.io.serialize_many_sparse(tf.sparse.from_dense([["a", "bc"], ["", "d"]])).numpy()
    rng = np.random.default_rng(0)
    for _ in range(300):
        broken = strings.copy()
        row, column = rng.integers(2), rng.integers(3)
        data = bytearray(broken[row, column])
        data[rng.integers(len(data))] = rng.integers(256)
        broken[row, column] = bytes(data)
        try:
            tf.io.deserialize_many_sparse(broken, tf.string)
        except tf.errors.CaudalError:
            continue


def test_messages_print_and_copy():
    example = tf.train.SequenceExample()
    example.feature_lists.feature_list["w"].feature.add().float_list.value.extend([1.0, 2.5])
    twin = tf.train.SequenceExample()
    twin.CopyFrom(example)
    assert twin == example
    assert (
        str(example).split()
        == (
            'feature_lists { feature_list { key: "w" value { feature { float_list { value: 1 '
            "value: 2.5 } } } } }"
        ).split()
    )
