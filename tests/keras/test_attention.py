"""Attention layers against real Keras: values, training, masks, configurations, files."""

from pathlib import Path

import numpy as np
import pytest
from attention_cases import CASES, FILES, QUERY, VALUE, values
from case_check import check, golden

from caudal import keras
from caudal.errors import CaudalError, UnimplementedError

L = keras.layers
FOLDER = Path(__file__).parent / "files"


@pytest.mark.parametrize("case", CASES)
def test_as_keras(case):
    check("attention", case, CASES[case], rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("suffix", ["keras", "weights.h5"])
def test_files_of_keras(suffix):
    make, inputs = FILES["attention"]
    if suffix == "keras":
        model = keras.models.load_model(FOLDER / "attention.keras")
    else:
        model = make(keras)
        model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
        model.load_weights(FOLDER / "attention.weights.h5")
    found = model.predict(inputs, verbose=0)
    np.testing.assert_allclose(found, golden("attention")["file/attention"], rtol=1e-5, atol=1e-5)


def test_own_files(tmp_path):
    make, inputs = FILES["attention"]
    model = make(keras)
    model.save(tmp_path / "own.keras")
    again = keras.models.load_model(tmp_path / "own.keras")
    expected = model.predict(inputs, verbose=0)
    np.testing.assert_array_equal(again.predict(inputs, verbose=0), expected)
    assert again.to_json() == model.to_json()


def test_shapes_of_symbolic_calls():
    query, value = keras.Input((None, 6)), keras.Input((5, 6))
    y, scores = L.MultiHeadAttention(2, 3)(query, value, return_attention_scores=True)
    assert y.shape == (None, None, 6)
    assert scores.shape == (None, 2, None, 5)
    y, scores = L.GroupQueryAttention(3, 4, 2)(query, value, return_attention_scores=True)
    assert (y.shape, scores.shape) == ((None, None, 6), (None, 4, None, 5))
    y, scores = L.Attention()([query, value], return_attention_scores=True)
    assert (y.shape, scores.shape) == ((None, None, 6), (None, None, 5))
    layer = L.MultiHeadAttention(2, 3, output_shape=(4, 5))
    assert layer.compute_output_shape((2, 4, 6), (2, 5, 6)) == (2, 4, 4, 5)


@pytest.mark.parametrize("kind", ["multi", "grouped", "dot"])
def test_dropout_thins_the_weights_out(kind):
    x = np.ones((2, 40, 6), "float32")
    if kind == "dot":
        layer = L.Attention(dropout=0.5, seed=1)
        one, two = (layer([x, x], training=True).numpy() for _ in range(2))
        expected = layer([x, x]).numpy()
    else:
        layer = (
            L.MultiHeadAttention(2, 3, dropout=0.5, seed=1)
            if kind == "multi"
            else L.GroupQueryAttention(3, 4, 2, dropout=0.5, seed=1)
        )
        one, two = (layer(x, x, training=True).numpy() for _ in range(2))
        expected = layer(x, x).numpy()
    assert not np.allclose(one, two)
    # Each query sees its own share of equal values.
    assert np.std(one, axis=1).max() > 0.01
    assert np.std(expected, axis=1).max() < 1e-5


def test_flash_attention_is_refused():
    assert L.MultiHeadAttention(2, 3, flash_attention=False)(QUERY, VALUE).shape == (2, 4, 6)
    with pytest.raises(UnimplementedError, match="flash"):
        L.MultiHeadAttention(2, 3, flash_attention=True)(QUERY, VALUE)
    with pytest.raises(CaudalError, match="flash"):
        L.MultiHeadAttention(2, 3, flash_attention=True)(QUERY, VALUE, return_attention_scores=True)


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("num_heads", lambda: L.MultiHeadAttention(0, 3)),
        ("key_dim", lambda: L.MultiHeadAttention(2, -3)),
        ("value_dim", lambda: L.MultiHeadAttention(2, 3, value_dim=1.5)),
        ("output_shape", lambda: L.MultiHeadAttention(2, 3, output_shape="7")),
        ("attention_axes", lambda: L.MultiHeadAttention(2, 3, attention_axes="1")),
        ("sliding_window", lambda: L.MultiHeadAttention(2, 3, sliding_window=0)),
        ("dropout", lambda: L.MultiHeadAttention(2, 3, dropout=2.0)),
        ("dropout", lambda: L.MultiHeadAttention(2, 3, dropout=0.1, flash_attention=True)),
        ("dropuot.*dropout", lambda: L.MultiHeadAttention(2, 3, dropuot=0.1)),
        ("value_shape", lambda: L.MultiHeadAttention(2, 3)(QUERY, VALUE, QUERY)),
        ("divisible", lambda: L.GroupQueryAttention(3, 5, 2)),
        ("head_dim", lambda: L.GroupQueryAttention(0, 4, 2)),
        (
            "last dimension",
            lambda: L.GroupQueryAttention(3, 4, 2).compute_output_shape((2, 4, 6), (2, 5, 7)),
        ),
        ("score_mode", lambda: L.Attention(score_mode="sum")),
        ("dropout", lambda: L.Attention(dropout=-1)),
        ("list of inputs", lambda: L.Attention()(QUERY)),
        ("mask must be a list", lambda: L.Attention()([QUERY, VALUE], mask=values((2, 4), 0) > 0)),
        ("4D", lambda: keras.ops.dot_product_attention(QUERY, VALUE, VALUE)),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(CaudalError, match=match):
        call()
