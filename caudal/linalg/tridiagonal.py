"""Matrices of a few diagonals: products, solutions, eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import dims, floating, static, static_ints, unify
from caudal.array.movement import stack
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.linalg.decompositions import eigh, triangular_solve
from caudal.linalg.matrices import diag, diag_part, matrix_transpose
from caudal.linalg.products import matmul

_FORMATS = ("compact", "sequence", "matrix")


def compact(what: str, diagonals: Any, form: str) -> Any:
    """The diagonals as [..., 3, n]: above, on and below the main one."""
    if form not in _FORMATS:
        raise InvalidArgumentError(
            "{what}: expected diagonals_format to be one of {known}, received {received!r}.",
            what=what,
            known=_FORMATS,
            received=form,
        )
    if form == "matrix":
        return diag_part(floating(what, diagonals), k=(-1, 1), align="LEFT_RIGHT")
    if form == "sequence":
        return stack(_same_length(what, unify(what, *diagonals)), axis=-2)
    x = floating(what, diagonals)
    if len(dims(x)) < 2 or dims(x)[-2] != 3:
        raise ShapeError(
            "{what}: expected diagonals of shape [..., 3, n], received {received}.",
            what=what,
            received=dims(x),
        )
    return x


def _same_length(what: str, rows: list[Any]) -> list[Any]:
    """The three rows, a short first or last one made longer by what is not read."""
    if len(rows) != 3:
        raise InvalidArgumentError(
            "{what}: expected a sequence of 3 diagonals, received {n}.", what=what, n=len(rows)
        )
    above, middle, below = rows
    n = dims(middle)[-1]
    zeros = (0,) * (len(dims(middle)) - 1)
    around = {"interior": (0,) * len(dims(middle)), "value": 0.0}
    if dims(above)[-1] == n - 1:
        above = ops.pad(above, low=(*zeros, 0), high=(*zeros, 1), **around)
    if dims(below)[-1] == n - 1:
        below = ops.pad(below, low=(*zeros, 1), high=(*zeros, 0), **around)
    return [above, middle, below]


def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Any:
    """The product of a tridiagonal matrix and ``rhs`` [..., n, k].

    Args:
        diagonals: "compact": [..., 3, n], the diagonal above, the main one and the one below, the
            last element of the first and the first of the last not read; "sequence": the three
            apart; "matrix": [..., n, n].
        rhs: of the diagonals' dtype.
        diagonals_format: one of those.

    >>> tridiagonal_matmul([[1.0, 0.0], [2.0, 3.0], [0.0, 4.0]], [[1.0], [1.0]]).numpy().tolist()
    [[3.0], [7.0]]
    """
    rows = compact("tridiagonal_matmul", diagonals, diagonals_format)
    rows, right = unify("tridiagonal_matmul", rows, rhs)
    if len(dims(right)) < 2 or dims(right)[-2] != dims(rows)[-1]:
        raise ShapeError(
            "tridiagonal_matmul: expected rhs [..., {n}, k], received shape {received}.",
            n=dims(rows)[-1],
            received=dims(right),
        )
    return matmul(diag(rows, k=(-1, 1), align="LEFT_RIGHT"), right)


def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Any:
    """The solution of a tridiagonal system; ``diagonals`` as in `tridiagonal_matmul`.

    ``rhs`` is [..., n, k], or [..., n] for one right side. It is always solved with pivoting.

    Raises:
        InvalidArgumentError: a system is singular.
    """
    what = "tridiagonal_solve"
    if perturb_singular:
        raise UnimplementedError("tridiagonal_solve: perturb_singular=True is not in Caudal.")
    rows, right = unify(what, compact(what, diagonals, diagonals_format), rhs)
    alone = len(dims(right)) == len(dims(rows)) - 1
    if alone:
        right = ops.reshape(right, shape=(*dims(right), 1))
    elif transpose_rhs:
        right = matrix_transpose(right)
    if conjugate_rhs and right.dtype.is_complex:
        right = ops.conj(right)
    found = ops.tridiagonal_solve(rows, right)
    return ops.reshape(found, shape=dims(found)[:-1]) if alone else found


def banded_triangular_solve(
    bands: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Any:
    """The solution of a triangular system of few diagonals.

    Args:
        bands: [..., diagonals, n]. Of a lower triangle the main diagonal is the first row, and
            the i-th row's first i elements are not read; of an upper one it is the last row, and
            short rows stand at the left.
        rhs: [..., n, k].
        lower: which triangle it is.
        adjoint: whether the system is that of the adjoint matrix.
    """
    what = "banded_triangular_solve"
    x, right = unify(what, floating(what, bands), rhs)
    if len(dims(x)) < 2 or dims(x)[-2] > dims(x)[-1] or len(dims(right)) < 2:
        raise ShapeError(
            "banded_triangular_solve: expected bands [..., diagonals, n], no more diagonals than "
            "n, and rhs [..., n, k], received shapes {first} and {second}.",
            first=dims(x),
            second=dims(right),
        )
    count = dims(x)[-2]
    k = (1 - count, 0) if lower else (0, count - 1)
    whole = diag(x, k=k, align="LEFT_RIGHT") if count > 1 else diag(x[..., 0, :])
    return triangular_solve(whole, right, lower=lower, adjoint=adjoint)


def eigh_tridiagonal(
    alpha: Any,
    beta: Any,
    eigvals_only: bool = True,
    select: str = "a",
    select_range: Any = None,
    tol: Any = None,
    name: str | None = None,
) -> Any:
    """The eigenvalues of a symmetric tridiagonal matrix, in rising order.

    Args:
        alpha: the main diagonal [n], floats.
        beta: the diagonal beside it [n - 1].
        eigvals_only: without it (values, vectors in columns).
        select: "a" for all, "i" for those of the indices, "v" for those within the values of
            ``select_range``; the latter must be known when a function is traced.
        select_range: (first, last).
        tol: accepted: the values are those of LAPACK's whole accuracy.
    """
    what = "eigh_tridiagonal"
    a, b = unify(what, floating(what, alpha, complex_too=False), beta)
    if len(dims(a)) != 1 or dims(b) != (dims(a)[0] - 1,):
        raise ShapeError(
            "eigh_tridiagonal: expected alpha [n] and beta [n - 1], received shapes {first} and "
            "{second}.",
            first=dims(a),
            second=dims(b),
        )
    whole = ops.add(diag(a), diag(b, k=-1)) if dims(b)[0] else diag(a)
    values, vectors = eigh(whole)
    if select != "a":
        chosen = _chosen(select, select_range, values)
        values, vectors = values[chosen], vectors[:, chosen]
    return values if eigvals_only else (values, vectors)


def _chosen(select: str, limits: Any, values: Any) -> slice:
    if select not in ("i", "v") or limits is None or len(limits) != 2:
        raise InvalidArgumentError(
            "eigh_tridiagonal: expected select 'a', 'i' or 'v', the last two with a pair "
            "select_range, received {select!r} and {limits}.",
            select=select,
            limits=limits,
        )
    if select == "i":
        first, last = static_ints(limits, "eigh_tridiagonal: select_range")
        return slice(first, last + 1)
    known = static(values, "eigh_tridiagonal: the eigenvalues of select='v'")
    inside = np.flatnonzero((known > float(limits[0])) & (known <= float(limits[1])))
    begin = int(inside[0]) if inside.size else 0
    return slice(begin, begin + inside.size)
