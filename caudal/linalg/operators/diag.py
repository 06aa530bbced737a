"""Diagonal matrices."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, dims, scalar
from caudal.errors import ShapeError
from caudal.linalg import matrices
from caudal.linalg.operators.base import LinearOperator, column, tensor, turned
from caudal.math.reduce import reduce_max, reduce_min, reduce_prod, reduce_sum


class LinearOperatorDiag(LinearOperator):
    """The matrices of which ``diag`` [..., n] is the diagonal, zero elsewhere.

    >>> LinearOperatorDiag([1.0, 2.0]).matvec([3.0, 4.0]).numpy().tolist()
    [3.0, 8.0]
    """

    def __init__(
        self,
        diag: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorDiag",
    ) -> None:
        self._diag = tensor(diag, "LinearOperatorDiag: diag")
        if not dims(self._diag):
            raise ShapeError("LinearOperatorDiag: expected diag [..., n], received a scalar.")
        real = not self._diag.dtype.is_complex
        super().__init__(
            self._diag.dtype,
            is_non_singular=is_non_singular,
            is_self_adjoint=True if real else is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=True,
            name=name,
            parameters={"diag": self._diag},
        )

    @property
    def diag(self) -> Any:
        """The diagonal."""
        return self._diag

    def _shape(self) -> Any:
        return (*dims(self._diag), dims(self._diag)[-1])

    def _diag_part(self) -> Any:
        return as_tensor(self._diag)

    def _factor(self, adjoint: bool) -> Any:
        found = self._diag_part()
        return ops.conj(found) if adjoint and found.dtype.is_complex else found

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return ops.mul(column(self._factor(adjoint)), turned(x, adjoint_arg))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return ops.div(turned(rhs, adjoint_arg), column(self._factor(adjoint)))

    def _to_dense(self) -> Any:
        return matrices.diag(self._diag_part())

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """The matrix plus a tensor, of which the diagonal alone changes."""
        other = as_tensor(x, self.dtype)
        return matrices.set_diag(other, ops.add(self._diag_part(), matrices.diag_part(other)))

    def _determinant(self) -> Any:
        return reduce_prod(self._diag_part(), axis=-1)

    def _log_abs_determinant(self) -> Any:
        return reduce_sum(ops.log(ops.abs(self._diag_part())), axis=-1)

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _cond(self) -> Any:
        size = ops.abs(self._diag_part())
        return ops.div(reduce_max(size, axis=-1), reduce_min(size, axis=-1))

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorDiag(self._factor(True), **self._kept())

    def _inverse(self) -> LinearOperator:
        known = self._diag_part()
        return LinearOperatorDiag(ops.div(scalar(1, known), known), **self._kept())

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorDiag(ops.sqrt(self._diag_part()), **self._kept())

    def _kept(self) -> dict[str, Any]:
        return {
            "is_non_singular": self.is_non_singular,
            "is_positive_definite": self.is_positive_definite,
        }
