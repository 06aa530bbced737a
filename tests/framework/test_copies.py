"""Copies of whole models: nothing is shared with the original, programs are made anew."""

import copy
import pickle

import numpy as np
import pytest

from caudal import keras


@pytest.mark.parametrize(
    "twin_of", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_a_trained_model_can_be_copied(twin_of):
    layers = [keras.Input((4,)), keras.layers.Dense(3), keras.layers.BatchNormalization()]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    x, y = rng.random((8, 4), np.float32), rng.random((8, 3), np.float32)
    model.fit(x, y, verbose=0)
    twin = twin_of(model)
    np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))
    before = [weight.numpy() for weight in model.weights]
    twin.fit(x, y, epochs=2, shuffle=False, verbose=0)
    for old, weight, other in zip(before, model.weights, twin.weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())
        assert not np.array_equal(old, other.numpy())
    model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    for weight, other in zip(model.weights, twin.weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), other.numpy(), rtol=1e-5, atol=1e-6)
