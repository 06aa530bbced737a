"""How well predictions follow the labels: R2, Pearson's and the concordance correlation."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras import numeric as n
from caudal.keras.losses.regression import matched
from caudal.keras.metrics.metric import Metric
from caudal.keras.metrics.reduction import MeanMetricWrapper

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


def pearson_correlation(y_true: Any, y_pred: Any, axis: n.Axis = -1) -> Any:
    """The cosine of the angle between deviations from the means; 1 is a rising line.

    >>> round(float(pearson_correlation([0, 1, 0.5], [0.1, 0.9, 0.5])), 4)
    1.0
    """
    y_true, y_pred = matched("pearson_correlation", y_true, y_pred)
    true, pred = (
        n.l2_normalize(x - n.mean(x, axis, keepdims=True), axis) for x in (y_true, y_pred)
    )
    return n.sum(true * pred, axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: n.Axis = -1) -> Any:
    """``2 cov / (var_true + var_pred + (mean_true - mean_pred)**2)`` (Lin, 1989).

    1 only where the predictions equal the labels.
    """
    y_true, y_pred = matched("concordance_correlation", y_true, y_pred)
    means = [n.mean(x, axis, keepdims=True) for x in (y_true, y_pred)]
    apart = n.mean(n.square(means[0] - means[1]), axis)
    true, pred = y_true - means[0], y_pred - means[1]
    spread = n.mean(n.square(true), axis) + n.mean(n.square(pred), axis)
    return n.mean(true * pred, axis) * 2.0 / (spread + apart + n.EPSILON)


class PearsonCorrelation(MeanMetricWrapper):
    """The mean of Pearson's correlation over the samples.

    >>> metric = PearsonCorrelation(axis=-1)
    >>> round(float(metric([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]])), 4)
    0.9967
    """

    _direction = "up"

    def __init__(
        self, name: str | None = "pearson_correlation", dtype: Any = None, axis: Any = -1
    ) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {"name": self.name, "dtype": self.dtype, "axis": self.axis}


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean of the concordance correlation over the samples.

    >>> metric = ConcordanceCorrelation(axis=-1)
    >>> round(float(metric([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]])), 4)
    0.9816
    """

    _direction = "up"

    def __init__(
        self, name: str | None = "concordance_correlation", dtype: Any = None, axis: Any = -1
    ) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {"name": self.name, "dtype": self.dtype, "axis": self.axis}


class R2Score(Metric):
    """``1 - sum((y_true - y_pred)**2) / sum((y_true - mean(y_true))**2)``.

    Labels and predictions have the shape (batch, outputs).

    Args:
        class_aggregation: None (a number per output), "uniform_average" or
            "variance_weighted_average" (outputs count by their variance).
        num_regressors: independent inputs, for the adjusted score; 0 for the plain one.

    >>> round(float(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if class_aggregation not in _AGGREGATIONS:
            raise InvalidArgumentError(
                "R2Score: `class_aggregation` must be one of {known}, received {received!r}.",
                known=_AGGREGATIONS,
                received=class_aggregation,
            )
        if not isinstance(num_regressors, int) or num_regressors < 0:
            raise InvalidArgumentError(
                "R2Score: `num_regressors` must be an integer of 0 or more, received {count!r}.",
                count=num_regressors,
            )
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable((), name="num_samples", dtype="int32")
        self._built = False

    def _build(self, outputs: int) -> None:
        self.squared_sum = self.add_variable((outputs,), name="squared_sum")
        self.sum = self.add_variable((outputs,), name="sum")
        self.total_mse = self.add_variable((outputs,), name="residual")
        self.count = self.add_variable((outputs,), name="count")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch of (batch, outputs)."""
        y_true, y_pred = n.tensor(y_true, self.dtype), n.tensor(y_pred, self.dtype)
        y_true, y_pred = n.squeeze_or_expand_to_same_rank(y_true, y_pred)
        if n.rank_of(y_true) != 2 or n.shape_of(y_true) != n.shape_of(y_pred):
            raise ShapeError(
                "R2Score: expected labels and predictions of one shape (batch, outputs), received "
                "{true} and {pred}.",
                true=n.shape_of(y_true),
                pred=n.shape_of(y_pred),
            )
        if not self._built:
            self._build(n.shape_of(y_pred)[1])
        weights = n.tensor(1.0 if sample_weight is None else sample_weight, self.dtype)
        if n.rank_of(weights) == 1:
            weights = n.expand_dims(weights, 1)
        weights = ops.broadcast_to(weights, shape=n.shape_of(y_true))
        weighted = y_true * weights
        self.sum.assign_add(n.sum(weighted, axis=0))
        self.squared_sum.assign_add(n.sum(y_true * weighted, axis=0))
        self.total_mse.assign_add(n.sum(n.square(y_true - y_pred) * weights, axis=0))
        self.count.assign_add(n.sum(weights, axis=0))
        # All numbers count as samples here, as in Keras.
        self.num_samples.assign_add(n.tensor(math.prod(n.shape_of(y_true)), "int32"))

    def result(self) -> Any:
        """The score so far."""
        if not self._built:
            return n.tensor(0.0, self.dtype)
        total_sum, count = n.tensor(self.sum), n.tensor(self.count)
        spread = n.tensor(self.squared_sum) - total_sum * (total_sum / count)
        raw = 1.0 - n.tensor(self.total_mse) / spread
        # Labels without variance have no score: 0, as in Keras.
        limit = n.constant(float("inf"), raw)
        raw = n.where(ops.equal(ops.abs(raw), limit), 0.0, raw)
        if self.class_aggregation == "uniform_average":
            raw = n.mean(raw)
        elif self.class_aggregation == "variance_weighted_average":
            raw = n.sum(raw * spread) / n.sum(spread)
        return raw if self.num_regressors == 0 else self._adjusted(raw)

    def _adjusted(self, score: Any) -> Any:
        samples = n.cast(n.tensor(self.num_samples), self.dtype)
        left = samples - float(self.num_regressors + 1)
        adjusted = 1.0 - (1.0 - score) * (samples - 1.0) / left
        # Too few samples to adjust by: the plain score.
        return n.where(ops.greater(left, n.constant(0, left)), adjusted, score)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }
