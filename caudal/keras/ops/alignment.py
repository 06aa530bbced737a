"""``keras.ops``: sequences of labels without alignment."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.ops.promotion import tensor
from caudal.nn.ctc import log_likelihoods


def ctc_loss(
    target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0
) -> Any:
    """The connectionist temporal classification loss of each row (Graves et al., 2006).

    Args:
        target: labels (batch, most labels).
        output: logits (batch, steps, classes).
        target_length: how many labels each row has, (batch,).
        output_length: how many steps each row has, (batch,).
        mask_index: the class of the blank.

    Returns:
        The negative log likelihood of the labels, (batch,).
    """
    output = tensor(output)
    found = log_likelihoods(
        "keras.ops.ctc_loss", target, output, target_length, output_length, mask_index
    )
    return ops.neg(found)
