"""Inverses, solutions and decompositions, by LAPACK; all over batches of matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, floating, scalar, unify
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import int32
from caudal.linalg.products import matmul
from caudal.math.reduce import reduce_max, reduce_sum
from caudal.ops import decompose, linear


def _matrix(what: str, value: Any) -> Any:
    x = floating(what, value)
    if len(x.shape) < 2:
        raise ShapeError(
            "{what}: expected at least 2 axes, [..., rows, columns], received shape {shape}.",
            what=what,
            shape=dims(x),
        )
    return x


def inv(input: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """The inverse of square matrices, or of their adjoints.

    Raises:
        InvalidArgumentError: a matrix is singular.

    >>> inv([[2.0, 0.0], [0.0, 4.0]]).numpy().tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    found = ops.inverse(_matrix("inv", input))
    return linear.adjoint(found) if adjoint else found


def det(input: Any, name: str | None = None) -> Any:
    """The determinants of square matrices."""
    return ops.determinant(_matrix("det", input))


class LogDet(NamedTuple):
    """The sign of a determinant and the logarithm of its absolute value."""

    sign: Any
    log_abs_determinant: Any


def slogdet(input: Any, name: str | None = None) -> LogDet:
    """Sign and logarithm of the determinants, without overflow."""
    found = ops.log_determinant(_matrix("slogdet", input))
    return LogDet(*linear.parts(found, linear.SIGN_AND_LOG))


def logdet(matrix: Any, name: str | None = None) -> Any:
    """The logarithm of the determinants of positive definite matrices."""
    from caudal.linalg.matrices import diag_part

    factor = ops.cholesky(_matrix("logdet", matrix))
    total = reduce_sum(ops.log(ops.real(diag_part(factor))), axis=[-1])
    return ops.mul(total, scalar(2, total))


def _pair(what: str, matrix: Any, rhs: Any) -> tuple[Any, Any]:
    a, b = unify(what, matrix, rhs)
    return _matrix(what, a), _matrix(what, b)


def solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Any:
    """The solution x of ``matrix @ x = rhs``, or of the adjoint's system.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [2.0]]).numpy().tolist()
    [[1.0], [0.5]]
    """
    a, b = _pair("solve", matrix, rhs)
    return ops.solve(linear.adjoint(a) if adjoint else a, b)


def triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Any:
    """`solve` for a triangular matrix; the other triangle is not read. Batches broadcast."""
    a, b = _pair("triangular_solve", matrix, rhs)
    batch = np.broadcast_shapes(dims(a)[:-2], dims(b)[:-2])
    a = ops.broadcast_to(a, shape=(*batch, *dims(a)[-2:]))
    b = ops.broadcast_to(b, shape=(*batch, *dims(b)[-2:]))
    if adjoint:
        return ops.triangular_solve(linear.adjoint(a), b, lower=not lower)
    return ops.triangular_solve(a, b, lower=bool(lower))


def cholesky(input: Any, name: str | None = None) -> Any:
    """The lower triangular L with ``L @ adjoint(L)`` the positive definite input."""
    return ops.cholesky(_matrix("cholesky", input))


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Any:
    """The solution of ``A @ x = rhs`` from A's Cholesky factor."""
    a, b = _pair("cholesky_solve", chol, rhs)
    return triangular_solve(a, triangular_solve(a, b), adjoint=True)


def lstsq(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Any:
    """The x of least ``|matrix @ x - rhs|**2 + l2_regularizer * |x|**2``.

    ``fast`` solves the normal equations; otherwise the pseudo-inverse is used, which also
    serves matrices of less than full rank, without ``l2_regularizer``.
    """
    a, b = _pair("lstsq", matrix, rhs)
    if not fast:
        return matmul(pinv(a), b)
    rows, columns = dims(a)[-2:]
    turned = linear.adjoint(a)
    weight = np.eye(min(rows, columns)) * float(l2_regularizer)
    ridge = convert_to_tensor(weight.astype(a.dtype.np_dtype))
    if rows >= columns:
        gram = ops.add(matmul(turned, a), ridge)
        return cholesky_solve(ops.cholesky(gram), matmul(turned, b))
    gram = ops.add(matmul(a, turned), ridge)
    return matmul(turned, cholesky_solve(ops.cholesky(gram), b))


class QR(NamedTuple):
    """An orthogonal and an upper triangular matrix."""

    q: Any
    r: Any


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> QR:
    """The orthogonal q and upper triangular r with ``q @ r`` the input."""
    x = _matrix("qr", input)
    rows, columns = dims(x)[-2:]
    full = bool(full_matrices)
    return QR(*linear.parts(ops.qr(x, full=full), decompose.qr_shapes(rows, columns, full)))


def svd(
    tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None
) -> Any:
    """(s, u, v) with ``u @ diag(s) @ adjoint(v)`` the input; s alone without ``compute_uv``."""
    x = _matrix("svd", tensor)
    rows, columns = dims(x)[-2:]
    full = bool(full_matrices) and compute_uv
    s, u, v = linear.parts(ops.svd(x, full=full), decompose.svd_shapes(rows, columns, full))
    s = ops.real(s) if s.dtype.is_complex else s
    return (s, u, v) if compute_uv else s


def eigh(tensor: Any, name: str | None = None) -> tuple[Any, Any]:
    """(values in rising order, vectors in columns) of symmetric matrices.

    The lower triangle is read.
    """
    x = _matrix("eigh", tensor)
    values, vectors = linear.parts(ops.eigh(x), decompose.eigen_shapes(dims(x)[-1]))
    return values, vectors


def eigvalsh(tensor: Any, name: str | None = None) -> Any:
    """The eigenvalues of symmetric matrices, in rising order."""
    return eigh(tensor)[0]


def eig(tensor: Any, name: str | None = None) -> tuple[Any, Any]:
    """(values, vectors in columns) of square matrices, complex; no gradient."""
    x = _matrix("eig", tensor)
    values, vectors = linear.parts(ops.eig(x), decompose.eigen_shapes(dims(x)[-1]))
    return values, vectors


def eigvals(tensor: Any, name: str | None = None) -> Any:
    """The eigenvalues of square matrices, complex."""
    return eig(tensor)[0]


def expm(input: Any, name: str | None = None) -> Any:
    """The exponential of square matrices (not of their elements)."""
    return ops.matrix_exp(_matrix("expm", input))


def _cutoff(s: Any, x: Any, given: Any, what: str) -> Any:
    if given is not None:
        return as_tensor(given, s.dtype)
    eps = float(np.finfo(s.dtype.np_dtype).eps) * max(dims(x)[-2:])
    if what == "rank":
        return ops.mul(reduce_max(s, axis=[-1], keepdims=True), scalar(eps, s))
    return scalar(10 * eps, s)


def matrix_rank(
    a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None
) -> Any:
    """The number of singular values above ``tol``; int32."""
    x = _matrix("matrix_rank", a)
    s = svd(x, compute_uv=False)
    limit = _cutoff(s, x, tol, "rank")
    return reduce_sum(cast_to(ops.greater(s, limit), int32), axis=[-1])


def pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Any:
    """The Moore-Penrose pseudo-inverse.

    Singular values up to ``rcond`` times the greatest one count as zero.
    """
    x = _matrix("pinv", a)
    s, u, v = svd(x)
    limit = _cutoff(s, x, rcond, "pinv")
    if limit.shape:
        limit = ops.reshape(limit, shape=(*dims(limit), 1))
    limit = ops.mul(limit, reduce_max(s, axis=[-1], keepdims=True))
    above = ops.greater(s, limit)
    safe = ops.select(above, s, scalar(1, s))
    inverse = ops.select(above, ops.div(scalar(1, s), safe), scalar(0, s))
    return matmul(ops.mul(v, cast_to(linear.row(inverse), v.dtype)), u, adjoint_b=True)
