"""GPTQ and AWQ beside the recorded programs: errors of the outputs, files, what is refused."""

import numpy as np
import pytest
from programs_calibrated import TOKENS, Tokenizer, dense_model, quantized

from caudal import keras
from caudal.errors import CaudalError, CaudalWarning
from caudal.keras.quantizers import awq, gptq
from caudal.keras.quantizers.zero_points import grid

Q = keras.quantizers
KINDS = (Q.GPTQConfig, Q.AWQConfig)


def data(count=256, rows=16, outputs=8):
    """Inputs that depend on one another and differ in size, and a weight."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(count, 4)) @ draw.normal(size=(4, rows)) * np.geomspace(0.1, 5, rows)
    x += draw.normal(size=x.shape) * 0.05
    return x.astype("float32"), draw.normal(size=(rows, outputs)).astype("float32")


def floats(found, factors=None):
    scale, zero = (np.repeat(found[name], 16, 1) for name in ("kernel_scale", "kernel_zero"))
    weight = ((found["quantized_kernel"].astype("float32") - zero) * scale).T
    return weight if factors is None else weight / factors[:, None]


def test_gptq_and_awq_err_less_than_rounding():
    x, weight = data()
    levels = grid(weight.T, 4)
    plain = levels.floats(levels.round(weight.T)).T
    hessian, sizes = gptq.Hessian(16), awq.Sizes(16)
    for part in np.split(x, 4):
        hessian.see(part)
        sizes.see(part)
    np.testing.assert_allclose(hessian.matrix, 2 * x.T @ x / len(x), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(sizes.greatest, np.abs(x).max(0))
    first = gptq.quantized(weight, hessian, Q.GPTQConfig(None, None, group_size=-1))
    second = awq.quantized(weight, sizes, Q.AWQConfig(None, None, group_size=-1))
    errors = [
        np.square(x @ (found - weight)).mean()
        for found in (plain, floats(first), floats(second, second["awq_scales"]))
    ]
    assert errors[1] < 0.75 * errors[0]
    assert errors[2] < errors[0]


@pytest.mark.parametrize("sign", [1, -1])
def test_weights_of_one_sign(sign):
    weight = sign * np.linspace(3, 4, 12, dtype="float32").reshape(2, 6)
    levels = grid(weight, 8)
    np.testing.assert_allclose(levels.floats(levels.round(weight)), weight, atol=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_a_calibrated_model_goes_through_a_file(kind, tmp_path):
    model, x, found = quantized(keras, kind, group_size=4)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), found["after"])
    layer = again.get_layer("second")
    assert layer.dtype_policy.name == found["second.policy"]
    assert layer.quantization_config.group_size == 4
    assert layer.quantization_config.dataset is None
    np.testing.assert_array_equal(layer.kernel, found["second.kernel"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_saw_no_data(kind, tmp_path):
    layer = keras.layers.Dense(3)
    layer.build((None, 4))
    x = np.eye(4, dtype="float32")
    before = layer(x)
    layer.quantize(config=kind(None, None))
    np.testing.assert_array_equal(layer(x), before)
    with pytest.raises(CaudalError, match="seen no data"):
        keras.Sequential([keras.Input((4,)), layer]).save(tmp_path / "model.keras")
    made = keras.layers.Dense(3, dtype=layer.dtype_policy.name)
    made.build((None, 4))
    with pytest.raises(CaudalError, match="no weights yet"):
        made(x)
    with pytest.raises(CaudalError, match="lora"):
        layer.enable_lora(2)


def test_layers_that_cannot_are_left_as_they_are():
    x = keras.Input((6,), dtype="int32")
    wide = keras.layers.EinsumDense("abc,cdef->abdef", (None, 2, 2, 2), name="wide")
    model = keras.Model(x, wide(keras.layers.Embedding(11, 4)(x)))
    config = Q.GPTQConfig(
        TOKENS,
        Tokenizer(),
        num_samples=2,
        sequence_length=6,
        quantization_layer_structure={
            "pre_block_layers": [model.layers[1]],
            "sequential_blocks": [wide],
        },
    )
    before = model(np.ones((1, 6)))
    with pytest.warns(CaudalWarning, match="2 or 3 axes"):
        model.quantize("gptq", config=config, filters="wide")
    np.testing.assert_array_equal(model(np.ones((1, 6))), before)
    assert wide.quantization_mode is None


@pytest.mark.parametrize(
    ("match", "dataset", "blocks"),
    [
        ("iterable", "a text", True),
        ("empty", [], True),
        ("sequential_blocks", TOKENS, False),
    ],
)
def test_wrong_data(match, dataset, blocks):
    model, structure = dense_model(keras)
    if not blocks:
        structure = {"pre_block_layers": []}
    config = Q.AWQConfig(dataset, Tokenizer(), quantization_layer_structure=structure)
    with pytest.raises(CaudalError, match=match):
        model.quantize("awq", config=config, filters="first")
