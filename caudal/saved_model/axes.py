"""Axes of a record's call in the words of other formats."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

Ints = tuple[int, ...]


def einsum_equation(params: Any, ranks: Sequence[int]) -> str:
    """A dot_general as an einsum.

    >>> einsum_equation({"contract": ((1,), (0,)), "batch": ((), ())}, (2, 2))
    'ab,bd->ad'
    """
    contract, batch = params["contract"], params["batch"]
    names = iter(string.ascii_letters)
    left = [next(names) for _ in range(ranks[0])]
    right = [next(names) for _ in range(ranks[1])]
    for pair in (contract, batch):
        for i, j in zip(*pair, strict=True):
            right[j] = left[i]
    shared = [left[i] for i in batch[0]]
    rows = [left[i] for i in range(ranks[0]) if i not in (*contract[0], *batch[0])]
    cols = [right[j] for j in range(ranks[1]) if j not in (*contract[1], *batch[1])]
    return f"{''.join(left)},{''.join(right)}->{''.join((*shared, *rows, *cols))}"


def scatter_orders(axis: int, rank: int, depth: int) -> tuple[Ints, Ints, Ints]:
    """How to scatter along an axis where only the first can be scattered along.

    Orders of axes: of the operand to the front, of the updates (whose indices have ``depth``
    axes) to match, and of the result back.

    >>> scatter_orders(1, 2, 1)
    ((1, 0), (1, 0), (1, 0))
    """
    front = (axis, *(i for i in range(rank) if i != axis))
    moved = (*range(axis, axis + depth), *range(axis), *range(axis + depth, depth + rank - 1))
    return front, moved, tuple(front.index(i) for i in range(rank))
