"""The training flag reaches the layers inside a model, and the user's word in a graph stays."""

import numpy as np
import pytest

from caudal import keras

X = np.ones((4, 50), "float32")


def functional(**flag):
    inputs = keras.Input((50,))
    return keras.Model(inputs, keras.layers.Dropout(0.5)(inputs, **flag))


def sequential():
    return keras.Sequential([keras.Input((50,)), keras.layers.Dropout(0.5)])


@pytest.mark.parametrize("make", [sequential, functional])
def test_flag_of_the_call(make):
    model = make()
    assert (model(X).numpy() == 1).all() and (model(X, training=False).numpy() == 1).all()
    first, second = model(X, training=True).numpy(), model(X, training=True).numpy()
    assert set(np.unique(first)) == {0.0, 2.0}
    assert (first != second).any()


def test_flag_in_the_graph():
    always, never = functional(training=True), functional(training=False)
    assert 0 in always(X).numpy() and 0 in always(X, training=False).numpy()
    assert (never(X, training=True).numpy() == 1).all()


def test_flag_through_nested_models():
    outer = keras.Sequential([keras.Input((50,)), sequential(), functional()])
    assert 0 in outer(X, training=True).numpy()
    assert (outer(X).numpy() == 1).all()
