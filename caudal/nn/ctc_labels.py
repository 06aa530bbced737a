"""Label sequences as CTC sees them: without repetitions, and which labels occur."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, require_rank, static
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor


def collapse_repeated(labels: Any, seq_length: Any, name: str | None = None) -> tuple[Any, Any]:
    """Each row without immediate repetitions, zeros behind it, and the new lengths.

    Args:
        labels: [batch, most labels]; they must be known when a function is traced, for the
            result is as wide as its longest row.
        seq_length: how many labels of each row count, [batch].
        name: not used.

    >>> collapse_repeated([[1, 1, 2]], [3])[0].numpy().tolist()
    [[1, 2]]
    """
    what = "collapse_repeated"
    require_rank(as_tensor(labels), 2, what + ": labels")
    rows, ends = static(labels, what), static(seq_length, what)
    if ends.shape != rows.shape[:1]:
        raise ShapeError(
            "{what}: expected a length for each of {batch} rows, received shape {shape}.",
            what=what,
            batch=len(rows),
            shape=ends.shape,
        )
    fresh = np.ones(rows.shape, bool)
    fresh[:, 1:] = rows[:, 1:] != rows[:, :-1]
    fresh &= np.arange(rows.shape[1])[None] < ends[:, None]
    lengths = fresh.sum(1)
    found = np.zeros((len(rows), int(lengths.max(initial=0))), rows.dtype)
    for row, (values, kept) in enumerate(zip(rows, fresh, strict=True)):
        found[row, : kept.sum()] = values[kept]
    return convert_to_tensor(found), convert_to_tensor(lengths.astype(ends.dtype))


def ctc_unique_labels(labels: Any, name: str | None = None) -> tuple[Any, Any]:
    """The labels of each row [batch, labels] once each, zeros behind them, and each one's index."""
    what = "ctc_unique_labels"
    require_rank(as_tensor(labels), 2, what + ": labels")
    rows = static(labels, what)
    unique = np.zeros(rows.shape, np.int64)
    places = np.zeros(rows.shape, np.int32)
    for row, values in enumerate(rows):
        order = list(dict.fromkeys(values.tolist()))
        unique[row, : len(order)] = order
        places[row] = [order.index(value) for value in values.tolist()]
    return convert_to_tensor(unique), convert_to_tensor(places)
