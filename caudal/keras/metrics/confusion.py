"""Metrics of a yes or no: counts of right and wrong, precision, recall, area under a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor
from caudal.keras import numeric as n
from caudal.keras.engine.budget import charge
from caudal.keras.losses.regression import check_shapes
from caudal.keras.metrics.metric import Metric

Thresholds = float | Sequence[float] | None


class _Confusion(Metric):
    """Counts of true and false positives and negatives at one or more thresholds."""

    _counts: tuple[str, ...] = ()

    def __init__(
        self,
        thresholds: Thresholds,
        name: str | None,
        dtype: Any,
        top_k: int | None = None,
        class_id: int | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if top_k is not None:
            raise InvalidArgumentError(
                "{metric}: top_k is not supported; received top_k={top_k}",
                metric=type(self).__name__,
                top_k=top_k,
            )
        self.init_thresholds = thresholds
        self.class_id = class_id
        values = [0.5] if thresholds is None else np.atleast_1d(np.asarray(thresholds, float))
        self.thresholds = [float(value) for value in values]
        if not all(-1e-6 <= value <= 1 + 1e-6 for value in self.thresholds):
            raise InvalidArgumentError(
                "{metric}: thresholds must lie in [0, 1], received {thresholds}",
                metric=type(self).__name__,
                thresholds=self.thresholds,
            )
        self._states = {
            count: self.add_variable((len(self.thresholds),), name=count) for count in self._counts
        }

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch; labels are 0 or 1, predictions probabilities."""
        y_pred = n.tensor(y_pred, self.dtype)
        y_true = n.tensor(y_true, self.dtype)
        y_true, y_pred = n.squeeze_or_expand_to_same_rank(y_true, y_pred)
        check_shapes(self.name, y_true, y_pred)
        if self.class_id is not None:
            y_true, y_pred = (_column(x, self.class_id) for x in (y_true, y_pred))
        weights = _spread(sample_weight, y_pred, self.dtype)
        size = int(np.prod(n.shape_of(y_pred)))
        levels = n.tensor(np.asarray(self.thresholds, np.float32).reshape(-1, 1), self.dtype)
        yes = n.cast(ops.greater(n.reshape(y_pred, (1, size)), levels), self.dtype)
        true = n.cast(
            n.reshape(ops.not_equal(y_true, n.constant(0, y_true)), (1, size)), self.dtype
        )
        parts = {
            "true_positives": lambda: yes * true,
            "false_positives": lambda: yes * (1.0 - true),
            "false_negatives": lambda: (1.0 - yes) * true,
            "true_negatives": lambda: (1.0 - yes) * (1.0 - true),
        }
        for count, state in self._states.items():
            hits = parts[count]()
            if weights is not None:
                hits = hits * n.reshape(weights, (1, size))
            state.assign_add(n.sum(hits, axis=1))

    def _read(self, count: str) -> Any:
        return n.tensor(self._states[count])

    def _answer(self, values: Tensor) -> Any:
        return n.reshape(values, ()) if len(self.thresholds) == 1 else values

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"thresholds": self.init_thresholds}


def _column(x: Any, index: int) -> Any:
    rank = n.rank_of(x)
    shape = n.shape_of(x)
    begin = (0,) * (rank - 1) + (index,)
    return ops.slice(x, begin=begin, end=(*shape[:-1], index + 1), strides=(1,) * rank)


def _spread(sample_weight: Any, y_pred: Any, dtype: str) -> Any:
    if sample_weight is None:
        return None
    weights = n.tensor(sample_weight, dtype)
    _, weights = n.squeeze_or_expand_to_same_rank(y_pred, weights)
    while n.rank_of(weights) < n.rank_of(y_pred):
        weights = n.expand_dims(weights, -1)
    return ops.broadcast_to(weights, shape=n.shape_of(y_pred))


class _Count(_Confusion):
    def __init__(
        self, thresholds: Thresholds = None, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(thresholds, name or self._counts[0], dtype)

    def result(self) -> Any:
        """The (weighted) count so far, one per threshold."""
        return self._answer(self._read(self._counts[0]))


class TruePositives(_Count):
    """How many positives were found."""

    _counts = ("true_positives",)


class FalsePositives(_Count):
    """How many negatives were taken for positives."""

    _counts = ("false_positives",)


class FalseNegatives(_Count):
    """How many positives were missed."""

    _counts = ("false_negatives",)


class TrueNegatives(_Count):
    """How many negatives were seen as such."""

    _counts = ("true_negatives",)


class Precision(_Confusion):
    """The part of the predicted positives that are positive.

    >>> round(float(Precision()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
    0.6667
    """

    _direction = "up"
    _counts = ("true_positives", "false_positives")

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = "precision",
        dtype: Any = None,
    ) -> None:
        super().__init__(thresholds, name, dtype, top_k, class_id)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"class_id": self.class_id}

    def result(self) -> Any:
        """Found positives / all called positive."""
        found = self._read("true_positives")
        return self._answer(n.divide_no_nan(found, found + self._read("false_positives")))


class Recall(_Confusion):
    """The part of the positives that are found.

    >>> round(float(Recall()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
    0.6667
    """

    _direction = "up"
    _counts = ("true_positives", "false_negatives")

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = "recall",
        dtype: Any = None,
    ) -> None:
        super().__init__(thresholds, name, dtype, top_k, class_id)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"class_id": self.class_id}

    def result(self) -> Any:
        """Found positives / all positives."""
        found = self._read("true_positives")
        return self._answer(n.divide_no_nan(found, found + self._read("false_negatives")))


class AUC(_Confusion):
    """The area under the ROC or precision-recall curve, by ``num_thresholds`` points.

    curve: "ROC" or "PR".
    summation_method: "interpolation" (trapezoids; for PR Davis & Goadrich's interpolation),
        "minoring" or "majoring".
    from_logits: apply a sigmoid to the predictions first.
    """

    _direction = "up"
    _counts = ("true_positives", "true_negatives", "false_positives", "false_negatives")

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = "auc",
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        from_logits: bool = False,
    ) -> None:
        if curve.upper() not in ("ROC", "PR") or multi_label:
            raise InvalidArgumentError(
                "AUC: expected curve 'ROC' or 'PR' and multi_label=False, received "
                "curve={curve!r}, multi_label={multi_label}",
                curve=curve,
                multi_label=multi_label,
            )
        if summation_method not in ("interpolation", "minoring", "majoring"):
            raise InvalidArgumentError(
                "AUC: unknown summation_method {method!r}", method=summation_method
            )
        inner = sorted(thresholds) if thresholds is not None else _even(num_thresholds)
        super().__init__([-n.EPSILON, *inner, 1.0 + n.EPSILON], name, dtype)
        self.curve = curve.upper()
        self.summation_method = summation_method
        self.num_thresholds = len(self.thresholds)
        self.from_logits = from_logits

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch at every threshold."""
        y_pred = n.tensor(y_pred, self.dtype)
        super().update_state(
            y_true, ops.sigmoid(y_pred) if self.from_logits else y_pred, sample_weight
        )

    def result(self) -> Any:
        """The area so far."""
        tp, fp, fn, tn = (
            self._read(name)
            for name in ("true_positives", "false_positives", "false_negatives", "true_negatives")
        )
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._interpolated_pr(tp, fp, fn)
        recall = n.divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            x, y = n.divide_no_nan(fp, fp + tn), recall
        else:
            x, y = recall, n.divide_no_nan(tp, tp + fp)
        before, after = _part(y, 0, -1), _part(y, 1, None)
        if self.summation_method == "interpolation":
            heights = (before + after) * 0.5
        elif self.summation_method == "minoring":
            heights = n.minimum(before, after)
        else:
            heights = n.maximum(before, after)
        return n.sum((_part(x, 0, -1) - _part(x, 1, None)) * heights)

    def _interpolated_pr(self, tp: Any, fp: Any, fn: Any) -> Any:
        # Davis & Goadrich (2006): between two points, true and false positives grow in proportion.
        tp_step = _part(tp, 0, -1) - _part(tp, 1, None)
        positive = tp + fp
        p_step = _part(positive, 0, -1) - _part(positive, 1, None)
        slope = n.divide_no_nan(tp_step, n.maximum(p_step, 0))
        last_p, last_tp = _part(positive, 1, None), _part(tp, 1, None)
        intercept = last_tp - slope * last_p
        both = ops.bit_and(
            ops.greater(_part(positive, 0, -1), n.constant(0, positive)),
            ops.greater(last_p, n.constant(0, positive)),
        )
        ratio = n.where(both, n.divide_no_nan(_part(positive, 0, -1), n.maximum(last_p, 0)), 1.0)
        area = slope * (tp_step + intercept * ops.log(ratio))
        positives = n.maximum(last_tp + _part(fn, 1, None), 0)
        return n.sum(n.divide_no_nan(area, positives))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config = super().get_config()
        config.pop("thresholds")
        return config | {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "from_logits": self.from_logits,
            "thresholds": self.thresholds[1:-1],
        }


def _even(count: int) -> list[float]:
    if count <= 1:
        raise InvalidArgumentError(
            "AUC: num_thresholds must be at least 2, received {count}", count=count
        )
    charge((count,), 32)  # A number of Python and its place in the list.
    return [(i + 1) / (count - 1) for i in range(count - 2)]


def _part(x: Any, begin: int, end: int | None) -> Any:
    size = n.shape_of(x)[0]
    stop = size if end is None else size + end
    return ops.slice(x, begin=(begin,), end=(stop,), strides=(1,))
