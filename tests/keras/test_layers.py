"""Layers against real Keras: outputs, weights after the call, gradients, configurations."""

import json
from pathlib import Path

import numpy as np
import pytest
from layer_cases import CASES, inputs, label, values, weight

from caudal import keras
from caudal.errors import InvalidArgumentError
from caudal.framework import GradientTape, convert_to_tensor, trace
from caudal.ir import Type, as_dtype
from caudal.math import reduce_sum

GOLDEN = np.load(Path(__file__).parent / "golden_layers.npz")
CASE = pytest.mark.parametrize("number", range(len(CASES)), ids=map(label, CASES))


def make(case):
    """The layer of a case, built, with the recorded weights."""
    layer = getattr(keras.layers, case[0])(**case[1])
    xs = [convert_to_tensor(x) for x in inputs(case)]
    layer(xs[0] if len(xs) == 1 else xs)
    own = layer.weights
    layer.set_weights([weight(tuple(v.shape), i, v.name) for i, v in enumerate(own)])
    return layer, xs


def close(found, number, key, loose=1.0):
    expected = GOLDEN[f"{number}/{key}"]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5 * loose, atol=2e-6 * loose)


def test_recording_is_of_these_cases():
    assert GOLDEN["labels"].tolist() == [label(case) for case in CASES]


@CASE
def test_values_and_gradients(number):
    case = CASES[number]
    layer, xs = make(case)
    kwargs = {"training": True} if case[3] else {}
    with GradientTape(persistent=True) as tape:
        for x in xs:
            if x.dtype.is_floating:
                tape.watch(x)
        y = layer(xs[0] if len(xs) == 1 else xs, **kwargs)
        total = reduce_sum(y * values(tuple(y.shape), 5))
    close(y.numpy(), number, "y")
    for i, variable in enumerate(layer.weights):
        close(variable.numpy(), number, f"w{i}")
    for i, variable in enumerate(layer.trainable_variables):
        gradient = tape.gradient(total, variable)
        close(convert_to_tensor(gradient).numpy(), number, f"gw{i}", loose=20)
    for i, x in enumerate(xs):
        if f"{number}/gx{i}" in GOLDEN.files:
            close(tape.gradient(total, x).numpy(), number, f"gx{i}", loose=20)


@CASE
def test_compiled_is_eager(number):
    case = CASES[number]
    layer, xs = make(case)
    specs = [Type(as_dtype(x.dtype), tuple(x.shape)) for x in xs]
    program = trace(lambda *given: layer(given[0] if len(given) == 1 else list(given)), specs)
    expected = layer(xs[0] if len(xs) == 1 else xs)
    np.testing.assert_allclose(program.run(*xs).numpy(), expected.numpy(), rtol=1e-5, atol=2e-6)


@CASE
def test_symbolic_shape(number):
    case = CASES[number]
    layer, xs = make(case)
    symbols = [keras.Input(batch_shape=(None, *x.shape[1:]), dtype=x.dtype) for x in xs]
    y = layer(symbols[0] if len(symbols) == 1 else symbols)
    assert y.shape == (None, *GOLDEN[f"{number}/y"].shape[1:])
    assert y.dtype == "float32"
    shapes = [symbol.shape for symbol in symbols]
    found = layer.compute_output_shape(shapes[0] if len(shapes) == 1 else shapes)
    assert tuple(found) == y.shape


@CASE
def test_configuration_is_keras_own(number):
    case = CASES[number]
    keras.backend.clear_session()
    layer = getattr(keras.layers, case[0])(**case[1])
    config = layer.get_config()
    expected = json.loads(str(GOLDEN[f"{number}/config"]))
    assert json.loads(json.dumps(config)) == expected
    again = keras.layers.deserialize(json.loads(json.dumps(keras.layers.serialize(layer))))
    assert json.loads(json.dumps(again.get_config())) == expected


def test_thresholded_relu():
    """Values of tf.keras 2.21's ThresholdedReLU."""
    layer = keras.layers.ThresholdedReLU()
    np.testing.assert_array_equal(layer(np.array([-1.0, 0.5, 1.0, 1.5])), [0, 0, 0, 1.5])
    layer = keras.layers.ThresholdedReLU(theta=0.5)
    found = layer(np.array([0.5, np.nan, 0.75], "float32"))
    np.testing.assert_array_equal(found, [0.0, np.nan, 0.75])
    assert layer.get_config()["theta"] == 0.5
    assert keras.layers.ThresholdedReLU.from_config(layer.get_config()).theta == 0.5


@pytest.mark.parametrize("theta", [None, -1.0, "much"])
def test_thresholded_relu_wrong(theta):
    with pytest.raises(InvalidArgumentError, match="theta"):
        keras.layers.ThresholdedReLU(theta)
