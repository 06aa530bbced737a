"""save_weights and load_weights without suffix: TensorFlow's checkpoints."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import DataLossError, InvalidArgumentError, NotFoundError

X, Y = np.ones((8, 4), np.float32), np.ones((8, 2), np.float32)


def make(units=3):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units), keras.layers.Dropout(0.5)]
        + [keras.layers.Dense(2)]
    )
    model.compile("adam", "mse")
    return model


@pytest.fixture
def model():
    model = make()
    model.fit(X, Y, epochs=2, verbose=0)
    return model


def same(a, b):
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["checkpoint", "weights", "cp-0001.ckpt", "deep/er/w"])
def test_round_trip(model, tmp_path, name):
    path = tmp_path / "run" / name
    model.save_weights(path)
    assert os.path.isfile(f"{path}.index") and os.path.isfile(f"{path}.data-00000-of-00001")
    assert tf.train.latest_checkpoint(path.parent) == str(path)
    again = make()
    again.optimizer.build(again.trainable_variables)
    again.load_weights(path).assert_consumed()
    same(model, again)
    for one, other in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    make().load_weights(path.parent).expect_partial()


def test_the_folders_of_earlier_versions_are_read(model, tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    model.save_weights(folder / "model.weights.h5")
    again = make()
    again.load_weights(folder)
    same(model, again)


def test_a_whole_models_folder_beside_a_checkpoint(model, tmp_path):
    model.save(tmp_path / "m" / "checkpoint")
    again = make()
    again.load_weights(tmp_path / "m" / "checkpoint")
    same(model, again)


def test_a_model_that_is_built_later(model, tmp_path):
    model.save_weights(tmp_path / "w")
    again = keras.Sequential([keras.layers.Dense(3), keras.layers.Dropout(0.5)])
    again.add(keras.layers.Dense(2))
    status = again.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    same(model, again)
    status.assert_existing_objects_matched()


def test_another_model_is_refused_and_unchanged(model, tmp_path):
    model.save_weights(tmp_path / "w")
    other = make(units=5)
    before = other.get_weights()
    with pytest.raises(InvalidArgumentError, match="incompatible tensor"):
        other.load_weights(tmp_path / "w")
    longer = keras.Sequential([*make().layers, keras.layers.Dense(2)])
    longer.build((None, 4))
    with pytest.raises(InvalidArgumentError, match="no values for 2 of the 6 variables"):
        longer.load_weights(tmp_path / "w")
    for one, value in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, value)


def test_bad_arguments(model, tmp_path):
    model.save_weights(tmp_path / "w")
    with pytest.raises(InvalidArgumentError, match="by_name"):
        model.load_weights(tmp_path / "w", by_name=True)
    with pytest.raises(InvalidArgumentError, match="skip_mismatch"):
        model.load_weights(tmp_path / "w", skip_mismatch=True)
    with pytest.raises(NotFoundError):
        model.load_weights(tmp_path / "other")
    shutil.copy(tmp_path / "w.data-00000-of-00001", tmp_path / "w.index")
    with pytest.raises(DataLossError, match="no table"):
        model.load_weights(tmp_path / "w")
