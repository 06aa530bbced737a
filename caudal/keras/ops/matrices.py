"""``keras.ops``: inverses, solutions, decompositions of matrices; derivatives along directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from caudal import linalg
from caudal.array import movement
from caudal.array.indexing import argsort
from caudal.errors import InvalidArgumentError
from caudal.framework import ForwardAccumulator, nest
from caudal.keras.ops.promotion import common, floating


class SlogdetResult(NamedTuple):
    """The sign of a determinant and the logarithm of its absolute value."""

    sign: Any
    logabsdet: Any


def _turned(x: Any) -> Any:
    rank = len(x.shape)
    return movement.transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def cholesky(x: Any, upper: bool = False) -> Any:
    """The triangular factor of positive definite matrices: L of ``L @ L^T``, or its transpose.

    >>> cholesky([[4.0, 0.0], [0.0, 9.0]]).numpy().tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    factor = linalg.cholesky(floating(x))
    return _turned(factor) if upper else factor


def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """The inverse of the matrices whose Cholesky factors are given."""
    factor = floating(x)
    inverse = linalg.inv(_turned(factor) if upper else factor)
    return linalg.matmul(inverse, inverse, transpose_a=True)


def det(x: Any) -> Any:
    """The determinants of square matrices."""
    return linalg.det(floating(x))


def lu_factor(x: Any) -> tuple[Any, Any]:
    """Both triangles of square matrices in one (L's diagonal of ones left out), and the rows.

    The second result says, int32, to which row of ``L @ U`` each row of the matrix went, as Keras
    has it on TensorFlow.

    >>> lu_factor([[1.0, 2.0], [4.0, 2.0]])[0].numpy().tolist()
    [[4.0, 2.0], [0.25, 1.5]]
    """
    both, order = linalg.lu(floating(x))
    return both, argsort(order, axis=-1)


def slogdet(x: Any) -> SlogdetResult:
    """Sign and logarithm of the absolute value of the determinants."""
    return SlogdetResult(*linalg.slogdet(floating(x)))


def logdet(x: Any) -> Any:
    """The logarithm of the determinants of positive definite matrices."""
    return linalg.logdet(floating(x))


def inv(x: Any) -> Any:
    """The inverses of square matrices."""
    return linalg.inv(floating(x))


def pinv(x: Any, rcond: Any = None) -> Any:
    """The Moore-Penrose pseudo-inverses; singular values up to ``rcond`` of the greatest are 0."""
    return linalg.pinv(floating(x), rcond)


def matrix_rank(x: Any, tol: Any = None) -> Any:
    """How many singular values are above ``tol``."""
    return linalg.matrix_rank(floating(x), tol)


def eig(x: Any) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors (in columns) of square matrices, complex."""
    return linalg.eig(floating(x))


def eigh(x: Any) -> tuple[Any, Any]:
    """Eigenvalues in rising order and eigenvectors (in columns) of symmetric matrices."""
    return linalg.eigh(floating(x))


def qr(x: Any, mode: str = "reduced") -> tuple[Any, Any]:
    """The orthogonal and upper triangular factors; mode: "reduced" or "complete"."""
    if mode not in ("reduced", "complete"):
        raise InvalidArgumentError(
            "`mode` argument value not supported. Expected one of {{'reduced', 'complete'}}. "
            "Received: mode={mode!r}",
            mode=mode,
        )
    return tuple(linalg.qr(floating(x), full_matrices=mode == "complete"))


def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """(u, s, vh) with ``u @ diag(s) @ vh`` the input; s alone without ``compute_uv``."""
    found = linalg.svd(floating(x), full_matrices, compute_uv)
    return (found[1], found[0], linalg.adjoint(found[2])) if compute_uv else found


def _columns(what: str, a: Any, b: Any) -> tuple[Any, Any, bool]:
    """Both as matrices, and whether b was a vector."""
    x, y = (floating(value) for value in common(a, b))
    vector = len(y.shape) == len(x.shape) - 1
    y = movement.expand_dims(y, -1) if vector else y
    if len(x.shape) < 2 or len(y.shape) < 2 or int(x.shape[-2]) != int(y.shape[-2]):
        raise InvalidArgumentError(
            "keras.ops.{what}: incompatible shapes: a={a}, b={b}.",
            what=what,
            a=tuple(x.shape),
            b=tuple(y.shape),
        )
    return x, y, vector


def solve(a: Any, b: Any) -> Any:
    """The x of ``a @ x = b``; b holds vectors or matrices.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).numpy().tolist()
    [1.0, 0.5]
    """
    x, y, vector = _columns("solve", a, b)
    found = linalg.solve(x, y)
    return movement.squeeze(found, [-1]) if vector else found


def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """`solve` for triangular matrices."""
    x, y, vector = _columns("solve_triangular", a, b)
    found = linalg.triangular_solve(x, y, lower=lower)
    return movement.squeeze(found, [-1]) if vector else found


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The x of least ``|a @ x - b|``; singular values up to ``rcond`` of the greatest are 0."""
    x, y, vector = _columns("lstsq", a, b)
    found = linalg.matmul(linalg.pinv(x, rcond), y)
    return movement.squeeze(found, [-1]) if vector else found


def jvp(fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """(outputs, their derivatives along ``tangents``) of ``fun(*primals)``.

    has_aux: ``fun`` returns (outputs, more), and ``more`` comes third.

    >>> y, change = jvp(lambda x: x * x, (3.0,), (1.0,))
    >>> float(y), float(change)
    (9.0, 6.0)
    """
    given = [floating(value) for value in primals]
    along = [floating(value) for value in tangents]
    with ForwardAccumulator(given, along) as forward:
        found = fun(*given)
    outputs, more = found if has_aux else (found, None)
    changes = nest.map_structure(forward.jvp, outputs)
    return (outputs, changes, more) if has_aux else (outputs, changes)
