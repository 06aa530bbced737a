"""Metrics of a yes or no: counts of right and wrong, precision, recall, area under a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor
from caudal.keras import numeric as n
from caudal.keras.losses.regression import check_shapes
from caudal.keras.metrics.metric import Metric

Thresholds = float | Sequence[float] | None
_NEVER = -1e10
"""A score below every threshold."""


class _Confusion(Metric):
    """Counts of true and false positives and negatives at one or more thresholds."""

    _counts: tuple[str, ...] = ()
    _lanes: tuple[int, ...] = ()
    """Labels that are counted apart; none: all elements together."""

    def __init__(
        self,
        thresholds: Thresholds,
        name: str | None,
        dtype: Any,
        top_k: int | None = None,
        class_id: int | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k, self.class_id = top_k, class_id
        start = 0.5 if top_k is None else _NEVER
        values = [start] if thresholds is None else np.atleast_1d(np.asarray(thresholds, float))
        self.thresholds = [float(value) for value in values]
        given = [] if thresholds is None else self.thresholds
        if not all(-1e-6 <= value <= 1 + 1e-6 for value in given):
            raise InvalidArgumentError(
                "{metric}: thresholds must lie in [0, 1], received {thresholds}",
                metric=type(self).__name__,
                thresholds=self.thresholds,
            )
        self._states: dict[str, Any] = {}
        self._make_states()

    def _make_states(self) -> None:
        shape = (len(self.thresholds), *self._lanes)
        self._states = {count: self.add_variable(shape, name=count) for count in self._counts}
        for count, state in self._states.items():
            setattr(self, count, state)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch; labels are 0 or 1, predictions probabilities."""
        y_pred = n.tensor(y_pred, self.dtype)
        y_true = n.tensor(y_true, self.dtype)
        y_true, y_pred = n.squeeze_or_expand_to_same_rank(y_true, y_pred)
        check_shapes(self.name, y_true, y_pred)
        if self.top_k is not None:
            y_pred = n.where(_largest(y_pred, self.top_k), y_pred, _NEVER)
        if self.class_id is not None:
            if n.rank_of(y_pred) < 2 or self.class_id >= n.shape_of(y_pred)[-1]:
                raise InvalidArgumentError(
                    "{metric}: class_id={id} needs predictions of shape (samples, classes) with "
                    "that class, received shape {shape}",
                    metric=type(self).__name__,
                    id=self.class_id,
                    shape=n.shape_of(y_pred),
                )
            y_true, y_pred = (_column(x, self.class_id) for x in (y_true, y_pred))
        weights = _spread(sample_weight, y_pred, self.dtype)
        flat = (1, -1, *self._lanes)
        levels = np.asarray(self.thresholds, np.float32).reshape(-1, *[1] * (len(flat) - 1))
        yes = n.cast(ops.greater(n.reshape(y_pred, flat), n.tensor(levels, self.dtype)), self.dtype)
        true = n.cast(n.reshape(ops.not_equal(y_true, n.constant(0, y_true)), flat), self.dtype)
        parts = {
            "true_positives": lambda: yes * true,
            "false_positives": lambda: yes * (1.0 - true),
            "false_negatives": lambda: (1.0 - yes) * true,
            "true_negatives": lambda: (1.0 - yes) * (1.0 - true),
        }
        for count, state in self._states.items():
            hits = parts[count]()
            if weights is not None:
                hits = hits * n.reshape(weights, flat)
            state.assign_add(n.sum(hits, axis=1))

    def _read(self, count: str) -> Any:
        return n.tensor(self._states[count])

    def _answer(self, values: Tensor) -> Any:
        return n.reshape(values, ()) if len(self.thresholds) == 1 else values

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"thresholds": self.init_thresholds}


def _largest(x: Any, count: int) -> Any:
    """Where the ``count`` largest of the last axis are; of equals, the first."""
    from caudal.math.counting import top_k

    _, places = top_k(x, count)
    mask = n.cast(n.one_hot_mask(places, n.shape_of(x)[-1]), "int32")
    return ops.greater(n.sum(mask, axis=-2), n.constant(0, mask))


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
        super().__init__(thresholds, name, dtype)

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
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(thresholds, name, dtype, top_k, class_id)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"top_k": self.top_k, "class_id": self.class_id}

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
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(thresholds, name, dtype, top_k, class_id)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return super().get_config() | {"top_k": self.top_k, "class_id": self.class_id}

    def result(self) -> Any:
        """Found positives / all positives."""
        found = self._read("true_positives")
        return self._answer(n.divide_no_nan(found, found + self._read("false_negatives")))
