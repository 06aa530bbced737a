"""Connectionist temporal classification: the loss of label sequences without alignment."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, floating
from caudal.array.create import one_hot
from caudal.array.movement import pad
from caudal.errors import ShapeError
from caudal.framework import Tensor, convert_to_tensor, stop_gradient
from caudal.framework.matmul import matmul
from caudal.ir.dtypes import int32
from caudal.math.reduce import reduce_logsumexp
from caudal.math.softmax import log_softmax

_NEVER = -1e30
"""The logarithm of a probability of 0; finite, so that its gradient is 0 and not NaN."""


def log_likelihoods(
    what: str, labels: Any, logits: Any, label_length: Any, logit_length: Any, blank: int
) -> Tensor:
    """The log probability of each row's labels, over all alignments.

    The forward recursion of Graves et al. (2006, section 4.1) in logarithms: over the labels with
    blanks between and around them, a step stays, goes on by one, or skips a blank between two
    different labels.

    Args:
        what: the caller's name, for errors.
        labels: integers (batch, most labels).
        logits: (batch, steps, classes).
        label_length: labels of each row, (batch,).
        logit_length: steps of each row, (batch,).
        blank: the class that stands for no label.

    Returns:
        (batch,), at most 0.
    """
    labels, logits = cast_to(as_tensor(labels), int32), as_tensor(logits)
    floating(what, logits)
    if len(dims(labels)) != 2 or len(dims(logits)) != 3 or dims(labels)[0] != dims(logits)[0]:
        raise ShapeError(
            "{what}: expected labels (batch, labels) and logits (batch, steps, classes), received "
            "{labels} and {logits}.",
            what=what,
            labels=dims(labels),
            logits=dims(logits),
        )
    (batch, count), (_, steps, classes) = dims(labels), dims(logits)
    places = 2 * count + 1
    blanks = convert_to_tensor(np.full((batch, count, 1), blank, np.int32))
    pairs = ops.concat(blanks, ops.reshape(labels, shape=(batch, count, 1)), axis=2)
    path = pad(
        ops.reshape(pairs, shape=(batch, 2 * count)), [[0, 0], [0, 1]], constant_values=blank
    )
    chosen = one_hot(path, classes, dtype=logits.dtype)
    # (batch, steps, places): the log probability of the path's class at each step.
    emitted = matmul(log_softmax(logits), chosen, transpose_b=True)
    never = convert_to_tensor(np.asarray(_NEVER, logits.dtype.np_dtype))
    may_skip = _may_skip(path, blank)
    starts = convert_to_tensor(np.broadcast_to(np.arange(places) < 2, (batch, places)))
    alpha = ops.select(starts, _step(emitted, 0), never)
    limit = ops.reshape(cast_to(as_tensor(logit_length), int32), shape=(batch, 1))
    for step in range(1, steps):
        one, two = _later(alpha, 1, never), _later(alpha, 2, never)
        ways = [alpha, one, ops.select(may_skip, two, never)]
        reached = _add_logs(ways) + _step(emitted, step)
        inside = ops.greater(limit, convert_to_tensor(np.int32(step)))
        alpha = ops.select(ops.broadcast_to(inside, shape=(batch, places)), reached, alpha)
    ends = ops.mul(cast_to(as_tensor(label_length), int32), convert_to_tensor(np.int32(2)))
    position = convert_to_tensor(np.arange(places, dtype=np.int32).reshape(1, -1))
    behind = ops.sub(ops.reshape(ends, shape=(batch, 1)), position)
    zero, first = (convert_to_tensor(np.int32(i)) for i in (0, 1))
    last = ops.bit_or(ops.equal(behind, zero), ops.equal(behind, first))
    found: Tensor = reduce_logsumexp(ops.select(last, alpha, never), axis=1)
    return found


def _step(emitted: Any, step: int) -> Any:
    batch, _, places = dims(emitted)
    part = ops.slice(emitted, begin=(0, step, 0), end=(batch, step + 1, places), strides=(1, 1, 1))
    return ops.reshape(part, shape=(batch, places))


def _later(alpha: Any, count: int, never: Any) -> Any:
    """Moved right by ``count`` places."""
    batch, places = dims(alpha)
    if places <= count:
        return ops.broadcast_to(never, shape=(batch, places))
    kept = ops.slice(alpha, begin=(0, 0), end=(batch, places - count), strides=(1, 1))
    return pad(kept, [[0, 0], [count, 0]], constant_values=_NEVER)


def _may_skip(path: Any, blank: int) -> Any:
    """Where a label differs from the one before it."""
    batch, places = dims(path)
    before = ops.slice(path, begin=(0, 0), end=(batch, max(places - 2, 0)), strides=(1, 1))
    before = pad(before, [[0, 0], [min(2, places), 0]], constant_values=blank)
    other = ops.not_equal(path, before)
    return ops.bit_and(other, ops.not_equal(path, convert_to_tensor(np.int32(blank))))


def _add_logs(values: list[Any]) -> Any:
    """``log(sum(exp))``, element by element; none lies below the logarithm of 0."""
    top = values[0]
    for value in values[1:]:
        top = ops.maximum(top, value)
    top = stop_gradient(top)
    total = ops.exp(values[0] - top)
    for value in values[1:]:
        total = total + ops.exp(value - top)
    return top + ops.log(total)
