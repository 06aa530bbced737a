"""``keras.ops.norm``: every order that NumPy's norms of vectors and matrices have."""

from __future__ import annotations

import math as python_math
from typing import Any

from caudal import linalg, math, ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError
from caudal.keras.ops.promotion import cast_value, floating


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors (one axis) or matrices (two axes).

    ord: for vectors any number or infinity, 0 counts what is not 0; for matrices "fro", "nuc",
    1, 2, infinity or the negatives of these, which mean the least instead of the greatest. None:
    the root of the sum of squares over all axes given.

    Raises:
        InvalidArgumentError: the axes are not there, or there is no such order for so many axes.

    >>> float(norm([3.0, 4.0])), float(norm([[1.0, 2.0], [3.0, 4.0]], ord=1))
    (5.0, 6.0)
    """
    x = floating(x)
    axes = _axes(x, axis)
    if ord is None:
        return ops.sqrt(_sum(ops.mul(x, x), axes, keepdims))
    if len(axes) == 1:
        return _of_vectors(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _of_matrices(x, ord, axes, keepdims)
    raise InvalidArgumentError(
        "keras.ops.norm: with `ord` give one or two axes, received axis={axis}.", axis=axis
    )


def _axes(x: Any, axis: Any) -> tuple[int, ...]:
    rank = len(x.shape)
    wanted = range(rank) if axis is None else (axis if isinstance(axis, tuple | list) else (axis,))
    found = tuple(int(place) for place in wanted)
    if any(not -rank <= place < rank for place in found):
        raise InvalidArgumentError(
            "keras.ops.norm: expected axes from {low} to {high}, received {axis}.",
            low=-rank,
            high=rank - 1,
            axis=axis,
        )
    return tuple(place % rank for place in found)


def _sum(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    return math.reduce_sum(x, axis=list(axes), keepdims=keepdims)


def _of_vectors(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if not isinstance(ord, int | float):
        raise _no_order("vectors", ord)
    size = ops.abs(x)
    if ord == python_math.inf:
        return math.reduce_max(size, axis=list(axes), keepdims=keepdims)
    if ord == -python_math.inf:
        return math.reduce_min(size, axis=list(axes), keepdims=keepdims)
    if ord == 0:
        return _sum(ops.cast(math.not_equal(size, 0.0), dtype=x.dtype), axes, keepdims)
    if ord == 1:
        return _sum(size, axes, keepdims)
    if ord == 2:
        return ops.sqrt(_sum(ops.mul(x, x), axes, keepdims))
    power = cast_value(float(ord), x.dtype)
    return math.pow(_sum(math.pow(size, power), axes, keepdims), 1.0 / float(ord))


def _of_matrices(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    rows, columns = axes
    if ord == "fro":
        return ops.sqrt(_sum(ops.mul(x, x), axes, keepdims))
    if ord in ("nuc", 2, -2):
        return _of_singular_values(x, ord, axes, keepdims)
    if ord not in (1, -1, python_math.inf, -python_math.inf):
        raise _no_order("matrices", ord)
    inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
    fold = math.reduce_max if ord > 0 else math.reduce_min
    found = fold(_sum(ops.abs(x), (inner,), True), axis=[outer], keepdims=True)
    return found if keepdims else movement.squeeze(found, axis=sorted(axes))


def _of_singular_values(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    others = [place for place in range(len(x.shape)) if place not in axes]
    values = linalg.svd(movement.transpose(x, [*others, *axes]), compute_uv=False)
    fold = {"nuc": math.reduce_sum, 2: math.reduce_max, -2: math.reduce_min}[ord]
    found = fold(values, axis=-1)
    if keepdims:
        for place in sorted(axes):
            found = movement.expand_dims(found, place)
    return found


def _no_order(what: str, ord: Any) -> InvalidArgumentError:
    return InvalidArgumentError(
        "keras.ops.norm: {what} have no norm of order {ord!r}.", what=what, ord=ord
    )
