"""Losses of margins: the hinge family, and the overlaps Dice and Tversky."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras import numeric as n
from caudal.keras.losses.loss import LossFunctionWrapper
from caudal.keras.losses.regression import matched


def _signed(y_true: Any) -> Any:
    """Labels of 0 and 1 become -1 and 1; labels of -1 and 1 stay."""
    binary = ops.bit_or(
        ops.equal(y_true, n.constant(0, y_true)), ops.equal(y_true, n.constant(1, y_true))
    )
    every = ops.reduce_and(binary, axes=tuple(range(n.rank_of(binary))))
    return n.where(every, y_true * 2.0 - 1.0, y_true)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """``mean(max(1 - y_true * y_pred, 0), axis=-1)`` with labels -1 and 1 (or 0 and 1)."""
    y_true, y_pred = matched("hinge", y_true, y_pred)
    return n.mean(n.maximum(1.0 - _signed(y_true) * y_pred, 0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """``mean(max(1 - y_true * y_pred, 0) ** 2, axis=-1)``."""
    y_true, y_pred = matched("squared_hinge", y_true, y_pred)
    return n.mean(n.square(n.maximum(1.0 - _signed(y_true) * y_pred, 0)), axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """``max(1 + (best wrong score) - (score of the label), 0)`` of one-hot labels."""
    y_true, y_pred = matched("categorical_hinge", y_true, y_pred)
    right = n.sum(y_true * y_pred, axis=-1)
    wrong = n.max((1.0 - y_true) * y_pred, axis=-1)
    return n.maximum(wrong - right + 1.0, 0)


def dice(y_true: Any, y_pred: Any, axis: n.Axis = None) -> Any:
    """``1 - 2 * overlap / (sum(y_true) + sum(y_pred) + 1e-7)``."""
    y_true, y_pred = matched("dice", y_true, y_pred)
    overlap = n.sum(y_true * y_pred, axis)
    return 1.0 - overlap * 2.0 / (n.sum(y_true, axis) + n.sum(y_pred, axis) + n.EPSILON)


def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: n.Axis = None
) -> Any:
    """``1 - overlap / (overlap + alpha * misses + beta * excess + 1e-7)``."""
    y_true, y_pred = matched("tversky", y_true, y_pred)
    overlap = n.sum(y_true * y_pred, axis)
    missed = n.sum((1.0 - y_pred) * y_true, axis)
    excess = n.sum(y_pred * (1.0 - y_true), axis)
    return 1.0 - overlap / (overlap + missed * alpha + excess * beta + n.EPSILON)


class Hinge(LossFunctionWrapper):
    """The hinge loss of labels -1 and 1 (0 and 1 are converted)."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(hinge, reduction, name, dtype)


class SquaredHinge(LossFunctionWrapper):
    """The square of the hinge loss."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(squared_hinge, reduction, name, dtype)


class CategoricalHinge(LossFunctionWrapper):
    """The hinge loss of one-hot labels."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(categorical_hinge, reduction, name, dtype)


class Dice(LossFunctionWrapper):
    """One minus the Dice coefficient, over ``axis`` or everything."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: n.Axis = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dice, reduction, name, dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """One minus the Tversky index: misses weigh ``alpha``, false alarms ``beta``."""

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: n.Axis = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(tversky, reduction, name, dtype, alpha=alpha, beta=beta, axis=axis)
