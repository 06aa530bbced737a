import numpy as np
import pytest
from golden import DATA, GOLDEN, label

from caudal.errors import InvalidArgumentError
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
    assert metrics.get("mae") is metrics.mean_absolute_error
    with pytest.raises(InvalidArgumentError, match="Did you mean: accuracy"):
        metrics.get("acuracy")


def test_bad_arguments():
    with pytest.raises(InvalidArgumentError, match="thresholds must lie"):
        metrics.Precision(thresholds=2.0)
    with pytest.raises(InvalidArgumentError, match="unknown argument 'initialiser'"):
        metrics.Mean().add_weight(name="w", initialiser="zeros")
