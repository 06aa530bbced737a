"""Callbacks, initializers and optimizers where Keras's own tests found a difference."""

import numpy as np
import pytest

from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras import (
    Sequential,
    Variable,
    callbacks,
    initializers,
    layers,
    metrics,
    optimizers,
    random,
)


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


def test_top_k_of_sorted_class_numbers():
    metric = metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)
    metric.update_state([2, 1, 3], [[1, 2, 3], [1, 2, 3], [0, 1, 3]])
    np.testing.assert_allclose(metric.result(), 2 / 3, rtol=1e-6)
    assert metrics.TopKCategoricalAccuracy(k=3).k == 3
    again = metrics.SparseTopKCategoricalAccuracy.from_config(metric.get_config())
    assert again.from_sorted_ids and again.k == 2


def test_metrics_by_the_name_of_a_function_are_their_class():
    assert isinstance(metrics.get("mse"), metrics.MeanSquaredError)
    assert isinstance(metrics.get("binary_crossentropy"), metrics.BinaryCrossentropy)


def test_a_class_that_does_not_count():
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=0)
    metric.update_state([0, 1], [[0.1, 0.9], [0.2, 0.8]])
    np.testing.assert_allclose(float(metric.result()), -np.log(0.8) / 2, rtol=1e-5)


def test_counts_of_confusion_are_attributes():
    precision = metrics.Precision(class_id=1)
    precision.update_state([[0.0, 1.0]], [[0.1, 0.9]])
    assert float(precision.true_positives[0]) == 1.0 and len(precision.variables) == 2
    with pytest.raises(InvalidArgumentError, match="class_id"):
        precision.update_state([0.0, 1.0], [0.1, 0.9])


def test_variables_in_a_dict_of_a_metric():
    class Kept(metrics.Metric):
        def __init__(self):
            super().__init__(name="kept")
            self.more = {"a": [Variable(0.0), Variable(1.0)], "b": metrics.Mean()}

    assert len(Kept().variables) == 4


def test_integers_in_logarithmic_errors_and_bools_in_accuracy():
    found = metrics.MeanSquaredLogarithmicError()(np.array([[1, 2]]), np.array([[3, 2]]))
    np.testing.assert_allclose(found, np.log(2.0) ** 2 / 2, rtol=1e-5)
    assert float(metrics.BinaryAccuracy()(np.array([True, False]), np.array([True, True]))) == 0.5


def test_weight_decay_must_be_a_number():
    with pytest.raises(InvalidArgumentError, match="weight_decay"):
        optimizers.AdamW(weight_decay=None)


@pytest.mark.parametrize(
    "name, value", [("learning_rate_power", 0.1), ("l1_regularization_strength", -0.1)]
)
def test_bad_numbers_of_ftrl(name, value):
    with pytest.raises(InvalidArgumentError, match=name):
        optimizers.Ftrl(**{name: value})
