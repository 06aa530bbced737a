"""Losses of probabilities: the crossentropies and their focal forms, divergence, Poisson.

Where the predictions come straight from a softmax or sigmoid activation, the activation leaves
its input on them (``_keras_logits``) and the crossentropy is computed from that: the same value
without the clipping, and a gradient that does not vanish. Keras on TensorFlow does so too.
"""

from __future__ import annotations

import warnings
from typing import Any

from caudal import ops
from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError
from caudal.framework import stop_gradient
from caudal.keras import numeric as n
from caudal.keras.losses.regression import check_shapes, matched
from caudal.nn.class_ids import check_class_ids
from caudal.nn.losses import sigmoid_cross_entropy_with_logits


def recover_logits(what: str, y_pred: Any, from_logits: bool) -> tuple[Any, bool]:
    """The predictions, and whether they are logits; probabilities whose logits are known give them.

    Warns if the predictions are probabilities though ``from_logits`` says that they are not.
    """
    y_pred = n.tensor(y_pred)
    logits = getattr(y_pred, "_keras_logits", None)
    if logits is None:
        return y_pred, from_logits
    if from_logits:
        warnings.warn(
            f"{what}: from_logits=True, but the predictions come from a softmax or sigmoid "
            "activation. Leave the activation out, or say from_logits=False",
            CaudalWarning,
            stacklevel=3,
        )
    return logits, True


def _smooth(y_true: Any, amount: float, classes: int) -> Any:
    if not amount:
        return y_true
    return y_true * (1.0 - amount) + amount / classes


def _log_probabilities(what: str, y_pred: Any, from_logits: bool, axis: int) -> Any:
    y_pred, from_logits = recover_logits(what, y_pred, from_logits)
    if from_logits:
        return n.log_softmax(y_pred, axis)
    y_pred = y_pred / n.sum(y_pred, axis, keepdims=True)
    return ops.log(n.clip(y_pred, n.EPSILON, 1.0 - n.EPSILON))


def _same_shape(what: str, y_true: Any, y_pred: Any, hint: str = "") -> None:
    if n.shape_of(y_true) != n.shape_of(y_pred):
        raise ShapeError(
            "{what}: labels and predictions must have the same shape; the labels have shape "
            "{labels}, the predictions {predictions}.{hint}",
            what=what,
            labels=n.shape_of(y_true),
            predictions=n.shape_of(y_pred),
            hint=hint,
        )


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-sum(y_true * log(y_pred), axis)`` of one-hot labels and probabilities.

    Probabilities are divided by their sum and kept 1e-7 away from 0 and 1.

    >>> round(float(categorical_crossentropy([0.0, 1.0], [0.5, 0.5])), 4)
    0.6931
    """
    y_pred = n.tensor(y_pred)
    y_true = n.tensor(y_true, y_pred.dtype)
    hint = ""
    if n.rank_of(y_true) == n.rank_of(y_pred) - 1 or n.shape_of(y_true)[-1:] == (1,):
        hint = " For integer labels use sparse_categorical_crossentropy"
    _same_shape("categorical_crossentropy", y_true, y_pred, hint)
    y_true = _smooth(y_true, label_smoothing, n.shape_of(y_true)[-1])
    logs = _log_probabilities("categorical_crossentropy", y_pred, from_logits, axis)
    return -n.sum(y_true * logs, axis)


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """``-log(y_pred[label])`` of integer labels and probabilities.

    Labels equal to ``ignore_class`` cost nothing. A label outside [0, classes) raises an
    InvalidArgumentError that names its row, in compiled training too.
    """
    what = "sparse_categorical_crossentropy"
    y_pred = n.tensor(y_pred)
    y_true = n.tensor(y_true)
    shape = n.shape_of(y_pred)
    axis %= len(shape)
    if n.rank_of(y_true) == len(shape) and n.shape_of(y_true)[axis] == 1:
        y_true = n.squeeze(y_true, axis)
    kept = shape[:axis] + shape[axis + 1 :]
    if n.shape_of(y_true) != kept:
        hint = ""
        if n.shape_of(y_true) == shape:
            hint = ". For one-hot labels use categorical_crossentropy"
        raise ShapeError(
            "{what}: expected labels of shape {expected} for predictions of shape "
            "{predictions}, received labels of shape {received}{hint}",
            what=what,
            expected=kept,
            predictions=shape,
            received=n.shape_of(y_true),
            hint=hint,
        )
    labels = n.cast(y_true, "int32" if y_true.dtype.is_floating else y_true.dtype)
    valid = None
    if ignore_class is not None:
        valid = ops.not_equal(labels, n.constant(ignore_class, labels))
        labels = n.where(valid, labels, 0)
    bad = check_class_ids(what, labels, shape[axis])
    here = n.one_hot_mask(labels, shape[axis], axis)
    values, from_logits = recover_logits(what, y_pred, from_logits)
    if from_logits:
        # log(sum(exp(x))) - x[label]: its gradient is softmax(x) minus the label's one.
        shifted = values - stop_gradient(n.max(values, axis, keepdims=True))
        losses = ops.log(n.sum(ops.exp(shifted), axis)) - _picked(here, shifted, axis)
    else:
        losses = -_picked(here, _log_probabilities(what, y_pred, False, axis), axis)
    if bad is not None:
        losses = n.where(bad, float("nan"), losses)
    if valid is not None:
        losses = n.where(valid, losses, 0.0)
        losses._keras_mask = valid
    return losses


def _picked(here: Any, values: Any, axis: int) -> Any:
    return n.sum(n.where(here, values, 0.0), axis)


def _binary(what: str, y_true: Any, y_pred: Any, from_logits: bool) -> Any:
    """The crossentropy of each element."""
    x, from_logits = recover_logits(what, y_pred, from_logits)
    if from_logits:
        return sigmoid_cross_entropy_with_logits(labels=y_true, logits=x)
    p = n.clip(x, n.EPSILON, 1.0 - n.EPSILON)
    return -(y_true * ops.log(p) + (1.0 - y_true) * ops.log(1.0 - p))


def _binary_pair(what: str, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    y_pred = n.tensor(y_pred)
    y_true = n.tensor(y_true, y_pred.dtype)
    _same_shape(what, y_true, y_pred)
    return y_true, y_pred


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-mean(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred), axis)``."""
    what = "binary_crossentropy"
    y_true, y_pred = _binary_pair(what, y_true, y_pred)
    return n.mean(_binary(what, _smooth(y_true, label_smoothing, 2), y_pred, from_logits), axis)


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary crossentropy times ``(1 - p of the label) ** gamma`` (Lin et al., 2017)."""
    what = "binary_focal_crossentropy"
    y_true, y_pred = _binary_pair(what, y_true, y_pred)
    y_true = _smooth(y_true, label_smoothing, 2)
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    right = y_true * p + (1.0 - y_true) * (1.0 - p)
    values = ops.pow(1.0 - right, n.constant(float(gamma), p)) * _binary(
        what, y_true, y_pred if not from_logits else p, False
    )
    if apply_class_balancing:
        values = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * values
    return n.mean(values, axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """``-sum(alpha * (1 - p) ** gamma * y_true * log(p), axis)`` (Lin et al., 2017)."""
    y_pred = n.tensor(y_pred)
    y_true = n.tensor(y_true, y_pred.dtype)
    _same_shape("categorical_focal_crossentropy", y_true, y_pred)
    y_true = _smooth(y_true, label_smoothing, n.shape_of(y_true)[-1])
    p = n.softmax(y_pred, axis) if from_logits else y_pred
    p = n.clip(p / n.sum(p, axis, keepdims=True), n.EPSILON, 1.0 - n.EPSILON)
    weight = ops.pow(1.0 - p, n.constant(float(gamma), p)) * alpha
    return n.sum(weight * -y_true * ops.log(p), axis)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """``(1 - p ** q) / q`` of the label's probability p (Zhang and Sabuncu, 2018).

    y_true: class numbers; y_pred: probabilities with the classes in the last axis.
    """
    y_pred = n.tensor(y_pred)
    y_true = n.cast(n.tensor(y_true), "int32")
    if n.rank_of(y_true) == n.rank_of(y_pred) and n.shape_of(y_true)[-1] == 1:
        y_true = n.squeeze(y_true, -1)
    mask = n.one_hot_mask(y_true, n.shape_of(y_pred)[-1])
    p = n.sum(n.where(mask, y_pred, 0.0), axis=-1)
    return (1.0 - ops.pow(p, n.constant(float(q), p))) * (1.0 / q)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """``sum(y_true * log(y_true / y_pred), axis=-1)``, both kept between 1e-7 and 1."""
    y_true, y_pred = matched("kl_divergence", y_true, y_pred)
    y_true, y_pred = n.clip(y_true, n.EPSILON, 1.0), n.clip(y_pred, n.EPSILON, 1.0)
    return n.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """``mean(y_pred - y_true * log(y_pred + 1e-7), axis=-1)``."""
    y_true, y_pred = matched("poisson", y_true, y_pred)
    return n.mean(y_pred - y_true * ops.log(y_pred + n.EPSILON), axis=-1)


def check_axis(what: str, axis: Any) -> None:
    """Axis must be an int (a bool there is a misplaced argument)."""
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise InvalidArgumentError(
            "{what}: axis must be an int, received {axis!r}", what=what, axis=axis
        )


__all__ = [
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "check_axis",
    "check_shapes",
    "kl_divergence",
    "poisson",
    "recover_logits",
    "sparse_categorical_crossentropy",
]
