"""LoRA and quantized layers against real Keras."""

from pathlib import Path

import numpy as np
import pytest
from case_check import check, golden
from quantized_cases import CASES, FILES, STEPS, lora_model

from caudal import keras
from caudal.errors import CaudalError

L = keras.layers
FOLDER = Path(__file__).parent / "files"


@pytest.mark.parametrize("case", CASES)
def test_as_keras(case):
    check("quantized", case, CASES[case], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("suffix", ["keras", "weights.h5"])
def test_lora_files_of_keras(suffix):
    if suffix == "keras":
        model = keras.models.load_model(FOLDER / "lora.keras")
    else:
        model = lora_model(keras)
        model.load_weights(FOLDER / "lora.weights.h5")
    found = model.predict(STEPS, verbose=0)
    np.testing.assert_allclose(found, golden("quantized")["file/lora"], rtol=1e-5, atol=1e-5)


def test_own_lora_files(tmp_path):
    model = FILES["lora"][0](keras)
    model.save(tmp_path / "own.keras")
    again = keras.models.load_model(tmp_path / "own.keras")
    expected = model.predict(STEPS, verbose=0)
    np.testing.assert_allclose(again.predict(STEPS, verbose=0), expected, rtol=1e-5, atol=1e-6)
    assert again.get_layer("last").lora_rank == 2


def test_only_the_low_rank_weights_learn():
    layer = L.Dense(4, lora_rank=2)
    model = keras.Sequential([keras.Input((6,)), layer])
    model.compile("sgd", "mse")
    before = layer._kernel.numpy()
    model.fit(STEPS[0], np.ones((4, 4), "float32"), verbose=0)
    np.testing.assert_array_equal(layer._kernel, before)
    assert np.any(layer.lora_kernel_b.numpy())
    names = [weight.name for weight in layer.trainable_weights]
    assert names == ["bias", "lora_kernel_a", "lora_kernel_b"]


def built(layer):
    layer.build((None, 6))
    return layer


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("isn't yet built", lambda: L.Dense(2).enable_lora(2)),
        ("already enabled", lambda: built(L.Dense(2, lora_rank=2)).enable_lora(2)),
        ("constraint", lambda: built(L.Dense(2, kernel_constraint="max_norm")).enable_lora(2)),
        ("rank", lambda: built(L.Dense(2)).enable_lora(0)),
        ("lora_rank", lambda: L.Embedding(5, 3, lora_rank=-1)),
        ("before accessing `kernel`", lambda: L.Dense(2).kernel),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(CaudalError, match=match):
        call()
