"""Circle: a loss that brings embeddings of one class together."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import ShapeError
from caudal.framework import stop_gradient
from caudal.framework.matmul import matmul
from caudal.keras import numeric as n
from caudal.keras.losses.loss import LossFunctionWrapper

_NEVER = -1e9


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """The circle loss (Sun et al., 2020, equation 6) of each row.

    y_true: class numbers (batch,). y_pred: embeddings of length 1, (batch, size).
    ref_labels, ref_embeddings: what the rows are compared with; the batch itself by default.
    remove_diagonal: leave out each row's similarity with itself.
    gamma: the scale; margin: how far a similarity may be from its best.
    """
    y_pred = n.tensor(y_pred)
    labels = n.reshape(n.cast(n.tensor(y_true), "int32"), (-1,))
    if n.rank_of(y_pred) != 2 or n.shape_of(labels)[0] != n.shape_of(y_pred)[0]:
        raise ShapeError(
            "circle: expected labels (batch,) and embeddings (batch, size), received {true} and "
            "{pred}.",
            true=n.shape_of(n.tensor(y_true)),
            pred=n.shape_of(y_pred),
        )
    others = y_pred if ref_embeddings is None else n.tensor(ref_embeddings, y_pred.dtype)
    known = labels
    if ref_labels is not None:
        known = n.reshape(n.cast(n.tensor(ref_labels), "int32"), (-1,))
    far = 1.0 - matmul(y_pred, others, transpose_b=True)
    same = ops.equal(n.expand_dims(labels, 1), n.expand_dims(known, 0))
    positive = same
    if remove_diagonal:
        rows, columns = n.shape_of(far)
        positive = ops.bit_and(same, n.tensor(~np.eye(rows, columns, dtype=bool)))
    negative = ops.not_equal(n.expand_dims(labels, 1), n.expand_dims(known, 0))
    # The weights say how far each distance is from its best; as in Keras they are differentiated.
    pull = n.maximum(far + margin, 0)
    push = n.maximum(1.0 + margin - far, 0)
    attract = pull * (far - margin) * float(gamma)
    repel = push * (1.0 - margin - far) * float(gamma)
    loss = n.softplus(_log_sum(attract, positive) + _log_sum(repel, negative))
    # Rows that have nothing to be drawn to do not count in the mean.
    loss._keras_mask = ops.greater(loss, n.constant(0, loss))
    return loss


def _log_sum(values: Any, mask: Any) -> Any:
    values = n.where(mask, values, _NEVER)
    top = stop_gradient(n.max(values, axis=1, keepdims=True))
    return n.squeeze(top + ops.log(n.sum(ops.exp(values - top), axis=1, keepdims=True)), 1)


class Circle(LossFunctionWrapper):
    """The circle loss of class numbers and embeddings of length 1; see `circle`."""

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            circle,
            reduction,
            name,
            dtype,
            remove_diagonal=remove_diagonal,
            gamma=gamma,
            margin=margin,
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each row."""
        # The labels have one axis less than the embeddings: their ranks are not to be matched.
        return self.fn(y_true, y_pred, **self._fn_kwargs)
