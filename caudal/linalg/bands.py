"""Bands of diagonals: where the elements of matrices stand in the compact form of their diagonals.

The compact form [..., diagonals, longest] holds the highest diagonal first; a shorter diagonal
stands at the left or at the right of its row, as ``align`` says.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import dims
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor

Array = np.ndarray[Any, Any]
_ALIGNS = ("LEFT_RIGHT", "LEFT_LEFT", "RIGHT_LEFT", "RIGHT_RIGHT")


def length(rows: int, columns: int, k: int) -> int:
    """How many elements the k-th diagonal has."""
    return min(rows + min(k, 0), columns - max(k, 0))


def places(rows: int, columns: int, low: int, high: int, align: str) -> Array:
    """For each element of the compact form its place in the flat matrix, or -1.

    >>> places(2, 2, 0, 1, "RIGHT_LEFT").tolist()
    [[-1, 1], [0, 3]]
    """
    if align not in _ALIGNS:
        raise InvalidArgumentError(
            "diag: expected align to be one of {known}, received {received!r}.",
            known=_ALIGNS,
            received=align,
        )
    above, _, below = align.partition("_")
    if low > high or not (-rows < low and high < columns):
        raise InvalidArgumentError(
            "diag: a {rows} x {columns} matrix has no diagonals {low} to {high}.",
            rows=rows,
            columns=columns,
            low=low,
            high=high,
        )
    lengths = {k: length(rows, columns, k) for k in range(low, high + 1)}
    longest = max(lengths.values())
    found = np.full((high - low + 1, longest), -1, np.int64)
    for k, n in lengths.items():
        left = (k >= 0 and above == "LEFT") or (k <= 0 and below == "LEFT")
        begin = 0 if left else longest - n
        steps = np.arange(n)
        found[high - k, begin : begin + n] = (steps + max(-k, 0)) * columns + steps + max(k, 0)
    return found


def inverse_places(found: Array, size: int) -> Array:
    """For each element of a flat matrix its place in the flat compact form, or -1."""
    back = np.full(size, -1, np.int64)
    inside = found.ravel() >= 0
    back[found.ravel()[inside]] = np.flatnonzero(inside)
    return back


def taken(x: Any, trailing: int, where: Array, other: Any) -> Any:
    """The elements of the flat last ``trailing`` axes at the places; ``other`` at -1."""
    shape = dims(x)
    lead, rank = shape[: len(shape) - trailing], len(shape) - trailing
    flat = ops.reshape(x, shape=(*lead, int(np.prod(shape[rank:], dtype=np.int64))))
    found = ops.gather(flat, convert_to_tensor(np.maximum(where, 0)), axis=rank)
    if (where >= 0).all():
        return found
    return ops.select(convert_to_tensor(where >= 0), found, other)
