"""Adjoints of other operators."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.linalg import matrices
from caudal.linalg.operators.base import LinearOperator


class LinearOperatorAdjoint(LinearOperator):
    """The adjoint of ``operator``."""

    def __init__(
        self,
        operator: LinearOperator,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        self.operator = operator
        super().__init__(
            operator.dtype,
            is_non_singular=is_non_singular or operator.is_non_singular,
            is_self_adjoint=is_self_adjoint or operator.is_self_adjoint,
            is_positive_definite=is_positive_definite or operator.is_positive_definite,
            is_square=is_square or operator.is_square,
            name=name or operator.name + "_adjoint",
            parameters={"operator": operator},
        )

    def _shape(self) -> Any:
        *batch, rows, columns = self.operator.extents()
        return (*batch, columns, rows)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self.operator.matmul(x, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self.operator.solve(rhs, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _conj(self, x: Any) -> Any:
        return ops.conj(x) if x.dtype.is_complex else x

    def _to_dense(self) -> Any:
        return matrices.adjoint(self.operator.to_dense())

    def _diag_part(self) -> Any:
        return self._conj(self.operator.diag_part())

    def _trace(self) -> Any:
        return self._conj(self.operator.trace())

    def _determinant(self) -> Any:
        return self._conj(self.operator.determinant())

    def _log_abs_determinant(self) -> Any:
        return self.operator.log_abs_determinant()

    def _cond(self) -> Any:
        return self.operator.cond()

    def _adjoint(self) -> LinearOperator:
        return self.operator
