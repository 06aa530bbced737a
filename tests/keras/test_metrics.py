import numpy as np
import pytest
from golden import DATA, GOLDEN, label

from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras import metrics

CLOSE = {"rtol": 2e-5, "atol": 2e-6}


@pytest.mark.parametrize("row", GOLDEN["metrics"], ids=label)
def test_values_are_those_of_keras(row):
    name, options, true, pred, (first, both, weighted) = row
    metric = getattr(metrics, name)(**options)
    y_true, y_pred = DATA[true], DATA[pred]
    metric.update_state(y_true[:2], y_pred[:2])
    np.testing.assert_allclose(metric.result(), first, **CLOSE)
    metric.update_state(y_true[2:], y_pred[2:])
    np.testing.assert_allclose(metric.result(), both, **CLOSE)
    metric.reset_state()
    metric.update_state(y_true, y_pred, sample_weight=DATA["W"])
    np.testing.assert_allclose(metric.result(), weighted, **CLOSE)


@pytest.mark.parametrize("row", GOLDEN["metrics"], ids=label)
def test_configuration_makes_the_same_metric(row):
    name, options, true, pred, _ = row
    metric = getattr(metrics, name)(**options)
    twin = metrics.deserialize(metrics.serialize(metric))
    assert type(twin) is type(metric) and twin.name == metric.name
    np.testing.assert_array_equal(
        metric(DATA[true], DATA[pred]).numpy(), twin(DATA[true], DATA[pred]).numpy()
    )


def test_mean_and_sum():
    mean, total = metrics.Mean(), metrics.Sum()
    for values in ([1.0, 2.0], [6.0]):
        mean.update_state(values)
        total.update_state(values)
    assert (float(mean.result()), float(total.result())) == (3.0, 9.0)
    mean.reset_states()
    assert float(mean.result()) == 0.0
    mean.update_state(5.0, sample_weight=2.0)
    mean.update_state(2.0, sample_weight=1.0)
    assert float(mean.result()) == 4.0


def test_own_metric():
    class Positives(metrics.Metric):
        def __init__(self, name="positives", **kwargs):
            super().__init__(name=name, **kwargs)
            self.seen = self.add_weight(name="seen", initializer="zeros")
            self.inner = metrics.Mean()

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.seen.assign_add(float((np.asarray(y_pred) > 0).sum()))
            self.inner.update_state(y_pred)

        def result(self):
            return self.seen

    metric = Positives()
    assert float(metric([0], [1.0, -1.0, 2.0])) == 2.0
    assert len(metric.variables) == 3
    metric.reset_state()
    assert float(metric.result()) == 0.0


def test_names():
    assert isinstance(metrics.get("AUC"), metrics.AUC)
    assert isinstance(metrics.get("mae"), metrics.MeanAbsoluteError)
    with pytest.raises(InvalidArgumentError, match="Did you mean: accuracy"):
        metrics.get("acuracy")


def test_bad_arguments():
    with pytest.raises(InvalidArgumentError, match="thresholds must lie"):
        metrics.Precision(thresholds=2.0)
    with pytest.raises(InvalidArgumentError, match="unknown argument 'initialiser'"):
        metrics.Mean().add_weight(name="w", initialiser="zeros")


def compiled_metrics():
    return [
        metrics.F1Score(average="macro"),
        metrics.FBetaScore(threshold=0.4, average="weighted"),
        metrics.OneHotMeanIoU(3),
        metrics.PrecisionAtRecall(0.5),
        metrics.SpecificityAtSensitivity(0.5),
        metrics.R2Score(),
        metrics.PearsonCorrelation(),
        metrics.AUC(multi_label=True),
        metrics.Precision(top_k=2),
    ]


@pytest.mark.parametrize("eager", [False, True])
def test_in_a_compiled_step_they_are_as_outside(eager):
    from caudal import keras

    rng = np.random.default_rng(1)
    x = rng.random((50, 4), dtype=np.float32)
    y = np.eye(3, dtype="float32")[rng.integers(0, 3, 50)]
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    made = compiled_metrics()
    model.compile("sgd", "mse", metrics=made, run_eagerly=eager)
    pred = model.predict(x, verbose=0)
    found = model.evaluate(x, y, batch_size=16, verbose=0, return_dict=True)
    for one in made:
        name, metric = one.name, type(one).from_config(one.get_config())
        for start in range(0, 50, 16):
            metric.update_state(y[start : start + 16], pred[start : start + 16])
        np.testing.assert_allclose(found[name], metric.result(), rtol=1e-4, atol=1e-6)
    history = model.fit(x, y, epochs=2, verbose=0).history
    assert all(np.isfinite(history[name]).all() for name in history)


def test_a_state_that_starts_at_a_tensor():
    metric = metrics.MeanIoU(num_classes=2)
    start = convert_to_tensor([[1, 2], [3, 4]])
    state = metric.add_variable((2, 2), start, dtype="int32", name="own")
    np.testing.assert_array_equal(state, [[1, 2], [3, 4]])
    assert state.dtype == "int32"
