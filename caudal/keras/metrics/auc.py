"""The area under the ROC or the precision-recall curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras import numeric as n
from caudal.keras.engine.budget import charge
from caudal.keras.metrics.confusion import _Confusion, _spread


class AUC(_Confusion):
    """The area under the ROC or precision-recall curve, by ``num_thresholds`` points.

    curve: "ROC", "PR" or "PRGAIN", the curve of the gains over the share of positives (Flach and
        Kull, "Precision-recall-gain curves", 2015).
    summation_method: "interpolation" (trapezoids; for PR Davis & Goadrich's interpolation),
        "minoring" or "majoring".
    multi_label: an area for each label of (batch, labels), of which the mean is taken;
        ``num_labels`` says how many, else the first batch does.
    label_weights: how much each label counts.
    from_logits: apply a sigmoid to the predictions first.

    >>> round(float(AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])), 4)
    0.75
    """

    _direction = "up"
    _counts = ("true_positives", "true_negatives", "false_positives", "false_negatives")

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        for argument, value, known in (
            ("curve", str(curve).upper(), ("ROC", "PR", "PRGAIN")),
            ("summation_method", summation_method, ("interpolation", "minoring", "majoring")),
        ):
            if value not in known:
                raise InvalidArgumentError(
                    "AUC: `{argument}` must be one of {known}, received {value!r}.",
                    argument=argument,
                    known=known,
                    value=value,
                )
        if num_labels is not None and not multi_label:
            raise InvalidArgumentError(
                "AUC: `num_labels` is only for multi_label=True, received {count}.",
                count=num_labels,
            )
        self.multi_label, self.num_labels = multi_label, num_labels
        inner = sorted(thresholds) if thresholds is not None else _even(num_thresholds)
        super().__init__([-n.EPSILON, *inner, 1.0 + n.EPSILON], name, dtype)
        self._given_thresholds = thresholds is not None
        self.curve = str(curve).upper()
        self.summation_method = summation_method
        self.num_thresholds = len(self.thresholds)
        self.from_logits = from_logits
        self._label_weights = (
            None if label_weights is None else np.asarray(label_weights, np.float32)
        )

    def _make_states(self) -> None:
        if self.num_labels is not None:
            self._lanes = (self.num_labels,)
        if self._lanes or not self.multi_label:
            super()._make_states()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch at every threshold."""
        y_pred = n.tensor(y_pred, self.dtype)
        if self.multi_label and not self._states:
            if n.rank_of(y_pred) != 2:
                raise ShapeError(
                    "AUC: multi_label=True expects (batch, labels), received {shape}.",
                    shape=n.shape_of(y_pred),
                )
            self._lanes = (n.shape_of(y_pred)[1],)
            super()._make_states()
        if self._label_weights is not None and not self.multi_label:
            weights = ops.broadcast_to(
                n.tensor(self._label_weights, self.dtype), shape=n.shape_of(y_pred)
            )
            if sample_weight is not None:
                weights = weights * _spread(sample_weight, y_pred, self.dtype)
            sample_weight = weights
        super().update_state(
            y_true, ops.sigmoid(y_pred) if self.from_logits else y_pred, sample_weight
        )

    def result(self) -> Any:
        """The area so far."""
        if not self._states:
            return n.tensor(0.0, self.dtype)
        areas = self._areas()
        if not self.multi_label:
            return areas
        if self._label_weights is None:
            return n.mean(areas)
        weights = n.tensor(self._label_weights, self.dtype)
        return n.divide_no_nan(n.sum(areas * weights), n.sum(weights))

    def _areas(self) -> Any:
        """One area, or one for each label."""
        tp, fp, fn, tn = (
            self._read(name)
            for name in ("true_positives", "false_positives", "false_negatives", "true_negatives")
        )
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._interpolated_pr(tp, fp, fn)
        recall = n.divide_no_nan(tp, tp + fn)
        if self.curve == "ROC":
            x, y = n.divide_no_nan(fp, fp + tn), recall
        elif self.curve == "PR":
            x, y = recall, n.divide_no_nan(tp, tp + fp)
        else:
            x, y = _gains(tp, fp, fn, tn)
        before, after = _part(y, 0, -1), _part(y, 1, None)
        if self.summation_method == "interpolation":
            heights = (before + after) * 0.5
        elif self.summation_method == "minoring":
            heights = n.minimum(before, after)
        else:
            heights = n.maximum(before, after)
        return n.sum((_part(x, 0, -1) - _part(x, 1, None)) * heights, axis=0)

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
        return n.sum(n.divide_no_nan(area, positives), axis=0)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config = super().get_config()
        del config["thresholds"]
        config |= {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self._label_weights is None else self._label_weights.tolist(),
            "from_logits": self.from_logits,
        }
        if self._given_thresholds:
            # The ends are added again.
            config["thresholds"] = self.thresholds[1:-1]
        return config


def _gains(tp: Any, fp: Any, fn: Any, tn: Any) -> tuple[Any, Any]:
    """Recall's and precision's gain; without true positives 0 and 1, and never below 0."""
    odds = n.divide_no_nan(tp + fn, tn + fp)
    none = ops.equal(tp, n.constant(0, tp))
    recall = n.where(none, 0.0, 1.0 - odds * n.divide_no_nan(fn, tp))
    precision = n.where(none, 1.0, 1.0 - odds * n.divide_no_nan(fp, tp))
    return n.maximum(recall, 0.0), precision


def _even(count: int) -> list[float]:
    if count <= 1:
        raise InvalidArgumentError(
            "AUC: num_thresholds must be at least 2, received {count}", count=count
        )
    charge((count,), 32)  # A number of Python and its place in the list.
    return [(i + 1) / (count - 1) for i in range(count - 2)]


def _part(x: Any, begin: int, end: int | None) -> Any:
    size, *rest = n.shape_of(x)
    stop = size if end is None else size + end
    begins, strides = (begin, *[0] * len(rest)), (1,) * (len(rest) + 1)
    return ops.slice(x, begin=begins, end=(stop, *rest), strides=strides)
