"""``tf.compat.v1.losses``: weighted means, kept in the collection of losses."""

from __future__ import annotations

import importlib
from typing import Any

from caudal.compat.graph_variables import GraphKeys, add_to_collection, get_collection

__all__ = [
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "get_losses",
    "get_regularization_loss",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "huber_loss",
    "log_loss",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]


def _tf() -> Any:
    return importlib.import_module("caudal")


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: str | None = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The sum of ``losses * weights``, divided by the number of weights that are not 0."""
    tf = _tf()
    if isinstance(weights, int | float):
        found = tf.reduce_mean(losses) * float(weights) if weights else tf.reduce_sum(losses) * 0.0
    else:
        wide = tf.cast(weights, tf.float32) * tf.ones_like(losses)
        count = tf.reduce_sum(tf.cast(tf.not_equal(wide, 0.0), tf.float32))
        found = tf.math.divide_no_nan(tf.reduce_sum(losses * wide), count)
    if loss_collection:
        add_to_collection(loss_collection, found)
    return found


def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The weighted mean of ``(predictions - labels) ** 2``."""
    tf = _tf()
    each = tf.math.squared_difference(predictions, tf.cast(labels, tf.float32))
    return compute_weighted_loss(each, weights, scope, loss_collection)


def absolute_difference(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The weighted mean of ``abs(predictions - labels)``."""
    tf = _tf()
    each = tf.abs(tf.subtract(predictions, tf.cast(labels, tf.float32)))
    return compute_weighted_loss(each, weights, scope, loss_collection)


def huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: float = 1.0,
    scope: Any = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The weighted mean of squares up to ``delta``, of lines beyond."""
    tf = _tf()
    size = tf.abs(tf.subtract(predictions, tf.cast(labels, tf.float32)))
    inner = tf.minimum(size, delta)
    each = 0.5 * tf.square(inner) + delta * (size - inner)
    return compute_weighted_loss(each, weights, scope, loss_collection)


def hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The weighted mean of ``max(0, 1 - sign * logits)`` of labels 0 and 1."""
    tf = _tf()
    sign = 2.0 * tf.cast(labels, tf.float32) - 1.0
    return compute_weighted_loss(tf.nn.relu(1.0 - sign * logits), weights, scope, loss_collection)


def log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: float = 1e-7,
    scope: Any = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The weighted mean of the crossentropy of probabilities."""
    tf = _tf()
    y = tf.cast(labels, tf.float32)
    each = -y * tf.math.log(predictions + epsilon)
    each = each - (1.0 - y) * tf.math.log(1.0 - predictions + epsilon)
    return compute_weighted_loss(each, weights, scope, loss_collection)


def sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: Any = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The weighted mean of the crossentropy of logits with a probability each."""
    tf = _tf()
    y = tf.cast(multi_class_labels, tf.float32)
    if label_smoothing > 0:
        y = y * (1.0 - label_smoothing) + 0.5 * label_smoothing
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits)
    return compute_weighted_loss(each, weights, scope, loss_collection)


def softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: float = 0,
    scope: Any = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The weighted mean of the crossentropy of one-hot labels and logits."""
    tf = _tf()
    y = tf.cast(onehot_labels, tf.float32)
    if label_smoothing > 0:
        y = y * (1.0 - label_smoothing) + label_smoothing / int(y.shape[-1])
    each = tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=logits)
    return compute_weighted_loss(each, weights, scope, loss_collection)


def sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: str | None = GraphKeys.LOSSES,
) -> Any:
    """The weighted mean of the crossentropy of integer labels and logits."""
    each = _tf().nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return compute_weighted_loss(each, weights, scope, loss_collection)


def add_loss(loss: Any, loss_collection: str | None = GraphKeys.LOSSES) -> None:
    """Adds a loss to the collection."""
    if loss_collection:
        add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: str = GraphKeys.LOSSES) -> list[Any]:
    """The losses so far."""
    return get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Any]:
    """The penalties of variables so far."""
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(scope: str | None = None, name: str = "total") -> Any:
    """The sum of the penalties."""
    found = get_regularization_losses(scope)
    return _tf().add_n(found) if found else _tf().constant(0.0)


def get_total_loss(
    add_regularization_losses: bool = True, name: str = "total_loss", scope: str | None = None
) -> Any:
    """The sum of the losses, and of the penalties."""
    found = get_losses(scope)
    found += get_regularization_losses(scope) if add_regularization_losses else []
    return _tf().add_n(found)
