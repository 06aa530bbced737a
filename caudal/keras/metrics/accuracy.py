"""Accuracies: how often predictions are right."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import ShapeError
from caudal.ir.dtypes import as_dtype
from caudal.keras import numeric as n
from caudal.keras.losses.regression import check_shapes
from caudal.keras.metrics.reduction import MeanMetricWrapper

FLOAT = "float32"


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the two are equal, element by element."""
    y_pred = n.tensor(y_pred)
    y_true = n.tensor(y_true, y_pred.dtype)
    y_true, y_pred = n.squeeze_or_expand_to_same_rank(y_true, y_pred)
    check_shapes("accuracy", y_true, y_pred)
    return n.cast(ops.equal(y_true, y_pred), FLOAT)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where ``y_pred > threshold`` agrees with the label 0 or 1, element by element."""
    y_pred = n.tensor(y_pred)
    y_true = n.tensor(y_true)
    if y_pred.dtype.is_bool:
        y_pred = n.cast(y_pred, FLOAT)
    y_true, y_pred = n.squeeze_or_expand_to_same_rank(y_true, y_pred)
    check_shapes("binary_accuracy", y_true, y_pred)
    says_yes = n.cast(ops.greater(y_pred, n.constant(threshold, y_pred)), y_true.dtype)
    return n.cast(ops.equal(y_true, says_yes), FLOAT)


def _argmax(x: Any) -> Any:
    return ops.argmax(x, axis=n.rank_of(x) - 1, dtype=as_dtype("int64"))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the greatest prediction is at the greatest (one-hot) label."""
    y_pred, y_true = n.tensor(y_pred), n.tensor(y_true)
    if n.shape_of(y_true) != n.shape_of(y_pred):
        raise ShapeError(
            "categorical_accuracy: labels have shape {labels}, predictions {predictions}; they "
            "must be the same. For integer labels use sparse_categorical_accuracy",
            labels=n.shape_of(y_true),
            predictions=n.shape_of(y_pred),
        )
    return n.cast(ops.equal(_argmax(y_true), _argmax(y_pred)), FLOAT)


def _integer_labels(what: str, y_true: Any, y_pred: Any) -> Any:
    shape = n.shape_of(y_pred)
    if n.rank_of(y_true) == len(shape) and n.shape_of(y_true)[-1] == 1:
        y_true = n.squeeze(y_true, -1)
    if n.shape_of(y_true) != shape[:-1]:
        raise ShapeError(
            "{what}: expected integer labels of shape {expected}, received {received}",
            what=what,
            expected=shape[:-1],
            received=n.shape_of(y_true),
        )
    return n.cast(y_true, "int64")


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the greatest prediction is at the integer label."""
    y_pred = n.tensor(y_pred)
    labels = _integer_labels("sparse_categorical_accuracy", n.tensor(y_true), y_pred)
    return n.cast(ops.equal(labels, _argmax(y_pred)), FLOAT)


def _in_top_k(labels: Any, y_pred: Any, k: int) -> Any:
    """A label is among the best k if fewer than k predictions are greater than its own."""
    classes = n.shape_of(y_pred)[-1]
    own = n.sum(n.where(n.one_hot_mask(labels, classes), y_pred, 0), axis=-1, keepdims=True)
    better = n.sum(n.cast(ops.greater(y_pred, own), "int32"), axis=-1)
    finite = n.squeeze(ops.is_finite(own), -1)
    return n.cast(ops.bit_and(ops.less(better, n.constant(k, better)), finite), FLOAT)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """1 where the one-hot label is among the ``k`` greatest predictions."""
    y_pred = n.tensor(y_pred)
    return _in_top_k(_argmax(n.tensor(y_true)), y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """1 where the integer label is among the ``k`` greatest predictions.

    from_sorted_ids: the predictions are class numbers, the best first, instead of scores.
    """
    y_pred = n.tensor(y_pred)
    if from_sorted_ids:
        labels = n.cast(n.tensor(y_true), y_pred.dtype)
        if n.rank_of(labels) < n.rank_of(y_pred):
            labels = n.expand_dims(labels, -1)
        best = y_pred[..., :k]
        same = n.cast(ops.equal(ops.broadcast_to(labels, shape=n.shape_of(best)), best), FLOAT)
        return n.cast(ops.greater(n.sum(same, axis=-1), n.constant(0, same)), FLOAT)
    labels = _integer_labels("sparse_top_k_categorical_accuracy", n.tensor(y_true), y_pred)
    return _in_top_k(labels, y_pred, k)


class Accuracy(MeanMetricWrapper):
    """How often predictions equal labels.

    >>> float(Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often ``y_pred > threshold`` agrees with labels of 0 and 1."""

    _direction = "up"

    def __init__(
        self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5
    ) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the greatest prediction is at the one-hot label."""

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the greatest prediction is at the integer label."""

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the one-hot label is among the ``k`` greatest predictions."""

    _direction = "up"

    def __init__(
        self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None
    ) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the integer label is among the ``k`` greatest predictions.

    from_sorted_ids: the predictions are class numbers, the best first, instead of scores.
    """

    _direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(
            sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids
        )
        self.k = k
        self.from_sorted_ids = from_sorted_ids
