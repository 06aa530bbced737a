"""Distillers beside the recorded programs: files, and models that say how they are compiled."""

import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalWarning
from caudal.keras.saving.tree import walk


def model(units, name):
    layers = [keras.Input((4,)), keras.layers.Dense(units, name=name + "_a"), keras.layers.Dense(3)]
    return keras.Sequential(layers, name=name)


def test_a_saved_distiller_goes_on(tmp_path):
    losses = [keras.distillation.FeatureDistillation("mse", "t_a", "s_a")]
    distiller = keras.distillation.Distiller(model(5, "t"), model(5, "s"), losses)
    distiller.compile("adam", "mse", metrics=["mae"])
    x, y = np.eye(4), np.ones((4, 3))
    distiller.fit(x, y, shuffle=False, verbose=0)
    distiller.save(tmp_path / "distiller.keras")
    again = keras.models.load_model(tmp_path / "distiller.keras")
    assert again.evaluate(x, y, verbose=0) == distiller.evaluate(x, y, verbose=0)
    first, second = (one.fit(x, y, shuffle=False, verbose=0).history for one in (distiller, again))
    assert first == second


def test_a_file_without_the_loss_warns():
    loss = keras.distillation.LogitsDistillation()
    distiller = keras.distillation.Distiller(model(5, "t"), model(2, "s"), loss)
    with pytest.warns(CaudalWarning, match="which loss"):
        distiller.compile_from_config({"optimizer": "sgd", "loss": None})
    assert not distiller.compiled


@keras.saving.register_keras_serializable("test")
class Own(keras.Model):
    """Holds a layer privately and says itself how it is compiled."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._inner = keras.layers.Dense(3)

    def call(self, x):
        return self._inner(x)

    def compile(self, strength=1.0, **kwargs):
        super().compile("sgd", "mse", **kwargs)
        self.strength = strength

    def get_compile_config(self):
        return {"strength": self.strength}

    def compile_from_config(self, config):
        self.compile(**config)


def test_private_layers_stand_where_keras_puts_them():
    own = Own()
    own(np.ones((2, 4)))
    assert [path for path, _ in walk(own)] == ["", "layers/dense"]


def test_a_model_that_says_how_it_is_compiled(tmp_path):
    own = Own()
    own(np.ones((2, 4)))
    own.compile(strength=2.5)
    own.save(tmp_path / "own.keras")
    again = keras.models.load_model(tmp_path / "own.keras")
    assert again.compiled
    assert again.strength == 2.5
