"""Layers of categories, words and statistics; values recorded by hand from Keras 3.15.1."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import CaudalError, InvalidArgumentError

layers = keras.layers
DATA = np.array([[1.0, 2.0], [3.0, 6.0]], "float32")


def _list(x: Any) -> Any:
    return np.asarray(x).tolist()


# --- Normalization ----------------------------------------------------------------------------


def test_normalization_adapts_to_features_or_to_all() -> None:
    layer = layers.Normalization()
    layer.adapt(DATA)
    assert _list(layer(DATA[:1])) == [[-1, -1]]
    assert _list(layer.mean) == [[2, 4]]
    assert _list(layer.variance) == [[1, 4]]
    assert [w.name for w in layer.weights] == ["mean", "variance", "count"]
    whole = layers.Normalization(axis=None)
    whole.adapt(DATA)
    np.testing.assert_allclose(whole(DATA[:1]), [[-1.0690449, -0.5345225]], rtol=1e-6)


def test_normalization_of_batches_is_that_of_the_whole() -> None:
    data = np.random.default_rng(3).normal(5, 3, (100, 4)).astype("float32")
    layer = layers.Normalization()
    layer.adapt(tf.data.Dataset.from_tensor_slices(data).batch(7))
    np.testing.assert_allclose(layer.mean.numpy()[0], data.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.variance.numpy()[0], data.var(0), rtol=1e-5)


def test_normalization_by_numbers_back_and_in_a_model() -> None:
    layer = layers.Normalization(mean=3.0, variance=2.0, invert=True)
    np.testing.assert_allclose(layer(DATA[:1]), [[4.4142137, 5.8284273]], rtol=1e-6)
    assert layer.get_config()["mean"] == 3.0
    scaled = layers.Normalization()
    scaled.adapt(DATA)
    model = keras.Sequential([keras.Input((2,)), scaled, layers.Dense(1)])
    assert np.allclose(model.predict(DATA, verbose=0), model(DATA), atol=1e-6)
    with pytest.raises(InvalidArgumentError, match="variance"):
        layers.Normalization(mean=1.0)


# --- Discretization and CategoryEncoding ------------------------------------------------------


def test_discretization() -> None:
    bins = layers.Discretization([0.0, 1.0, 2.0])(np.array([[-1.5, 1.0, 3.4, 0.5]]))
    assert (bins.dtype.name, _list(bins)) == ("int32", [[0, 2, 3, 1]])
    pair = np.array([[-1.5, 1.0, 2.0]])
    assert _list(layers.Discretization([0.0, 1.0], output_mode="count")(pair)) == [[1, 0, 2]]
    assert _list(layers.Discretization([0.0, 1.0], output_mode="multi_hot")(pair)) == [[1, 0, 1]]
    one = layers.Discretization([0.0, 1.0], output_mode="one_hot")(np.array([[-1.5], [1.0]]))
    assert _list(one) == [[1, 0, 0], [0, 0, 1]]


def test_discretization_adapts_to_quantiles() -> None:
    layer = layers.Discretization(num_bins=4)
    layer.adapt(np.array([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]))
    np.testing.assert_allclose(layer.bin_boundaries, [0.0, 0.5, 1.3], rtol=1e-6)
    assert _list(layer(np.array([[-1.5, 1.0, 3.4, 0.5]]))) == [[0, 2, 3, 2]]
    with pytest.raises(InvalidArgumentError, match="num_bins"):
        layers.Discretization()
    with pytest.raises(InvalidArgumentError, match="adapt"):
        layers.Discretization(num_bins=3)(DATA)


def test_category_encoding() -> None:
    one = layers.CategoryEncoding(4, output_mode="one_hot")(np.array([3, 0]))
    assert _list(one) == [[0, 0, 0, 1], [1, 0, 0, 0]]
    rows = np.array([[0, 1], [0, 0], [1, 2]])
    assert _list(layers.CategoryEncoding(4)(rows)) == [[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]]
    count = layers.CategoryEncoding(4, output_mode="count")
    assert _list(count(rows)) == [[1, 1, 0, 0], [2, 0, 0, 0], [0, 1, 1, 0]]
    weighed = count(rows[:2], count_weights=np.array([[0.1, 0.2], [0.3, 0.4]]))
    np.testing.assert_allclose(weighed, [[0.1, 0.2, 0, 0], [0.7, 0, 0, 0]], rtol=1e-6)
    with pytest.raises(InvalidArgumentError, match="0 to 3"):
        count(np.array([[4]]))
    model = keras.Sequential([keras.Input((2,), dtype="int32"), layers.CategoryEncoding(4)])
    assert model.predict(rows.astype("int32"), verbose=0)[1].tolist() == [1, 0, 0, 0]


# --- StringLookup and IntegerLookup -----------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "inputs", "values"),
    [
        ({}, [["a", "b", "z"], ["b", "", "[UNK]"]], [[1, 2, 0], [2, 0, 0]]),
        ({"mask_token": ""}, [["a", "", "z"]], [[2, 0, 1]]),
        ({"output_mode": "multi_hot"}, [["a", "b"], ["z", "z"]], [[0, 1, 1], [1, 0, 0]]),
        ({"output_mode": "count"}, [["a", "b"], ["z", "z"]], [[0, 1, 1], [2, 0, 0]]),
        ({"output_mode": "one_hot"}, ["a", "z"], [[0, 1, 0], [1, 0, 0]]),
        (
            {"output_mode": "tf_idf", "idf_weights": [0.5, 0.75]},
            [["a", "b", "b"], ["z", "z", "a"]],
            [[0, 0.5, 1.5], [1.25, 0.5, 0]],
        ),
    ],
)
def test_string_lookup(arguments: Any, inputs: Any, values: Any) -> None:
    layer = layers.StringLookup(vocabulary=["a", "b"], **arguments)
    found = layer(inputs)
    wanted = "float32" if arguments.get("output_mode") == "tf_idf" else "int64"
    assert found.dtype.name == wanted
    assert _list(found) == values
    again = layers.StringLookup.from_config(layer.get_config())
    assert _list(again(np.array(inputs))) == values


def test_string_lookup_adapts_and_inverts(tmp_path: Path) -> None:
    layer = layers.StringLookup()
    layer.adapt(np.array(["x", "y", "y", "z", "z", "z"]))
    assert layer.get_vocabulary() == ["[UNK]", "z", "y", "x"]
    assert layer.vocabulary_size() == 4
    small = layers.StringLookup(max_tokens=3)
    small.adapt(np.array([["b", "a"], ["c", "a"]]))
    assert small.get_vocabulary() == ["[UNK]", "a", "c"]
    back = layers.StringLookup(vocabulary=["a", "b", "c"], invert=True)
    assert _list(back(np.array([[1, 3, 0]]))) == [[b"a", b"c", b"[UNK]"]]
    (tmp_path / "words.txt").write_text("so\nlong\n")
    read = layers.StringLookup(vocabulary=str(tmp_path / "words.txt"))
    assert read.get_vocabulary() == ["[UNK]", "so", "long"]


def test_integer_lookup() -> None:
    layer = layers.IntegerLookup(vocabulary=[10, 20, 30])
    assert _list(layer(np.array([[10, 30, 99]]))) == [[1, 3, 0]]
    assert layer.get_vocabulary() == [-1, 10, 20, 30]
    spread = layers.IntegerLookup(vocabulary=[10, 20, 30], num_oov_indices=2)
    assert _list(spread(np.array([[10, 31, 99, 100]]))) == [[2, 1, 1, 0]]
    learnt = layers.IntegerLookup()
    learnt.adapt(np.array([5, 5, 7, -1]))
    assert learnt.get_vocabulary() == [-1, 5, 7]
    assert _list(learnt(np.array([5, 7, -1, 3]))) == [1, 2, 0, 0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["z"]), "'z'"),
        (lambda: layers.StringLookup(vocabulary=["a", "a"]), "once"),
        (lambda: layers.StringLookup(vocabulary=["a", "b"], max_tokens=2), "max_tokens"),
        (lambda: layers.StringLookup(output_mode="many"), "output_mode"),
        (lambda: layers.StringLookup()(["a"]), "adapt"),
        (lambda: layers.StringLookup(sparse=True), "sparse"),
        (lambda: layers.TextVectorization(standardize="upper"), "standardize"),
        (lambda: layers.TextVectorization(ngrams=0), "ngrams"),
        (lambda: layers.TextVectorization(output_sequence_length=-1), "output_sequence_length"),
    ],
)
def test_bad_arguments_are_named(make: Any, message: str) -> None:
    with pytest.raises(CaudalError, match=message):
        make()


# --- TextVectorization ------------------------------------------------------------------------


def test_text_vectorization_of_indices() -> None:
    layer = layers.TextVectorization()
    layer.adapt(["Hello, World! foo", "foo bar\tfoo"])
    assert layer.get_vocabulary() == ["", "[UNK]", "foo", "world", "hello", "bar"]
    found = layer(["foo the Bar!", "hello"])
    assert (found.dtype.name, _list(found)) == ("int64", [[2, 1, 5], [4, 0, 0]])
    assert _list(layer("foo hello")) == [2, 4]
    short = layers.TextVectorization(max_tokens=5, output_sequence_length=4)
    short.adapt(np.array(["a b c d", "a b c", "a b"]))
    assert short.get_vocabulary() == ["", "[UNK]", "b", "a", "c"]
    assert _list(short(np.array([["a d b c c"], ["b"]]))) == [[3, 1, 2, 4], [2, 0, 0, 0]]


def test_text_vectorization_of_bags() -> None:
    bag = layers.TextVectorization(output_mode="multi_hot", vocabulary=["a", "b"])
    assert _list(bag(["a b b", "z"])) == [[0, 1, 1], [1, 0, 0]]
    padded = layers.TextVectorization(
        output_mode="count", vocabulary=["a", "b"], pad_to_max_tokens=True, max_tokens=5
    )
    assert _list(padded(["a b b", "z"])) == [[0, 1, 2, 0, 0], [1, 0, 0, 0, 0]]
    weighed = layers.TextVectorization(output_mode="tf_idf")
    weighed.adapt(["a b c", "a b", "c c"])
    half = 0.6931471824645996
    np.testing.assert_allclose(
        weighed(["a b c c", "z"]), [[0, 2 * half, half, half], [half, 0, 0, 0]], rtol=1e-6
    )


def test_text_vectorization_rules() -> None:
    pairs = layers.TextVectorization(ngrams=2)
    pairs.adapt(["a b c"])
    assert pairs.get_vocabulary()[2:] == ["c", "b c", "b", "a b", "a"]
    assert _list(pairs(["a b c"])) == [[6, 4, 2, 5, 3]]
    letters = layers.TextVectorization(split="character")
    letters.adapt(["ab"])
    assert _list(letters(["ab a"])) == [[3, 2, 1, 3]]
    whole = layers.TextVectorization(standardize="lower", split=None)
    whole.adapt(["A b"])
    assert whole.get_vocabulary() == ["", "[UNK]", "a b"]


def test_text_vectorization_in_a_data_set() -> None:
    layer = layers.TextVectorization(output_sequence_length=3)
    texts = tf.data.Dataset.from_tensor_slices(np.array(["a b", "b c d e"]))
    layer.adapt(texts.batch(2))
    rows = [_list(row) for row in texts.map(layer)]
    vocabulary = layer.get_vocabulary()
    assert [[vocabulary[i] for i in row] for row in rows] == [["a", "b", ""], ["b", "c", "d"]]


def test_text_vectorization_as_the_first_layer_on_arrays() -> None:
    layer = layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3)
    model = keras.Sequential([layer, layers.Embedding(4, 2), layers.Flatten(), layers.Dense(1)])
    assert model(np.array(["a b", "b"])).shape == (2, 1)
    symbol = layer(keras.Input((1,), dtype="string"))
    assert (symbol.shape, symbol.dtype) == ((None, 3), "int64")


def test_lookups_within_a_compiled_program_say_what_to_do() -> None:
    layer = layers.StringLookup(vocabulary=["a"])
    with pytest.raises(InvalidArgumentError, match="on the host"):
        tf.function(lambda x: layer(x)).get_concrete_function(tf.TensorSpec([2], tf.string))
    # Texts are predicted on op by op, outside of compiled programs.
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer])
    assert _list(model.predict(np.array([["a"], ["b"]]), verbose=0)) == [[1], [0]]


def test_letters_and_blanks_beyond_ascii() -> None:
    """Recorded from Keras 3.15: only ASCII letters become small, only ASCII blanks divide."""
    layer = keras.layers.TextVectorization()
    layer.adapt(["ÁRBOL Árbol árbol ¿Qué?\u00a0tal «hola»  niño\tNIÑO", "—dash ﬁ İ ß"])
    words = ["Árbol", "ﬁ", "—dash", "İ", "árbol", "ß", "¿qué\u00a0tal", "«hola»", "niño", "niÑo"]
    assert layer.get_vocabulary() == ["", "[UNK]", *words]
    found = layer(tf.constant(["Árbol niño xyz", "İ que"]))
    assert found.numpy().tolist() == [[2, 10, 1], [5, 1, 0]]


def test_several_indices_of_unknown_tokens() -> None:
    """Recorded from Keras 3.15; the unknown token itself is hashed like any other."""
    asked = tf.constant(["[UNK]", "x", "y", "z", "a"])
    plain = layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=3)
    assert plain(asked).numpy().tolist() == [0, 2, 2, 1, 3]
    salted = layers.StringLookup(
        vocabulary=["a", "b"], num_oov_indices=3, salt=[1, 2], oov_method="farmhash"
    )
    assert salted(asked).numpy().tolist() == [1, 1, 1, 2, 3]
    again = layers.StringLookup.from_config(salted.get_config())
    assert again(asked).numpy().tolist() == [1, 1, 1, 2, 3]
    numbers = layers.IntegerLookup(vocabulary=[30, 10], num_oov_indices=3, mask_token=0)
    assert numbers(tf.constant([-1, 0, 5, 6, 7, 30])).numpy().tolist() == [3, 0, 3, 1, 2, 4]
