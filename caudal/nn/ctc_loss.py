"""``tf.nn.ctc_loss``: `ctc.log_likelihoods` with TensorFlow's arguments."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.array.arguments import as_tensor, dims
from caudal.errors import UnimplementedError
from caudal.nn.ctc import log_likelihoods


def ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: int | None = None,
    name: str | None = None,
) -> Any:
    """The connectionist temporal classification loss of each row, ``[batch]``.

    Args:
        labels: integers [batch, labels]; sparse tensors are not supported.
        logits: [steps, batch, classes], or [batch, steps, classes] without ``logits_time_major``.
        label_length: how many labels of each row count, [batch].
        logit_length: how many steps of each row count, [batch].
        unique: TensorFlow's hint for speed; it changes nothing.
        blank_index: the class that stands for no label, 0 by default; -1 is the last.

    >>> loss = ctc_loss([[1]], [[[0.0, 0.0]]], [1], [1])
    >>> round(float(loss[0]), 4)
    0.6931
    """
    if label_length is None or hasattr(labels, "dense_shape"):
        raise UnimplementedError(
            "ctc_loss: labels must be a dense tensor with label_length; see tf.sparse.to_dense."
        )
    x = as_tensor(logits)
    if logits_time_major and len(x.shape) == 3:
        x = movement.transpose(x, [1, 0, 2])
    blank = 0 if blank_index is None else int(blank_index)
    blank = blank + dims(x)[-1] if blank < 0 else blank
    found = log_likelihoods("ctc_loss", labels, x, label_length, logit_length, blank)
    return ops.neg(found)
