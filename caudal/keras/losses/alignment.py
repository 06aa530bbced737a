"""CTC: the loss of label sequences that are not aligned with the steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import ShapeError
from caudal.keras import numeric as n
from caudal.keras.losses.loss import LossFunctionWrapper
from caudal.nn.ctc import log_likelihoods


def ctc(y_true: Any, y_pred: Any) -> Any:
    """The connectionist temporal classification loss (Graves et al., 2006) of each row.

    y_true: labels (batch, most labels); 0 is no label and the blank.
    y_pred: logits (batch, steps, classes).

    >>> import numpy as np
    >>> float(ctc(np.array([[1]]), np.zeros((1, 1, 2), "float32"))[0])  # one of two classes
    0.6931471824645996
    """
    y_true, y_pred = n.cast(n.tensor(y_true), "int32"), n.tensor(y_pred)
    if n.rank_of(y_true) != 2 or n.rank_of(y_pred) != 3:
        raise ShapeError(
            "ctc: expected labels (batch, labels) and predictions (batch, steps, classes), "
            "received {true} and {pred}.",
            true=n.shape_of(y_true),
            pred=n.shape_of(y_pred),
        )
    batch, steps, _ = n.shape_of(y_pred)
    lengths = n.sum(n.cast(ops.not_equal(y_true, n.constant(0, y_true)), "int32"), axis=1)
    every = n.tensor(np.full(batch, steps, np.int32))
    return ops.neg(log_likelihoods("ctc", y_true, y_pred, lengths, every, 0))


class CTC(LossFunctionWrapper):
    """The connectionist temporal classification loss; see `ctc`."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "ctc",
        dtype: Any = None,
    ) -> None:
        super().__init__(ctc, reduction, name, dtype)
