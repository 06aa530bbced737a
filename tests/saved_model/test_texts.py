"""Models of words as SavedModels: what is written gives what the layers give."""

import numpy as np
import pytest
import text_cases
from text_cases import WORDS, row

import caudal as tf
from caudal import keras
from caudal.keras import layers


def same(found, expected):
    for one, other in zip(found, tf.nest.flatten(expected), strict=True):
        one, other = one.numpy(), other.numpy()
        assert one.dtype == other.dtype and one.shape == other.shape
        if one.dtype == object:
            assert one.tolist() == other.tolist()
        else:
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", text_cases.CASES)
def test_export(name, tmp_path):
    model, arrays = text_cases.CASES[name]()
    model.export(tmp_path / "m", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "m")
    for count in (len(arrays[0]), 1):
        given = [tf.constant(array[:count]) for array in arrays]
        given = given[0] if len(given) == 1 else given
        same([loaded.serve(given)], model(given))
    signature = loaded.signatures["serving_default"]
    named = zip(sorted(signature.structured_input_signature[1]), arrays, strict=True)
    found = signature(**{key: tf.constant(array) for key, array in named})
    every = [tf.constant(array) for array in arrays]
    same(found.values(), model(every[0] if len(every) == 1 else every))


def test_the_folder_of_a_model(tmp_path):
    model, (texts,) = text_cases.CASES["texts"]()
    model.save(tmp_path / "m")
    again = keras.models.load_model(tmp_path / "m")
    assert isinstance(again, keras.Model)
    x = tf.constant(texts)
    same([again(x)], model(x))
    same(tf.saved_model.load(tmp_path / "m").signatures["serving_default"](x).values(), model(x))


def test_a_changed_vocabulary_is_written(tmp_path):
    layer = layers.StringLookup(vocabulary=["a", "b"])
    model = row((1,), "string", layer)
    x = tf.constant([["c"], ["b"]])
    for words, ids in ((["a", "b"], [[0], [2]]), (["b", "c"], [[2], [1]])):
        layer.set_vocabulary(words)
        model.export(tmp_path / "m", verbose=False)
        assert tf.saved_model.load(tmp_path / "m").serve(x).numpy().tolist() == ids


def test_a_programs_own_texts(tmp_path):
    class Clean(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, x):
            plain = tf.strings.regex_replace(tf.strings.strip(x), "(a)(b)?", r"<\2\1>")
            return {"low": tf.strings.lower(plain), "high": tf.strings.upper(x, encoding="utf-8")}

    module, x = Clean(), tf.constant([" abÁ ", "baña", ""])
    tf.saved_model.save(module, tmp_path / "m")
    found = tf.saved_model.load(tmp_path / "m")(x)
    for key, value in module(x).items():
        assert found[key].numpy().tolist() == value.numpy().tolist()


def test_numbers_are_looked_up_in_programs():
    layer = layers.IntegerLookup(vocabulary=[10, 20], output_mode="one_hot")
    found = tf.function(lambda x: layer(x) * 2)(tf.constant([[20], [5]]))
    assert found.numpy().tolist() == [[0, 0, 2], [2, 0, 0]]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (lambda: layers.TextVectorization(vocabulary=WORDS), "output_sequence_length=None"),
        (
            lambda: layers.TextVectorization(
                vocabulary=WORDS, output_sequence_length=3, split=tf.strings.split, name="odd"
            ),
            r"odd.*`split`",
        ),
        (
            lambda: layers.TextVectorization(
                vocabulary=WORDS, split=None, output_sequence_length=3
            ),
            "split=None",
        ),
        (lambda: layers.StringLookup(vocabulary=WORDS, num_oov_indices=0), "num_oov_indices=0"),
    ],
)
def test_what_a_graph_cannot_say_is_named(layer, text, tmp_path):
    model = row((1,), "string", layer())
    with pytest.raises(NotImplementedError, match=text):
        model.export(tmp_path / "m", verbose=False)
    assert not (tmp_path / "m").exists()


def test_texts_in_a_program_that_runs_are_refused():
    layer = layers.StringLookup(vocabulary=WORDS)
    with pytest.raises(tf.errors.InvalidArgumentError, match="on the host"):
        tf.function(lambda x: layer(x)).get_concrete_function(tf.TensorSpec([2], tf.string))
