"""Arrays for training: one-hot labels, normalized rows, padded sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor
from caudal.keras.ops import networks
from caudal.keras.ops.norms import norm as norm_of


def to_categorical(x: Any, num_classes: int | None = None) -> Any:
    """One-hot rows (float64, as in Keras) of integer labels; a last axis of 1 is dropped.

    Of a tensor, a tensor of the default float; in a compiled function with ``num_classes``.

    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if isinstance(x, Tensor):
        return _one_hot(x, num_classes)
    labels = np.asarray(x)
    if labels.dtype.kind not in "iufb":
        raise InvalidArgumentError(
            "to_categorical: expected integer labels, received dtype {dtype}", dtype=labels.dtype
        )
    labels = labels.astype(np.int64)
    shape = labels.shape
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    labels = labels.reshape(-1)
    count = int(labels.max()) + 1 if num_classes is None else int(num_classes)
    bad = (labels < 0) | (labels >= count)
    if bad.any():
        row = int(np.argmax(bad))
        raise InvalidArgumentError(
            "to_categorical: the label {label} at position {row} is not in [0, {count})",
            label=labels[row],
            row=row,
            count=count,
        )
    result = np.zeros((labels.size, count))
    result[np.arange(labels.size), labels] = 1
    return result.reshape(*shape, count)


def _one_hot(labels: Tensor, num_classes: int | None) -> Any:
    if len(labels.shape) > 1 and int(labels.shape[-1]) == 1:
        labels = movement.squeeze(labels, [-1])
    count = int(labels.numpy().max()) + 1 if num_classes is None else int(num_classes)
    return networks.one_hot(labels, count)


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """Rows divided by their norm; rows of norm 0 stay. Of a tensor, a tensor.

    >>> normalize(np.array([[3.0, 4.0]])).tolist()
    [[0.6, 0.8]]
    """
    if not isinstance(order, int) or order < 1:
        raise InvalidArgumentError(
            "normalize: order must be an integer >= 1, received {order}", order=order
        )
    if isinstance(x, Tensor):
        size = norm_of(x, ord=order, axis=axis, keepdims=True)
        return x / ops.select(ops.equal(size, size * 0.0), size + 1.0, size)
    array = np.atleast_1d(np.asarray(x))
    norm = np.atleast_1d(np.linalg.norm(array, order, axis))
    norm[norm == 0] = 1
    return array / np.expand_dims(norm, axis)


def pad_sequences(
    sequences: Any,
    maxlen: int | None = None,
    dtype: str = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> Any:
    """Sequences of different lengths as one array, cut and filled at the "pre" or "post" end.

    >>> pad_sequences([[1], [2, 3]]).tolist()
    [[0, 1], [2, 3]]
    """
    for name, choice in (("padding", padding), ("truncating", truncating)):
        if choice not in ("pre", "post"):
            raise InvalidArgumentError(
                "pad_sequences: {name} must be 'pre' or 'post', received {choice!r}",
                name=name,
                choice=choice,
            )
    rows = _rows(sequences)
    length = maxlen if maxlen is not None else max(map(len, rows), default=0)
    tail: tuple[int, ...] = next((row.shape[1:] for row in rows if len(row)), ())
    kind = object if np.issubdtype(dtype, np.str_) else dtype
    result = np.full((len(rows), length, *tail), value, kind)
    for i, row in enumerate(rows):
        if not len(row):
            continue
        if row.shape[1:] != tail:
            raise InvalidArgumentError(
                "pad_sequences: sequence {i} has elements of shape {received}, the others "
                "{expected}",
                i=i,
                received=row.shape[1:],
                expected=tail,
            )
        cut = row[-length:] if truncating == "pre" else row[:length]
        if length == 0:
            continue
        if padding == "pre":
            result[i, -len(cut) :] = cut
        else:
            result[i, : len(cut)] = cut
    return result


def _rows(sequences: Any) -> Sequence[Any]:
    if not hasattr(sequences, "__len__"):
        raise InvalidArgumentError(
            "pad_sequences: expected a list of sequences, received {kind}",
            kind=type(sequences).__name__,
        )
    rows = []
    for i, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__"):
            raise InvalidArgumentError(
                "pad_sequences: element {i} is no sequence: {sequence!r}", i=i, sequence=sequence
            )
        rows.append(np.asarray(sequence))
    return rows
