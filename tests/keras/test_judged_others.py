"""Callbacks, initializers and optimizers where Keras's own tests found a difference."""

import numpy as np
import pytest

from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras import Sequential, callbacks, initializers, layers, optimizers, random


def bad_model():
    model = Sequential([layers.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_terminate_on_nan_may_raise():
    class Ends(callbacks.Callback):
        ended = False

        def on_train_end(self, logs=None):
            self.ended = True

    ends = Ends()
    x, y = np.ones((2, 1)), np.array([[1.0], [np.inf]])
    with (
        pytest.warns(CaudalWarning, match="NaN or infinite"),
        pytest.raises(RuntimeError, match="loss at batch"),
    ):
        bad_model().fit(
            x, y, batch_size=1, callbacks=[ends, callbacks.TerminateOnNaN(raise_error=True)]
        )
    assert not ends.ended


def test_a_checkpoint_saves_where_its_metric_is_not_there(tmp_path):
    path = tmp_path / "m.keras"
    saver = callbacks.ModelCheckpoint(path, monitor="gone", save_best_only=True, mode="min")
    with pytest.warns(UserWarning, match="gone"):
        bad_model().fit(np.ones((2, 1)), np.ones((2, 1)), callbacks=[saver], verbose=0)
    assert path.exists()


def test_arrays_are_initializers():
    values = np.arange(6.0, dtype="float32").reshape(2, 3)
    dense = layers.Dense(3, kernel_initializer=values)
    dense.build((None, 2))
    np.testing.assert_array_equal(dense.kernel, values)
    with pytest.raises(InvalidArgumentError, match="has shape"):
        initializers.get(values)((3, 2))


def test_seed_generators_are_written_down_as_keras_does():
    config = initializers.Orthogonal(seed=random.SeedGenerator(5)).get_config()
    # Recorded from Keras 3.15.1, but for the automatic name.
    name = config["seed"]["config"].pop("name")
    assert config["seed"] == {
        "module": "keras.random",
        "class_name": "SeedGenerator",
        "config": {"seed": 5},
        "registered_name": None,
    }
    config["seed"]["config"]["name"] = name
    again = initializers.Orthogonal.from_config(config)
    assert again.get_config() == config


def test_a_rate_cannot_be_set_over_a_schedule():
    sgd = optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    with pytest.raises(TypeError, match="LearningRateSchedule"):
        sgd.learning_rate = 0.5
