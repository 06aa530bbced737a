"""Loading and saving need no second copy of the weights."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from caudal import keras

SIZE = 2000 * 2000 * 4


def make():
    layers = [keras.layers.Dense(2000), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input((2000,)), *layers])


def peak(work):
    """What a call allocates at most, in sizes of the weights, and its result."""
    tracemalloc.start()
    try:
        result = work()
        return tracemalloc.get_traced_memory()[1] / SIZE, result
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_whole_models(tmp_path, suffix):
    model, path = make(), tmp_path / f"m{suffix}"
    model.save(path)
    saving, _ = peak(lambda: model.save(path))
    loading, again = peak(lambda: keras.models.load_model(path))
    assert saving < 0.3 and loading < 1.3
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
def test_weights(tmp_path, suffix):
    model, path = make(), tmp_path / f"m{suffix}"
    saving, _ = peak(lambda: model.save_weights(path))
    loading, _ = peak(lambda: model.load_weights(path))
    assert saving < 0.3 and loading < 0.3


def test_a_tensor_that_was_read_keeps_its_value(tmp_path):
    model, path = make(), tmp_path / "m.weights.h5"
    model.save_weights(path)
    model.layers[0].kernel.assign(model.layers[0].kernel * 2)
    seen = model.layers[0].kernel.read_value()
    before = seen.numpy().copy()
    model.load_weights(path)
    np.testing.assert_array_equal(seen.numpy(), before)
    assert np.abs(model.layers[0].kernel.numpy() - before).max() > 0


class Kept(keras.layers.Layer):
    """Saves nothing of its own: its weight is what its initializer says."""

    def build(self, shape):
        self.table = self.add_weight(shape=(3,), initializer="ones")

    def call(self, x):
        return x * self.table

    def save_own_variables(self, store):
        pass

    def load_own_variables(self, store):
        pass


def test_weights_that_no_file_has_are_initialized(tmp_path):
    keras.Sequential([keras.Input((3,)), Kept()]).save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Kept": Kept})
    assert again.layers[0].table.numpy().tolist() == [1.0, 1.0, 1.0]
