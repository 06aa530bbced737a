"""Losses over logits, fused algebraically so that they are stable with right derivatives."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    axis_of,
    cast_to,
    dims,
    floating,
    keep,
    scalar,
    unify,
)
from caudal.array.create import one_hot
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import replicas
from caudal.ir.dtypes import float32
from caudal.math.softmax import shifted
from caudal.nn.class_ids import check_class_ids


def _same_shape(what: str, first: Any, second: Any) -> None:
    if dims(first) != dims(second):
        raise ShapeError(
            "{what}: expected labels and logits of one shape, received {first} and {second}.",
            what=what,
            first=dims(first),
            second=dims(second),
        )


def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """``-z * log(p) - (1 - z) * log(1 - p)`` with ``p = sigmoid(logits)``, elementwise.

    Computed as ``max(x, 0) - x * z + log1p(exp(-abs(x)))``.
    """
    what = "sigmoid_cross_entropy_with_logits"
    if labels is None or logits is None:
        raise InvalidArgumentError("{what}: expected both labels and logits.", what=what)
    z, x = unify(what, labels, logits)
    floating(what, x)
    _same_shape(what, z, x)
    # By selection and not by max and abs: the derivative at 0 is then 1/2 - z.
    positive = ops.greater_equal(x, scalar(0, x))
    top = ops.select(positive, x, scalar(0, x))
    rest = ops.log1p(ops.exp(ops.select(positive, ops.neg(x), x)))
    return ops.add(ops.sub(top, ops.mul(x, z)), rest)


def weighted_cross_entropy_with_logits(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> Any:
    """`sigmoid_cross_entropy_with_logits` with the positive part times ``pos_weight``."""
    what = "weighted_cross_entropy_with_logits"
    z, x = unify(what, labels, logits)
    floating(what, x)
    _same_shape(what, z, x)
    weight = as_tensor(pos_weight, x.dtype)
    one = scalar(1, x)
    factor = ops.add(one, ops.mul(ops.sub(weight, one), z))
    positive = ops.greater_equal(x, scalar(0, x))
    rest = ops.log1p(ops.exp(ops.select(positive, ops.neg(x), x)))
    low = ops.select(positive, scalar(0, x), ops.neg(x))
    return ops.add(ops.mul(ops.sub(one, z), x), ops.mul(factor, ops.add(rest, low)))


def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: Any = -1, name: str | None = None
) -> Any:
    """``-sum(labels * log_softmax(logits))`` along an axis; the labels are probabilities.

    Computed as ``log(sum(exp(x))) * sum(labels) - sum(labels * x)`` with x shifted by its maximum.
    """
    what = "softmax_cross_entropy_with_logits"
    labels, x = unify(what, labels, logits)
    floating(what, x)
    kind = x.dtype
    if kind.size == 2:
        labels, x = ops.cast(labels, dtype=float32), ops.cast(x, dtype=float32)
    pairs = list(zip(dims(labels), dims(x), strict=False))
    if len(labels.shape) != len(x.shape) or any(a != b and 1 not in (a, b) for a, b in pairs):
        _same_shape(what, labels, x)
    shape = tuple(max(a, b) for a, b in pairs)
    labels, x = (
        value if dims(value) == shape else ops.broadcast_to(value, shape=shape)
        for value in (labels, x)
    )
    place = axis_of(axis, len(shape), what)
    x = shifted(x, place)
    total = ops.log(ops.reduce_sum(ops.exp(x), axes=(place,)))
    # Labels of 0 against logits of -inf count as 0 and not as NaN.
    none = ops.equal(labels, scalar(0, labels))
    terms = ops.mul(labels, ops.sub(keep(total, shape, (place,)), x))
    return cast_to(ops.reduce_sum(ops.select(none, scalar(0, terms), terms), axes=(place,)), kind)


def sparse_softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, name: str | None = None
) -> Any:
    """``-log_softmax(logits)[label]``, with class ids as labels.

    Args:
        labels: integers, the shape of logits without its last axis.
        logits: ``[..., classes]``.

    Raises:
        InvalidArgumentError: a label is out of range. In Keras's compiled training steps, where
            nobody can raise, its loss is NaN.
    """
    what = "sparse_softmax_cross_entropy_with_logits"
    x = floating(what, logits, complex_too=False)
    ids = as_tensor(labels)
    if not ids.dtype.is_integer:
        raise InvalidArgumentError(
            "{what}: expected integer labels, received {received}.",
            what=what,
            received=ids.dtype.name,
        )
    if dims(ids) != dims(x)[:-1]:
        raise ShapeError(
            "{what}: expected labels of shape {wanted}, received {received} for logits of shape "
            "{logits}.",
            what=what,
            wanted=dims(x)[:-1],
            received=dims(ids),
            logits=dims(x),
        )
    kind = x.dtype
    if kind.size == 2:
        x = ops.cast(x, dtype=float32)
    place = len(x.shape) - 1
    classes = dims(x)[-1]
    bad = check_class_ids(what, ids, classes)
    x = shifted(x, place)
    total = ops.log(ops.reduce_sum(ops.exp(x), axes=(place,)))
    # Picking by comparison, not by gather: it fuses into the sum over the classes.
    hits = one_hot(ids, classes, dtype="bool")
    picked = ops.reduce_sum(ops.select(hits, x, scalar(0, x)), axes=(place,))
    loss = ops.sub(total, picked)
    if bad is not None:
        loss = ops.select(bad, scalar(float("nan"), loss), loss)
    return cast_to(loss, kind)


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Any:
    """``exp(c) - z * c``; the full loss adds Stirling's ``z log z - z + log(2 pi z) / 2``."""
    z, c = unify("log_poisson_loss", targets, log_input)
    loss = ops.sub(ops.exp(c), ops.mul(z, c))
    if not compute_full_loss:
        return loss
    one = scalar(1, z)
    small = ops.bit_and(ops.greater_equal(z, scalar(0, z)), ops.less_equal(z, one))
    safe = ops.select(small, one, z)
    tau = scalar(6.283185307179586, z)
    half = ops.mul(scalar(0.5, z), ops.log(ops.mul(tau, safe)))
    stirling = ops.add(ops.sub(ops.mul(safe, ops.log(safe)), safe), half)
    return ops.add(loss, ops.select(small, scalar(0, z), stirling))


def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None
) -> Any:
    """The weighted losses' sum over the global batch size.

    By default that is the batch's, times the number of a `tf.distribute` strategy's replicas.
    """
    x = floating("compute_average_loss", per_example_loss)
    if sample_weight is not None:
        weight = cast_to(as_tensor(sample_weight), x.dtype)
        shape = dims(weight) + (1,) * (len(x.shape) - len(weight.shape))
        x = ops.mul(x, ops.reshape(weight, shape=shape))
    own = (dims(x) or (1,))[0] * _replicas()
    size = own if global_batch_size is None else global_batch_size
    total = ops.reduce_sum(x, axes=tuple(range(len(x.shape)))) if dims(x) else x
    return ops.div(total, cast_to(as_tensor(size), x.dtype))


def scale_regularization_loss(regularization_loss: Any) -> Any:
    """The sum of a regularisation loss, divided by the number of replicas."""
    x = as_tensor(regularization_loss)
    total = ops.reduce_sum(x, axes=tuple(range(len(x.shape)))) if dims(x) else x
    return total if _replicas() == 1 else ops.div(total, scalar(_replicas(), total))


def _replicas() -> int:
    replica = replicas.current()
    return 1 if replica is None else replica.count
