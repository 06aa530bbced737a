"""``keras.ops``: sequences of labels without alignment."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.movement import transpose
from caudal.errors import InvalidArgumentError
from caudal.keras.ops.promotion import cast, tensor
from caudal.nn import ctc_decode as decoders
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
    if output.dtype.name in ("float16", "bfloat16"):
        output = cast(output, "float32")
    found = log_likelihoods(
        "keras.ops.ctc_loss", target, output, target_length, output_length, mask_index
    )
    return ops.neg(found)


def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Any, Any]:
    """The likeliest labels of each row of logits.

    Args:
        inputs: logits (batch, steps, classes).
        sequence_lengths: how many steps each row has, (batch,).
        strategy: "greedy" (the likeliest class of each step) or "beam_search".
        beam_width: how many sequences the search goes on with.
        top_paths: how many it returns.
        merge_repeated: whether the greedy strategy counts equal classes in a row once.
        mask_index: the class of the blank.

    Returns:
        Labels (paths, batch, steps), int32, -1 behind their end; scores (batch, paths): log
        probabilities of the search, negative sums of the greatest logits else.
    """
    what = "keras.ops.ctc_decode"
    logits = tensor(inputs)
    if len(logits.shape) == 3:
        logits = transpose(logits, [1, 0, 2])
    if strategy == "greedy":
        merge = bool(merge_repeated)
        found = decoders.greedy(what, logits, tensor(sequence_lengths), mask_index, merge)
    elif strategy == "beam_search":
        counts = tensor(sequence_lengths)
        found = decoders.beams(what, logits, counts, mask_index, beam_width, top_paths)
    else:
        raise InvalidArgumentError(
            "Invalid strategy {strategy}. Supported values are 'greedy' and 'beam_search'.",
            strategy=strategy,
        )
    return found.labels, found.scores
