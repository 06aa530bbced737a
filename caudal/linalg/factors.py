"""LU factors and what is solved with them; square roots and logarithms of matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, scalar
from caudal.array.indexing import gather
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import check, convert_to_tensor
from caudal.ir.dtypes import as_dtype, int32
from caudal.linalg.decompositions import _matrix, triangular_solve
from caudal.linalg.matrices import band_part, set_diag
from caudal.linalg.products import matmul
from caudal.math.counting import invert_permutation
from caudal.ops import factor, linear


class Lu(NamedTuple):
    """Both triangles in one matrix (the lower one's diagonal is 1), and the rows' order."""

    lu: Any
    p: Any


def lu(input: Any, output_idx_type: Any = int32, name: str | None = None) -> Lu:
    """The factors of square matrices by elimination with partial pivoting; no gradient.

    Row i of ``L @ U`` is row ``p[i]`` of the input.

    Raises:
        InvalidArgumentError: a matrix is not square or not invertible.

    >>> lu([[1.0, 2.0], [4.0, 2.0]]).p.numpy().tolist()
    [1, 0]
    """
    x = _matrix("lu", input)
    kind = as_dtype(output_idx_type)
    if not kind.is_integer:
        raise DTypeError("lu: expected an integer output_idx_type, received {x}.", x=kind.name)
    both, order = linear.parts(ops.lu(x), factor.lu_shapes(dims(x)[-1]))
    return Lu(both, cast_to(ops.real(order) if order.dtype.is_complex else order, kind))


def _factors(what: str, lower_upper: Any, perm: Any, validate: bool) -> tuple[Any, Any, Any]:
    """(L, U, the order of rows), all checked."""
    both, order = _matrix(what, lower_upper), as_tensor(perm)
    n = dims(both)[-1]
    if dims(both)[-2] != n or dims(order)[-1:] != (n,) or not order.dtype.is_integer:
        raise ShapeError(
            "{what}: expected lower_upper [..., n, n] and integers perm [..., n], received shapes "
            "{first} and {second}.",
            what=what,
            first=dims(both),
            second=dims(order),
        )
    if validate:
        check(_whole_order, order)
    lower = set_diag(
        band_part(both, -1, 0), ops.broadcast_to(scalar(1, both), shape=dims(both)[:-1])
    )
    return lower, band_part(both, 0, -1), order


def _whole_order(order: np.ndarray[Any, Any]) -> None:
    if not (np.sort(order, -1) == np.arange(order.shape[-1])).all():
        raise InvalidArgumentError("lu: perm must hold each row once, received {x}.", x=order)


def _inverse_order(order: Any) -> Any:
    if len(dims(order)) == 1:
        return invert_permutation(order)
    return cast_to(ops.argsort(order, axis=len(dims(order)) - 1, descending=False), order.dtype)


def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """The matrices of which `lu` gave these factors.

    >>> x = [[1.0, 2.0], [4.0, 2.0]]
    >>> lu_reconstruct(*lu(x)).numpy().tolist()
    [[1.0, 2.0], [4.0, 2.0]]
    """
    lower, upper, order = _factors("lu_reconstruct", lower_upper, perm, validate_args)
    whole = matmul(lower, upper)
    batch = len(dims(order)) - 1
    return gather(whole, _inverse_order(order), axis=batch, batch_dims=batch)


def lu_solve(
    lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """The x of ``matrix @ x = rhs`` [..., n, k] from the matrix's factors."""
    lower, upper, order = _factors("lu_solve", lower_upper, perm, validate_args)
    right = as_tensor(rhs, lower.dtype)
    if len(dims(right)) < 2 or dims(right)[-2] != dims(lower)[-1]:
        raise ShapeError(
            "lu_solve: expected rhs [..., {n}, k], received shape {received}.",
            n=dims(lower)[-1],
            received=dims(right),
        )
    batch = np.broadcast_shapes(dims(order)[:-1], dims(right)[:-2])
    right = ops.broadcast_to(right, shape=(*batch, *dims(right)[-2:]))
    order = ops.broadcast_to(order, shape=(*batch, *dims(order)[-1:]))
    turned = gather(right, order, axis=len(batch), batch_dims=len(batch))
    return triangular_solve(upper, triangular_solve(lower, turned), lower=False)


def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Any:
    """The inverses of the matrices of which `lu` gave these factors."""
    both = _matrix("lu_matrix_inverse", lower_upper)
    identity = np.eye(dims(both)[-1], dtype=both.dtype.np_dtype)
    return lu_solve(both, perm, convert_to_tensor(identity), validate_args)


def sqrtm(input: Any, name: str | None = None) -> Any:
    """The principal square roots of square matrices.

    NaN where a matrix of real numbers has a negative eigenvalue: its root is complex.

    >>> sqrtm([[4.0, 0.0], [0.0, 9.0]]).numpy().tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    return ops.matrix_sqrt(_matrix("sqrtm", input))


def logm(input: Any, name: str | None = None) -> Any:
    """The principal logarithms of square complex matrices; no gradient."""
    return ops.matrix_log(_matrix("logm", input))
