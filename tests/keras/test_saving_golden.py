"""Files that real Keras wrote (tools/record_keras_files.py): same weights, states and outputs."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from caudal import keras

FILES = pathlib.Path(__file__).parent / "files"
NAMES = ("sequential", "functional", "convolutions")
GOLDEN = dict(np.load(FILES / "golden.npz"))


def recorded(name: str, what: str) -> list[np.ndarray]:
    found = []
    while f"{name}/{what}/{len(found)}" in GOLDEN:
        found.append(GOLDEN[f"{name}/{what}/{len(found)}"])
    return found


def predict(model, name: str) -> list[np.ndarray]:
    x = recorded(name, "x")
    outputs = model.predict(x if len(x) > 1 else x[0], verbose=0)
    return outputs if isinstance(outputs, list) else [outputs]


def same(model, name: str) -> None:
    weights = recorded(name, "weight")
    assert len(weights) == len(model.get_weights())
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(predict(model, name), recorded(name, "out"), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("name", NAMES)
def test_whole_models_come_with_outputs_and_optimizer_state(name: str, suffix: str) -> None:
    model = keras.models.load_model(FILES / f"{name}.{suffix}")
    same(model, name)
    states = recorded(name, "optimizer")
    assert len(states) == len(model.optimizer.variables)
    for ours, theirs in zip(model.optimizer.variables, states, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)
    x, y = recorded(name, "x"), recorded(name, "y")
    history = model.fit(x if len(x) > 1 else x[0], y if len(y) > 1 else y[0], verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("source", ["{}.weights.h5", "{}.keras", "{}.h5"])
@pytest.mark.parametrize("name", NAMES)
def test_weights_alone(name: str, source: str) -> None:
    model = keras.models.clone_model(keras.models.load_model(FILES / f"{name}.keras"))
    model.load_weights(FILES / source.format(name))
    same(model, name)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5", ""])
@pytest.mark.parametrize("name", NAMES)
def test_our_own_files_hold_the_same(name: str, suffix: str, tmp_path: pathlib.Path) -> None:
    first = keras.models.load_model(FILES / f"{name}.keras")
    first.save(tmp_path / f"copy{suffix}")
    second = keras.models.load_model(tmp_path / f"copy{suffix}")
    same(second, name)
    for ours, theirs in zip(second.optimizer.variables, first.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    assert second.optimizer.get_config() == first.optimizer.get_config()
    x, y = recorded(name, "x"), recorded(name, "y")
    x, y = x if len(x) > 1 else x[0], y if len(y) > 1 else y[0]
    assert second.evaluate(x, y, verbose=0) == first.evaluate(x, y, verbose=0)
