"""CTC decoders with sparse results, as ``tf.nn`` gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, static
from caudal.framework import convert_to_tensor
from caudal.nn import ctc_decode
from caudal.sparse.tensor import SparseTensor


def ctc_greedy_decoder(
    inputs: Any, sequence_length: Any, merge_repeated: bool = True, blank_index: int | None = None
) -> tuple[list[SparseTensor], Any]:
    """The likeliest class of each step, without blanks and repetitions.

    The results are as many as the values say: inside a `tf.function` use `keras.ops.ctc_decode`,
    whose results are padded.

    Args:
        inputs: logits [steps, batch, classes].
        sequence_length: how many steps of each row count, [batch].
        merge_repeated: whether equal classes that follow one another count once.
        blank_index: the class that stands for no label, the last by default.

    Returns:
        ([labels], the negative sums of the greatest logits [batch, 1]).
    """
    blank = -1 if blank_index is None else int(blank_index)
    found = ctc_decode.greedy(
        "ctc_greedy_decoder", inputs, sequence_length, blank, bool(merge_repeated)
    )
    return _sparse("ctc_greedy_decoder", found)


def ctc_beam_search_decoder(
    inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[SparseTensor], Any]:
    """The likeliest label sequences that a beam search finds; the last class is the blank.

    Arguments as of `ctc_greedy_decoder`.

    Returns:
        (labels of each path, log probabilities [batch, top_paths]).
    """
    what = "ctc_beam_search_decoder"
    return _sparse(what, ctc_decode.beams(what, inputs, sequence_length, -1, beam_width, top_paths))


def _sparse(what: str, found: ctc_decode.Decoded) -> tuple[list[SparseTensor], Any]:
    labels, lengths = static(found.labels, what), static(found.lengths, what)
    parts = []
    for rows, counts in zip(labels, lengths, strict=True):
        inside = np.arange(rows.shape[1])[None] < counts[:, None]
        shape = [rows.shape[0], int(counts.max(initial=0))]
        values = convert_to_tensor(rows[inside].astype(np.int64))
        parts.append(SparseTensor(np.argwhere(inside), values, shape))
    return parts, found.scores


def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance"
) -> Any:
    """How many insertions, deletions and exchanges make each row's truth of its hypothesis.

    Both are sparse [..., length] and known when a function is traced; with ``normalize`` the
    number is over the truth's length (infinite for an empty truth and some hypothesis).

    Returns:
        float32 [...], Levenshtein's distance (1965).
    """
    sequences: list[dict[tuple[int, ...], list[Any]]] = []
    batch: tuple[int, ...] = ()
    for sparse in (hypothesis, truth):
        value = SparseTensor.from_value(sparse)
        rows: dict[tuple[int, ...], list[Any]] = {}
        places, values = static(value.indices, name), static(value.values, name)
        for place, one in zip(places.tolist(), values.tolist(), strict=True):
            rows.setdefault(tuple(place[:-1]), []).append(one)
        sequences.append(rows)
        lead = tuple(int(n) for n in static(value.dense_shape, name)[:-1])
        batch = tuple(max(a, b) for a, b in zip(batch or lead, lead, strict=True))
    found = np.zeros(batch, np.float32)
    for place in np.ndindex(*batch):
        first, second = (rows.get(place, []) for rows in sequences)
        distance = float(_levenshtein(first, second))
        if normalize:
            empty = np.inf if distance else 0.0
            distance = distance / len(second) if second else empty
        found[place] = distance
    return convert_to_tensor(found)


def _levenshtein(first: list[Any], second: list[Any]) -> int:
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        corner, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (one != other))
    return row[-1]


def ctc_label_dense_to_sparse(labels: Any, label_lengths: Any) -> SparseTensor:
    """The first ``label_lengths[i]`` labels of each row [batch, labels], as a sparse tensor."""
    rows, counts = as_tensor(labels), static(label_lengths, "ctc_label_dense_to_sparse")
    inside = np.arange(dims(rows)[1])[None] < counts.reshape(-1, 1)
    values = convert_to_tensor(static(rows, "ctc_label_dense_to_sparse")[inside])
    return SparseTensor(np.argwhere(inside), values, list(dims(rows)))
