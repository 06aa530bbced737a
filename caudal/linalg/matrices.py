"""Norms, diagonals and bands of matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    cast_to,
    dims,
    floating,
    scalar,
    static_int,
    static_ints,
)
from caudal.array.create import eye
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import IndexedSlices, convert_to_tensor
from caudal.linalg import bands
from caudal.linalg.products import cross, einsum, matmul, matvec, tensordot
from caudal.math.counting import l2_normalize
from caudal.math.reduce import fold

__all__ = [
    "adjoint",
    "band_part",
    "cross",
    "diag",
    "diag_part",
    "einsum",
    "eye",
    "global_norm",
    "l2_normalize",
    "matmul",
    "matrix_transpose",
    "matvec",
    "norm",
    "normalize",
    "set_diag",
    "tensor_diag",
    "tensor_diag_part",
    "tensordot",
    "trace",
]


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
) -> Any:
    """The norm of vectors (one axis or all) or matrices (a pair of axes).

    ``ord``: "euclidean", "fro" (matrices), a positive number or infinity.

    >>> float(norm([3.0, 4.0]))
    5.0
    """
    x = floating("norm", tensor)
    pair = axis is not None and len(static_ints(axis, "norm: axis")) == 2
    keep = bool(keepdims)
    if axis is not None and len(static_ints(axis, "norm: axis")) > 2:
        raise InvalidArgumentError(
            "norm: expected an axis, a pair of axes or None, received {axis}.", axis=axis
        )
    if ord == "euclidean" or (ord == "fro" and pair) or (ord == 2 and not pair):
        squares = ops.real(ops.mul(x, ops.conj(x))) if x.dtype.is_complex else ops.mul(x, x)
        total = ops.sqrt(fold(ops.reduce_sum, "norm", squares, axis, keep))
        return cast_to(total, x.dtype)
    size = ops.abs(x)
    if pair:
        return _matrix_norm(size, ord, static_ints(axis, "norm: axis"), keep)
    if ord in (np.inf, "inf"):
        return fold(ops.reduce_max, "norm", size, axis, keep)
    if isinstance(ord, int | float) and ord > 0:
        if ord == 1:
            return fold(ops.reduce_sum, "norm", size, axis, keep)
        total = fold(ops.reduce_sum, "norm", ops.pow(size, scalar(ord, size)), axis, keep)
        return ops.pow(total, scalar(1 / ord, size))
    raise InvalidArgumentError(
        "norm: expected ord 'euclidean', a positive number or infinity, received {ord!r}.", ord=ord
    )


def _matrix_norm(size: Any, ord: Any, axes: tuple[int, ...], keep: bool) -> Any:
    rows, columns = (axis % len(size.shape) for axis in axes)
    if ord not in (1, np.inf):
        raise UnimplementedError(
            "norm: expected ord 'euclidean', 'fro', 1 or infinity for matrices, received {ord!r}.",
            ord=ord,
        )
    inner, outer = (rows, columns) if ord == 1 else (columns, rows)
    sums = fold(ops.reduce_sum, "norm", size, inner, True)
    result = fold(ops.reduce_max, "norm", sums, outer, True)
    if keep:
        return result
    shape = tuple(n for i, n in enumerate(dims(result)) if i not in (rows, columns))
    return ops.reshape(result, shape=shape)


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """The tensor over its norm, and the norm (axes kept)."""
    x = floating("normalize", tensor)
    size = norm(x, ord, axis, keepdims=True)
    return ops.div(x, size), size


def global_norm(t_list: Any, name: str | None = None) -> Any:
    """The euclidean norm of all tensors together; ``None`` entries are left out."""
    _check_list("global_norm", t_list)
    total: Any = None
    for tensor in t_list:
        if tensor is None:
            continue
        x = floating("global_norm", _rows(tensor))
        part = fold(ops.reduce_sum, "global_norm", ops.mul(x, x), None, False)
        total = part if total is None else ops.add(total, part)
    if total is None:
        raise InvalidArgumentError("global_norm: expected at least one tensor.")
    return ops.sqrt(total)


def _check_list(what: str, t_list: Any) -> None:
    if not isinstance(t_list, Sequence | Mapping) or isinstance(t_list, str):
        raise DTypeError(
            "{what}: expected a list of tensors, received {received!r}.", what=what, received=t_list
        )


def _rows(tensor: Any) -> Any:
    """What norms are taken of: of IndexedSlices the rows that are there, as TensorFlow does."""
    return tensor.values if isinstance(tensor, IndexedSlices) else tensor


def _mask(array: np.ndarray[Any, Any]) -> Any:
    return convert_to_tensor(array)


def _band(what: str, k: Any) -> tuple[int, int]:
    """The lowest and the highest diagonal."""
    offsets = static_ints(k, what + ": k")
    if len(offsets) not in (1, 2):
        raise InvalidArgumentError(
            "{what}: expected k to be one diagonal or a pair (lowest, highest), received {k}.",
            what=what,
            k=offsets,
        )
    return offsets[0], offsets[-1]


def diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: int = -1,
    num_cols: int = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """Matrices with the last axis on the diagonal ``k`` and ``padding_value`` elsewhere.

    With a pair ``k`` of the lowest and the highest one the last two axes are a band of diagonals,
    the highest first; ``align`` says at which end of its row a shorter one stands.

    >>> diag([1, 2]).numpy().tolist()
    [[1, 0], [0, 2]]
    """
    x = as_tensor(diagonal)
    low, high = _band("diag", k)
    trailing = 1 if low == high else 2
    n = dims(x)[-1]
    rows, columns = static_int(num_rows, "diag: num_rows"), static_int(num_cols, "diag: num_cols")
    least = (n - min(high, 0), n + max(low, 0))
    if rows == columns == -1:
        rows = columns = max(least)
    rows = least[0] if rows == -1 else rows
    columns = least[1] if columns == -1 else columns
    where = bands.places(rows, columns, low, high, align)
    if where.shape[1] != n or (trailing == 2 and where.shape[0] != dims(x)[-2]):
        raise ShapeError(
            "diag: a {rows} x {columns} matrix has diagonals {k} of shape {expected}, received "
            "shape {received}.",
            rows=rows,
            columns=columns,
            k=(low, high),
            expected=where.shape,
            received=dims(x),
        )
    back = bands.inverse_places(where, rows * columns).reshape(rows, columns)
    return bands.taken(x, trailing, back, as_tensor(padding_value, x.dtype))


def diag_part(
    input: Any,
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Any:
    """The diagonal ``k`` of the last two axes, or a band of them: see `diag`."""
    x = as_tensor(input)
    low, high = _band("diag_part", k)
    rows, columns = dims(x)[-2:]
    where = bands.places(rows, columns, low, high, align)
    found = where[0] if low == high else where
    return bands.taken(x, 2, found, as_tensor(padding_value, x.dtype))


def set_diag(
    input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT"
) -> Any:
    """The matrices with the diagonal ``k`` replaced, or a band of them: see `diag`."""
    x = as_tensor(input)
    *_, rows, columns = dims(x)
    low, high = _band("set_diag", k)
    placed = diag(as_tensor(diagonal, x.dtype), k=k, num_rows=rows, num_cols=columns, align=align)
    i, j = np.arange(rows)[:, None], np.arange(columns)[None]
    return ops.select(_mask((j - i >= low) & (j - i <= high)), placed, x)


def band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Any:
    """The matrices with zeros outside a band; a negative number keeps that whole triangle."""
    x = as_tensor(input)
    *_, rows, columns = dims(x)
    low = static_int(num_lower, "band_part: num_lower")
    high = static_int(num_upper, "band_part: num_upper")
    if low > rows or high > columns:
        raise InvalidArgumentError(
            "band_part: expected num_lower up to {rows} and num_upper up to {columns}, received "
            "{low} and {high}.",
            rows=rows,
            columns=columns,
            low=low,
            high=high,
        )
    i, j = np.arange(rows)[:, None], np.arange(columns)[None]
    band = ((low < 0) | (i - j <= low)) & ((high < 0) | (j - i <= high))
    return ops.select(_mask(band), x, scalar(0, x))


def trace(x: Any, name: str | None = None) -> Any:
    """The sum of the diagonal of the last two axes."""
    part = diag_part(x)
    return ops.reduce_sum(part, axes=(len(part.shape) - 1,))


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Any:
    """The last two axes exchanged."""
    x = as_tensor(a)
    rank = len(x.shape)
    turned = ops.transpose(x, perm=(*range(rank - 2), rank - 1, rank - 2))
    return ops.conj(turned) if conjugate and x.dtype.is_complex else turned


def adjoint(matrix: Any, name: str | None = None) -> Any:
    """The last two axes exchanged, and conjugated."""
    return matrix_transpose(matrix, conjugate=True)


def tensor_diag(diagonal: Any, name: str | None = None) -> Any:
    """A tensor of twice the axes with the given one on its diagonal."""
    x = as_tensor(diagonal)
    shape, n = dims(x), x.shape.num_elements()
    return ops.reshape(diag(ops.reshape(x, shape=(n,))), shape=shape + shape)


def tensor_diag_part(input: Any, name: str | None = None) -> Any:
    """The inverse of `tensor_diag`."""
    x = as_tensor(input)
    half = dims(x)[: len(x.shape) // 2]
    n = int(np.prod(half, dtype=np.int64))
    if dims(x) != half + half:
        raise ShapeError(
            "tensor_diag_part: expected a shape made of twice the same extents, received {shape}.",
            shape=dims(x),
        )
    return ops.reshape(diag_part(ops.reshape(x, shape=(n, n))), shape=half)


def clip_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: str | None = None) -> Any:
    """The tensor, scaled down to the norm ``clip_norm`` if it is longer."""
    x = floating("clip_by_norm", _rows(t))
    limit = as_tensor(clip_norm, x.dtype)
    squares = fold(ops.reduce_sum, "clip_by_norm", ops.mul(x, x), axes, True)
    # sqrt(0) has no finite derivative: it never sees a 0.
    some = ops.greater(squares, scalar(0, x))
    size = ops.select(some, ops.sqrt(ops.select(some, squares, scalar(1, x))), squares)
    clipped = ops.div(ops.mul(x, limit), ops.maximum(size, limit))
    return t.with_values(clipped) if isinstance(t, IndexedSlices) else clipped


def clip_by_global_norm(
    t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None
) -> tuple[list[Any], Any]:
    """The tensors, scaled together to a global norm of at most ``clip_norm``, and that norm."""
    _check_list("clip_by_global_norm", t_list)
    size = global_norm(t_list) if use_norm is None else as_tensor(use_norm)
    limit = as_tensor(clip_norm, size.dtype)
    # An infinite norm gives NaN, so that a blown-up step cannot pass unseen.
    one = scalar(1, size)
    scale = ops.mul(limit, ops.minimum(ops.div(one, size), ops.div(one, limit)))
    scale = ops.select(ops.is_finite(size), scale, scalar(np.nan, size))

    def scaled(t: Any) -> Any:
        x = as_tensor(_rows(t))
        found = ops.mul(x, cast_to(scale, x.dtype))
        return t.with_values(found) if isinstance(t, IndexedSlices) else found

    return [None if t is None else scaled(t) for t in t_list], size
