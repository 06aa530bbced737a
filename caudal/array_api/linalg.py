"""The linear algebra extension of the standard."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from caudal import linalg as tf_linalg
from caudal import ops
from caudal.array_api import reductions
from caudal.array_api.array import Array
from caudal.array_api.elementwise import number
from caudal.array_api.movement import axes_of, matrix_transpose, spread
from caudal.array_api.promotion import INDEX, cast, tensor_of, together
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import Tensor


def _matrices(x: Any, what: str, kind: str = "floating") -> Any:
    found = tensor_of(x, what, kind)
    if len(found.shape) < 2:
        raise ShapeError(
            "{what}: expected matrices, received the shape {s}.", what=what, s=tuple(found.shape)
        )
    return found


def _dims(x: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in x.shape)


# --- products ---------------------------------------------------------------------------------


def matmul(x1: Any, x2: Any, /) -> Array:
    """Matrix products of stacks; a vector is a row on the left, a column on the right.

    Raises:
        ShapeError: inner extents differ, or an operand has no axes.
    """
    left, right = together("matmul", "numeric", tensor_of(x1, "matmul"), tensor_of(x2, "matmul"))
    if not left.shape or not right.shape:
        raise ShapeError("matmul: expected at least one axis, received a scalar.")
    row, column = len(left.shape) == 1, len(right.shape) == 1
    left = ops.reshape(left, shape=(1, *left.shape)) if row else left
    right = ops.reshape(right, shape=(*right.shape, 1)) if column else right
    found = tf_linalg.matmul(left, right)
    shape = list(_dims(found))
    if row:
        del shape[-2]
    if column:
        del shape[-1]
    return Array(ops.reshape(found, shape=tuple(shape)))


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Array:
    """Products summed over the last ``axes`` axes of x1 and first of x2, or over pairs of axes."""
    left, right = together(
        "tensordot", "numeric", tensor_of(x1, "tensordot"), tensor_of(x2, "tensordot")
    )
    return Array(tf_linalg.tensordot(left, right, axes))


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """Products of vectors along an axis counted from the end; the first is conjugated.

    Raises:
        ShapeError: the extents along the axis differ.
    """
    left, right = together("vecdot", "numeric", tensor_of(x1, "vecdot"), tensor_of(x2, "vecdot"))
    if not -min(len(left.shape), len(right.shape)) <= axis < 0:
        raise InvalidArgumentError(
            "vecdot: expected an axis counted from the end that both have, received {axis}.",
            axis=axis,
        )
    if left.shape[axis] != right.shape[axis]:
        raise ShapeError(
            "vecdot: expected equal extents along the axis, received {a} and {b}.",
            a=_dims(left),
            b=_dims(right),
        )
    left = ops.conj(left) if left.dtype.is_complex else left
    left, right = spread("vecdot", left, right)
    return Array(ops.reduce_sum(ops.mul(left, right), axes=(len(left.shape) + axis,)))


def outer(x1: Any, x2: Any, /) -> Array:
    """All products of the elements of two vectors."""
    left, right = together("outer", "numeric", tensor_of(x1, "outer"), tensor_of(x2, "outer"))
    if len(left.shape) != 1 or len(right.shape) != 1:
        raise ShapeError(
            "outer: expected vectors, received {a} and {b}.", a=_dims(left), b=_dims(right)
        )
    return Array(ops.mul(ops.reshape(left, shape=(*left.shape, 1)), right))


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """Cross products of vectors of 3 elements along an axis counted from the end."""
    left, right = together("cross", "numeric", tensor_of(x1, "cross"), tensor_of(x2, "cross"))
    rank = min(len(left.shape), len(right.shape))
    if not -rank <= axis < max(len(left.shape), len(right.shape)):
        raise InvalidArgumentError("cross: received the axis {axis} of {n}.", axis=axis, n=rank)
    if left.shape[axis] != 3 or right.shape[axis] != 3:
        raise ShapeError(
            "cross: expected 3 elements along the axis, received {a} and {b}.",
            a=_dims(left),
            b=_dims(right),
        )
    left, right = spread("cross", left, right)
    place = axis % len(left.shape)

    def turned(x: Any, by: int) -> Any:
        return ops.gather(x, Tensor((np.arange(3) + by) % 3), axis=place)

    ahead = ops.mul(turned(left, 1), turned(right, 2))
    return Array(ops.sub(ahead, ops.mul(turned(left, 2), turned(right, 1))))


def matrix_power(x: Any, n: int, /) -> Array:
    """Square matrices multiplied with themselves; a negative power is of the inverse."""
    found = _matrices(x, "matrix_power")
    size = _dims(found)[-1]
    base = tf_linalg.inv(found) if n < 0 else found
    eye = Tensor(np.eye(size, dtype=found.dtype.np_dtype))
    result = ops.broadcast_to(eye, shape=_dims(found))
    power = abs(n)
    while power:
        if power & 1:
            result = tf_linalg.matmul(result, base)
        base = tf_linalg.matmul(base, base) if power > 1 else base
        power >>= 1
    return Array(result)


# --- parts and sizes --------------------------------------------------------------------------


def diagonal(x: Any, /, *, offset: int = 0) -> Array:
    """The offset-th diagonal of matrices."""
    found = _matrices(x, "diagonal", "any")
    *lead, rows, columns = _dims(found)
    places = np.diagonal(np.arange(rows * columns).reshape(rows, columns), offset)
    flat = ops.reshape(found, shape=(*lead, rows * columns))
    return Array(ops.gather(flat, Tensor(places.astype(np.int64)), axis=len(lead)))


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """The sum of a diagonal of matrices."""
    return reductions.sum(
        diagonal(tensor_of(x, "trace", "numeric"), offset=offset), axis=-1, dtype=dtype
    )


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Array:
    """The size of vectors: a root of the sum of powers, or the extreme for infinity."""
    found = tensor_of(x, "vector_norm", "floating")
    axes = axes_of(axis, len(found.shape), "vector_norm")
    size = ops.abs(found)
    if ord == float("inf"):
        total = ops.reduce_max(size, axes=_sorted(axes)) if axes else size
    elif ord == float("-inf"):
        total = ops.reduce_min(size, axes=_sorted(axes)) if axes else size
    elif ord == 0:
        total = reductions.count_nonzero(size, axis=axes).tensor
        total = cast(total, size.dtype)
    else:
        total = ops.pow(size, number(ord, size))
        total = ops.reduce_sum(total, axes=_sorted(axes)) if axes else total
        total = ops.pow(total, number(1 / ord, size))
    kept = tuple(1 if i in axes else n for i, n in enumerate(_dims(found)))
    return Array(ops.reshape(total, shape=kept) if keepdims else total)


def _sorted(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(axes))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """The size of matrices: "fro", "nuc", or 1, 2, inf and their negatives."""
    found = _matrices(x, "matrix_norm")
    rank = len(found.shape)
    if ord == "fro":
        return vector_norm(found, axis=(rank - 2, rank - 1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        values = tf_linalg.svd(found, compute_uv=False)
        fold = {"nuc": ops.reduce_sum, 2: ops.reduce_max, -2: ops.reduce_min}[ord]
        total = fold(values, axes=(rank - 2,))
    elif ord in (1, -1, float("inf"), float("-inf")):
        columns = abs(ord) == 1
        sums = ops.reduce_sum(ops.abs(found), axes=(rank - 2 if columns else rank - 1,))
        total = (ops.reduce_max if ord > 0 else ops.reduce_min)(sums, axes=(rank - 2,))
    else:
        raise InvalidArgumentError(
            "matrix_norm: expected 'fro', 'nuc', 1, 2, inf or a negative, received {o!r}.",
            o=ord,
        )
    return Array(ops.reshape(total, shape=(*_dims(total), 1, 1)) if keepdims else total)


# --- decompositions ---------------------------------------------------------------------------


class Eigen(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Array
    eigenvectors: Array


class QR(NamedTuple):
    """What `qr` returns."""

    Q: Array
    R: Array


class SlogDet(NamedTuple):
    """What `slogdet` returns."""

    sign: Array
    logabsdet: Array


class SVD(NamedTuple):
    """What `svd` returns; the third is the adjoint of the right vectors."""

    U: Array
    S: Array
    Vh: Array


def cholesky(x: Any, /, *, upper: bool = False) -> Array:
    """The triangular factor of positive definite matrices, the lower one by default."""
    found = Array(tf_linalg.cholesky(_matrices(x, "cholesky")))
    return _adjoint(found) if upper else found


def _adjoint(x: Array) -> Array:
    turned = matrix_transpose(x)
    return Array(ops.conj(turned.tensor)) if x.dtype.is_complex else turned


def det(x: Any, /) -> Array:
    """The determinant of square matrices."""
    return Array(tf_linalg.det(_matrices(x, "det")))


def slogdet(x: Any, /) -> SlogDet:
    """The sign of the determinant and the logarithm of its size."""
    found = tf_linalg.slogdet(_matrices(x, "slogdet"))
    size = found[1]
    return SlogDet(Array(found[0]), Array(ops.real(size) if size.dtype.is_complex else size))


def eigh(x: Any, /) -> Eigen:
    """The eigenvalues of Hermitian matrices in rising order, and the vectors in columns."""
    values, vectors = tf_linalg.eigh(_matrices(x, "eigh"))
    return Eigen(Array(ops.real(values) if values.dtype.is_complex else values), Array(vectors))


def eigvalsh(x: Any, /) -> Array:
    """The eigenvalues of symmetric matrices in rising order."""
    return eigh(x).eigenvalues


def inv(x: Any, /) -> Array:
    """The inverse of square matrices."""
    return Array(tf_linalg.inv(_matrices(x, "inv")))


def solve(x1: Any, x2: Any, /) -> Array:
    """The y with ``x1 @ y == x2``; x2 is a vector or a stack of matrices.

    Raises:
        ShapeError: the matrices are not square, or do not fit.
    """
    left, right = together("solve", "floating", tensor_of(x1, "solve"), tensor_of(x2, "solve"))
    left = _matrices(left, "solve")
    if len(right.shape) == 1:
        column = ops.reshape(right, shape=(*right.shape, 1))
        found = _solved(left, column)
        return Array(ops.reshape(found, shape=_dims(found)[:-1]))
    return Array(_solved(left, _matrices(right, "solve")))


def _solved(left: Any, right: Any) -> Any:
    if left.shape[-1] != right.shape[-2]:
        raise ShapeError("solve: {a} and {b} do not fit.", a=_dims(left), b=_dims(right))
    lead = np.broadcast_shapes(_dims(left)[:-2], _dims(right)[:-2])
    left = ops.broadcast_to(left, shape=(*lead, *_dims(left)[-2:]))
    right = ops.broadcast_to(right, shape=(*lead, *_dims(right)[-2:]))
    return tf_linalg.solve(left, right)


def qr(x: Any, /, *, mode: str = "reduced") -> QR:
    """An orthogonal and an upper triangular factor."""
    if mode not in ("reduced", "complete"):
        raise InvalidArgumentError(
            "qr: expected mode 'reduced' or 'complete', received {mode!r}.", mode=mode
        )
    found = _matrices(x, "qr")
    q, r = tf_linalg.qr(found, full_matrices=mode == "complete")
    return QR(Array(q), Array(r))


def svd(x: Any, /, *, full_matrices: bool = True) -> SVD:
    """Orthogonal factors and singular values in falling order: ``U @ diag(S) @ Vh``."""
    found = _matrices(x, "svd")
    s, u, v = tf_linalg.svd(found, full_matrices=full_matrices)
    return SVD(Array(u), Array(s), _adjoint(Array(v)))


def svdvals(x: Any, /) -> Array:
    """The singular values in falling order."""
    return Array(tf_linalg.svd(_matrices(x, "svdvals"), compute_uv=False))


def _limit(values: Any, rtol: Any, x: Any) -> Any:
    """Singular values up to this count as zero."""
    share = (
        float(np.finfo(values.dtype.np_dtype).eps) * max(_dims(x)[-2:]) if rtol is None else rtol
    )
    if hasattr(share, "dtype"):
        share = cast(tensor_of(share, "rtol"), values.dtype)
        share = ops.reshape(share, shape=(*_dims(share), 1))
    else:
        share = number(share, values)
    top = ops.reduce_max(values, axes=(len(values.shape) - 1,))
    return ops.mul(ops.reshape(top, shape=(*_dims(top), 1)), share)


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Array:
    """The number of singular values above ``rtol`` times the greatest."""
    values = svdvals(x).tensor
    above = ops.greater(values, _limit(values, rtol, tensor_of(x, "matrix_rank")))
    return Array(ops.reduce_sum(cast(above, INDEX), axes=(len(values.shape) - 1,)))


def pinv(x: Any, /, *, rtol: Any = None) -> Array:
    """The Moore-Penrose inverse."""
    u, values, vh = svd(x, full_matrices=False)
    s = values.tensor
    above = ops.greater(s, _limit(s, rtol, tensor_of(x, "pinv")))
    safe = ops.select(above, s, number(1, s))
    inverse = ops.select(above, ops.div(number(1, s), safe), number(0, s))
    rows = ops.reshape(inverse, shape=(*_dims(inverse)[:-1], 1, _dims(inverse)[-1]))
    right = _adjoint(vh).tensor
    return matmul(Array(ops.mul(right, cast(rows, right.dtype))), _adjoint(u))


__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
