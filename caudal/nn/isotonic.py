"""Isotonic regression: the nearest sequence that only falls, or only rises."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import axis_of, dims, floating
from caudal.array.create import one_hot
from caudal.errors import ShapeError
from caudal.framework.effects import obtain
from caudal.framework.matmul import matmul
from caudal.ir.dtypes import int32
from caudal.ir.types import Type

Array = np.ndarray[Any, Any]


def isotonic_regression(inputs: Any, decreasing: bool = True, axis: Any = -1) -> tuple[Any, Any]:
    """The least squares fit of a monotonic sequence along an axis, and its pieces' numbers.

    By pooling adjacent violators (Barlow et al. 1972): each piece is the mean of its inputs, so
    that gradients spread evenly over it.

    Returns:
        (output, segments): of the inputs' shape; segments int32.

    >>> isotonic_regression([3.0, 1.0, 2.0])[0].numpy().tolist()
    [3.0, 1.5, 1.5]
    """
    x = floating("isotonic_regression", inputs, complex_too=False)
    if not dims(x):
        raise ShapeError("isotonic_regression: expected at least 1 axis, received a scalar.")
    place, rank = axis_of(axis, len(dims(x)), "isotonic_regression"), len(dims(x))
    order = (*(i for i in range(rank) if i != place), place)
    back = tuple(order.index(i) for i in range(rank))
    rows = ops.transpose(x, perm=order)

    def pool(values: Array) -> list[Array]:
        flat = values.reshape(-1, values.shape[-1])
        found = [_pieces(row if decreasing else -row) for row in flat.astype(np.float64)]
        return [np.asarray(found, np.int32).reshape(values.shape)]

    segments = obtain(pool, [Type(int32, dims(rows))], rows)[0]
    member = one_hot(segments, dims(rows)[-1], dtype=x.dtype)
    column = ops.reshape(rows, shape=(*dims(rows), 1))
    sums = matmul(member, column, transpose_a=True)
    counts = ops.reduce_sum(member, axes=(rank - 1,))
    counts = ops.maximum(
        counts, ops.cast(ops.equal(counts, ops.sub(counts, counts)), dtype=x.dtype)
    )
    means = ops.div(sums, ops.reshape(counts, shape=(*dims(counts), 1)))
    output = ops.reshape(matmul(member, means), shape=dims(rows))
    return ops.transpose(output, perm=back), ops.transpose(segments, perm=back)


def _pieces(row: Array) -> list[int]:
    """For each element the number of its piece: neighbours merge until the means fall."""
    stack: list[tuple[float, int]] = []
    for value in row:
        total, count = float(value), 1
        while stack and stack[-1][0] / stack[-1][1] < total / count:
            before, size = stack.pop()
            total, count = total + before, count + size
        stack.append((total, count))
    return [number for number, (_, count) in enumerate(stack) for _ in range(count)]
