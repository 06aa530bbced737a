"""The matrix product behind ``@``: batches broadcast, vectors are refused, as in TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import ShapeError
from caudal.framework.convert import align
from caudal.ops.contract import dot_general
from caudal.ops.movement import broadcast_to, transpose


def _swapped(x: Any) -> Any:
    rank = len(x.shape)
    return transpose(x, perm=(*range(rank - 2), rank - 1, rank - 2))


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    """``a @ b`` of shapes (..., n, k) and (..., k, m).

    Raises:
        ShapeError: a rank below 2, or inner extents that differ.
    """
    a, b = align((a, b), "matmul")
    if len(a.shape) < 2 or len(b.shape) < 2:
        raise ShapeError(
            "matmul: expected matrices (rank >= 2), received shapes {a} and {b}; use "
            "tf.linalg.matvec or tf.tensordot for vectors.",
            a=tuple(a.shape),
            b=tuple(b.shape),
        )
    a = _swapped(a) if transpose_a else a
    b = _swapped(b) if transpose_b else b
    left, right = tuple(a.shape), tuple(b.shape)
    if left[-1] != right[-2]:
        raise ShapeError(
            "matmul: Matrix size-incompatible: {a} @ {b}: {k} columns against {n} rows.",
            a=left,
            b=right,
            k=left[-1],
            n=right[-2],
        )
    if len(right) == 2:
        # One matrix for the whole batch: no copies of it.
        return dot_general(a, b, contract=((len(left) - 1,), (0,)), batch=((), ()))
    try:
        batch = np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError as error:
        raise ShapeError(
            "matmul: the batch axes of {a} and {b} do not broadcast.", a=left, b=right
        ) from error
    if left[:-2] != batch:
        a = broadcast_to(a, shape=(*batch, *left[-2:]))
    if right[:-2] != batch:
        b = broadcast_to(b, shape=(*batch, *right[-2:]))
    rank = len(batch)
    axes = tuple(range(rank))
    return dot_general(a, b, contract=((rank + 1,), (rank,)), batch=(axes, axes))
