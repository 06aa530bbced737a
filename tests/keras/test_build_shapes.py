"""The shapes that files of a model built by its first batch have, as Keras 3.15 writes them."""

import numpy as np
import pytest

from caudal import keras

X, Y = np.zeros((70, 4), "f"), np.zeros((70, 1), "f")


class Pair(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(3), keras.layers.Dense(1)

    def call(self, x):
        return self.out(self.hidden(x))


class Named(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(1)

    def call(self, x):
        return self.out(x["a"]) + self.out(x["b"])


def sequential():
    return keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(1)])


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize(
    ("make", "x", "expected"),
    [
        (sequential, X, [(None, 4), (None, 4), (None, 3)]),
        (Pair, X, [(None, 4), (None, 4), (None, 3)]),
        (Named, {"a": X, "b": X}, [{"a": (None, 4), "b": (None, 4)}, (None, 4)]),
    ],
)
def test_the_batch_of_a_compiled_step_is_open(make, x, expected, train):
    model = make()
    model.compile("sgd", "mse")
    (model.fit if train else model.evaluate)(x, Y, batch_size=32, verbose=0)
    found = [layer.get_build_config()["input_shape"] for layer in (model, *model.layers)]
    assert found == expected


def test_a_batch_of_the_programs_own_is_kept():
    model = Pair()
    model(X[:32])
    assert model.get_build_config() == {"input_shape": (32, 4)}


class Stateful(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.memory = keras.layers.LSTM(3, stateful=True)

    def call(self, x):
        return self.memory(x)


@pytest.mark.parametrize(
    "make", [Stateful, lambda: keras.Sequential([keras.layers.LSTM(3, stateful=True)])]
)
def test_states_between_batches_keep_their_size(make, tmp_path):
    x = np.random.default_rng(0).normal(size=(8, 5, 2)).astype("f")
    model = make()
    model.compile("sgd", "mse")
    model.fit(x, x[:, 0, :1], batch_size=4, verbose=0)
    assert model.get_build_config() == {"input_shape": (4, 5, 2)}
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects={"Stateful": Stateful})
    for layer in (model.layers[0], again.layers[0]):
        layer.reset_states()
    found = again.predict(x, batch_size=4, verbose=0)
    assert found.tobytes() == model.predict(x, batch_size=4, verbose=0).tobytes()


def test_predict_goes_through_batches_that_keep_states_one_by_one():
    x = np.random.default_rng(0).normal(size=(8, 5, 2)).astype("f")
    inputs = keras.Input(batch_shape=(4, 5, 2))
    model = keras.Model(inputs, keras.layers.LSTM(3, stateful=True)(inputs))
    found = model.predict(x, batch_size=4, verbose=0)
    model.layers[1].reset_states()
    expected = [model.predict_on_batch(half) for half in (x[:4], x[4:])]
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-6)
