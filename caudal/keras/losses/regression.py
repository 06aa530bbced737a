"""Losses of real-valued predictions: squared, absolute, relative, Huber, cosine."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.errors import ShapeError
from caudal.keras import numeric as n
from caudal.keras.losses.loss import LossFunctionWrapper


def matched(what: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both as tensors of ``y_pred``'s dtype and of shapes that go together, or a ShapeError."""
    y_pred = n.tensor(y_pred)
    y_true = n.tensor(y_true, y_pred.dtype)
    y_true, y_pred = n.squeeze_or_expand_to_same_rank(y_true, y_pred)
    check_shapes(what, y_true, y_pred)
    return y_true, y_pred


def check_shapes(what: str, y_true: Any, y_pred: Any) -> None:
    """Raise a ShapeError if the two do not broadcast."""
    a, b = n.shape_of(y_true), n.shape_of(y_pred)
    if any(i != j and 1 not in (i, j) for i, j in zip(reversed(a), reversed(b), strict=False)):
        raise ShapeError(
            "{what}: the labels have shape {labels} but the predictions have shape "
            "{predictions}; they must be the same. Change the last layer's units or the labels",
            what=what,
            labels=a,
            predictions=b,
        )


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """``mean((y_true - y_pred) ** 2, axis=-1)``.

    >>> float(mean_squared_error([0.0, 2.0], [1.0, 4.0]))
    2.5
    """
    y_true, y_pred = matched("mean_squared_error", y_true, y_pred)
    return n.mean(n.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """``mean(abs(y_true - y_pred), axis=-1)``."""
    y_true, y_pred = matched("mean_absolute_error", y_true, y_pred)
    return n.mean(ops.abs(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """``100 * mean(abs((y_true - y_pred) / max(abs(y_true), 1e-7)), axis=-1)``."""
    y_true, y_pred = matched("mean_absolute_percentage_error", y_true, y_pred)
    scale = n.maximum(ops.abs(y_true), n.EPSILON)
    return n.mean(ops.abs((y_true - y_pred) / scale), axis=-1) * 100.0


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """``mean((log(1 + y_true) - log(1 + y_pred)) ** 2, axis=-1)``, both at least 1e-7."""
    y_true, y_pred = matched("mean_squared_logarithmic_error", y_true, y_pred)
    if not y_pred.dtype.is_floating:
        y_true, y_pred = n.cast(y_true, "float32"), n.cast(y_pred, "float32")
    predicted = ops.log(n.maximum(y_pred, n.EPSILON) + 1.0)
    wanted = ops.log(n.maximum(y_true, n.EPSILON) + 1.0)
    return n.mean(n.square(predicted - wanted), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle: -1 is the same direction, 1 the opposite."""
    y_true, y_pred = matched("cosine_similarity", y_true, y_pred)
    return -n.sum(n.l2_normalize(y_true, axis) * n.l2_normalize(y_pred, axis), axis=axis)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """``e ** 2 / 2`` for errors up to ``delta``, ``delta * (abs(e) - delta / 2)`` beyond."""
    y_true, y_pred = matched("huber", y_true, y_pred)
    error = y_pred - y_true
    size = ops.abs(error)
    small = size <= n.constant(float(delta), size)
    values = n.where(small, n.square(error) * 0.5, size * delta - 0.5 * delta * delta)
    return n.mean(values, axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """``mean(log(cosh(y_pred - y_true)), axis=-1)``."""
    y_true, y_pred = matched("log_cosh", y_true, y_pred)
    error = y_pred - y_true
    return n.mean(error + n.softplus(error * -2.0) - math.log(2.0), axis=-1)


class MeanSquaredError(LossFunctionWrapper):
    """The mean of squared errors."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_error, reduction, name, dtype)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of absolute errors."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_error, reduction, name, dtype)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean of absolute errors in per cent of the label."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, reduction, name, dtype)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of squared differences of ``log(1 + y)``."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, reduction, name, dtype)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between label and prediction along ``axis``."""

    _unsaid = {"axis": -1}

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(cosine_similarity, reduction, name, dtype, axis=axis)


class Huber(LossFunctionWrapper):
    """Squared for errors up to ``delta``, linear beyond."""

    _unsaid = {"delta": 1.0}

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, reduction, name, dtype, delta=delta)


class LogCosh(LossFunctionWrapper):
    """The logarithm of the error's hyperbolic cosine."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(log_cosh, reduction, name, dtype)
