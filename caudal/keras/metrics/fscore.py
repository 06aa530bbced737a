"""F-beta and F1: precision and recall in one number, for every class."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras import numeric as n
from caudal.keras.metrics.metric import Metric

_AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """``(1 + beta**2) * precision * recall / (beta**2 * precision + recall)`` of classes.

    Labels are one-hot or several of 0 and 1, of shape (batch, classes); predictions have the same
    shape.

    Args:
        average: None (a number per class), "micro" (all classes counted together), "macro" (the
            mean of the classes) or "weighted" (their mean, weighted by how often each occurs).
        beta: how much recall counts; a positive float.
        threshold: what lies above is predicted; None predicts the largest of each row.

    >>> score = FBetaScore(beta=2.0, threshold=0.5)
    >>> pred = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0]]
    >>> found = score([[1, 1, 1], [1, 0, 0], [1, 1, 0]], pred)
    >>> [round(float(one), 3) for one in found.numpy()]
    [0.385, 0.909, 0.833]
    """

    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        what = type(self).__name__
        if average not in _AVERAGES:
            raise InvalidArgumentError(
                "{what}: `average` must be one of {known}, received {average!r}.",
                what=what,
                known=_AVERAGES,
                average=average,
            )
        if not isinstance(beta, float) or beta <= 0:
            raise InvalidArgumentError(
                "{what}: `beta` must be a positive float, received {beta!r}.", what=what, beta=beta
            )
        if threshold is not None and (not isinstance(threshold, float) or not 0 < threshold <= 1):
            raise InvalidArgumentError(
                "{what}: `threshold` must be a float in (0, 1] or None, received {threshold!r}.",
                what=what,
                threshold=threshold,
            )
        self.average, self.beta, self.threshold = average, beta, threshold
        self._built = False

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, name="intermediate_weights")
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch of (batch, classes)."""
        y_true, y_pred = n.tensor(y_true, self.dtype), n.tensor(y_pred, self.dtype)
        if n.rank_of(y_true) != 2 or n.shape_of(y_true) != n.shape_of(y_pred):
            raise ShapeError(
                "{what}: expected labels and predictions of one shape (batch, classes), received "
                "{true} and {pred}.",
                what=type(self).__name__,
                true=n.shape_of(y_true),
                pred=n.shape_of(y_pred),
            )
        if not self._built:
            self._build(n.shape_of(y_pred)[1])
        if self.threshold is None:
            largest = ops.greater_equal(y_pred, n.max(y_pred, axis=-1, keepdims=True))
            # A row of zeros predicts nothing.
            chosen = ops.bit_and(largest, ops.greater(ops.abs(y_pred), n.constant(1e-9, y_pred)))
        else:
            chosen = ops.greater(y_pred, n.constant(self.threshold, y_pred))
        y_pred = n.cast(chosen, self.dtype)
        weights: Any = 1.0
        if sample_weight is not None:
            weights = n.expand_dims(n.tensor(sample_weight, self.dtype), 1)
        axis = None if self.average == "micro" else 0
        for state, values in (
            (self.true_positives, y_pred * y_true),
            (self.false_positives, y_pred * (1.0 - y_true)),
            (self.false_negatives, (1.0 - y_pred) * y_true),
            (self.intermediate_weights, y_true),
        ):
            state.assign_add(n.sum(values * weights, axis))

    def result(self) -> Any:
        """The score so far: one number, or one per class."""
        if not self._built:
            return n.tensor(0.0, self.dtype)
        tp, fp, fn = (
            n.tensor(state)
            for state in (self.true_positives, self.false_positives, self.false_negatives)
        )
        precision = tp / (tp + fp + n.EPSILON)
        recall = tp / (tp + fn + n.EPSILON)
        square = self.beta**2
        score = precision * recall / (precision * square + recall + n.EPSILON) * (1.0 + square)
        if self.average == "weighted":
            support = n.tensor(self.intermediate_weights)
            return n.sum(score * (support / (n.sum(support) + n.EPSILON)))
        return score if self.average is None else n.mean(score)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return super().get_config() | own


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: `FBetaScore` with a beta of 1.

    >>> score = F1Score(average="macro", threshold=0.5)
    >>> round(float(score([[1, 0], [0, 1], [1, 1]], [[0.8, 0.4], [0.3, 0.9], [0.6, 0.2]])), 4)
    0.8333
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config = super().get_config()
        del config["beta"]
        return config
