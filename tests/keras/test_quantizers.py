"""Quantized layers and the functions of keras.quantizers against real Keras."""

from pathlib import Path

import numpy as np
import pytest
from case_check import check, golden
from integers_cases import CASES, FILES, STEPS, TOKENS

from caudal import keras
from caudal.errors import CaudalError, CaudalWarning

L, Q = keras.layers, keras.quantizers
FOLDER = Path(__file__).parent / "files"


@pytest.mark.parametrize("case", CASES)
def test_as_keras(case):
    check("integers", case, CASES[case], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", FILES)
@pytest.mark.parametrize("suffix", ["keras", "weights.h5"])
def test_files_of_keras(mode, suffix):
    if suffix == "keras":
        model = keras.models.load_model(FOLDER / f"{mode}.keras")
    else:
        model = FILES[mode][0](keras)
        model.load_weights(FOLDER / f"{mode}.weights.h5")
    found = model.predict(TOKENS, verbose=0)
    np.testing.assert_allclose(found, golden("integers")[f"file/{mode}"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_own_files(mode, tmp_path):
    model = keras.Sequential([keras.Input((4, 6)), L.Dense(3)])
    model.layers[0].quantize(mode)
    model.save(tmp_path / "own.keras")
    again = keras.models.load_model(tmp_path / "own.keras")
    assert again.layers[0].dtype_policy == model.layers[0].dtype_policy
    np.testing.assert_array_equal(again(STEPS), model(STEPS))


def test_sums_are_int32_and_compiled():
    layer = L.Dense(3, use_bias=False, kernel_initializer="ones")
    layer.build((None, 100_000))
    layer.quantize("int8")
    # 100,000 products of 127 and 127 do not fit 16 bits, and float32 would round them.
    predicted = keras.Sequential([keras.Input((100_000,)), layer]).predict(
        np.ones((2, 100_000), "float32"), verbose=0
    )
    np.testing.assert_allclose(predicted, 100_000.0, rtol=1e-5)


def test_a_model_skips_what_cannot_be_quantized():
    model = keras.Sequential([keras.Input((6,)), L.Dense(4), L.ReLU(), L.Dense(2)])
    with pytest.warns(CaudalWarning, match="ReLU does not have"):
        model.quantize("int8", filters=lambda layer: not isinstance(layer, L.InputLayer))
    assert [layer.quantization_mode for layer in model.layers] == ["int8", None, "int8"]
    before = keras.Sequential([keras.Input((6,)), L.Dense(4, name="a"), L.Dense(2, name="b")])
    before.predict(STEPS[0], verbose=0)
    before.quantize("int8", filters="b")
    assert before.get_layer("a").quantization_mode is None
    np.testing.assert_allclose(before.predict(STEPS[0], verbose=0), before(STEPS[0]), rtol=1e-6)


@pytest.mark.parametrize("tied", [True, False])
def test_scores_of_a_quantized_table_are_near(tied):
    layer = L.ReversibleEmbedding(9, 6, tie_weights=tied)
    layer.build((None,))
    before = layer(STEPS, reverse=True).numpy()
    layer.quantize("int8")
    assert [w.dtype.name for w in layer.weights if "scale" not in w.name] == ["int8"] * (2 - tied)
    np.testing.assert_allclose(layer(STEPS, reverse=True), before, atol=2e-3)


def built(layer, shape=(None, 6)):
    layer.build(shape)
    return layer


def twice():
    layer = built(L.Dense(2))
    layer.quantize("int8")
    layer.quantize("int8")


class Mine(L.Dense):
    """A layer of the user's."""


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("isn't yet built", lambda: L.Dense(2).quantize("int8")),
        ("already quantized", twice),
        ("Invalid quantization mode", lambda: built(L.Dense(2)).quantize("int7")),
        ("either `mode` or `config`", lambda: built(L.Dense(2)).quantize()),
        ("GPTQConfig", lambda: built(L.Dense(2)).quantize("gptq")),
        (
            "Contradictory",
            lambda: built(L.Dense(2)).quantize("int8", config=Q.Int4QuantizationConfig()),
        ),
        ("float16", lambda: built(L.Dense(2, dtype="mixed_float16")).quantize("int8")),
        ("Mine does not have", lambda: built(Mine(2)).quantize("int8")),
        ("Conv2D does not have", lambda: built(L.Conv2D(2, 1), (1, 4, 4, 3)).quantize("int8")),
        ("Expected one of", lambda: built(L.Embedding(3, 2)).quantize("float8")),
        ("QuantizationConfig", lambda: built(L.Dense(2)).quantize(config=3)),
        ("filters", lambda: keras.Sequential([L.Dense(2)]).quantize("int8", filters=3)),
        ("unrecognized", lambda: keras.Sequential([L.Dense(2)]).quantize("int8", fitlers="a")),
        ("block_size", lambda: Q.Int4QuantizationConfig(block_size=0)),
        ("block_size=None", lambda: Q.Int4QuantizationConfig(Q.AbsMaxQuantizer())),
        ("value_range", lambda: Q.Int4QuantizationConfig(Q.AbsMaxQuantizer(), block_size=-1)),
        ("output_dtype", lambda: Q.Int8QuantizationConfig(Q.Quantizer("uint8"))),
        ("value_range", lambda: Q.AbsMaxQuantizer(value_range=(-300, 300))),
        ("got float32", lambda: Q.pack_int4(np.ones((2, 2), "float32"))),
        ("'int8' or 'uint8'", lambda: Q.unpack_int4(np.ones((2, 2), "int8"), 2, dtype="int16")),
        ("Did you mean", lambda: Q.get("abs_max_quantiser")),
        ("matrix", lambda: Q.abs_max_quantize_grouped_with_zero_point(STEPS, 2)),
        ("quantized_dtype", lambda: Q.quantize_and_dequantize(STEPS, 1.0, "float4", "float32")),
        ("num_bits", lambda: Q.fake_quant_with_min_max_vars(STEPS, 0.0, 1.0, num_bits=1)),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(CaudalError, match=match):
        call()
