"""Inverses of other operators."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import scalar
from caudal.errors import InvalidArgumentError
from caudal.linalg.operators.base import LinearOperator


class LinearOperatorInversion(LinearOperator):
    """The inverse of ``operator``: applied by solving.

    Raises:
        InvalidArgumentError: it is known to be singular.
    """

    def __init__(
        self,
        operator: LinearOperator,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        if operator.is_non_singular is False or is_non_singular is False:
            raise InvalidArgumentError(
                "LinearOperatorInversion: expected a non-singular operator, received {operator}.",
                operator=operator,
            )
        self.operator = operator
        super().__init__(
            operator.dtype,
            is_non_singular=True,
            is_self_adjoint=is_self_adjoint or operator.is_self_adjoint,
            is_positive_definite=is_positive_definite or operator.is_positive_definite,
            is_square=True,
            name=name or operator.name + "_inv",
            parameters={"operator": operator},
        )

    def _shape(self) -> Any:
        return self.operator.extents()

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self.operator.solve(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self.operator.matmul(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _determinant(self) -> Any:
        found = self.operator.determinant()
        return ops.div(scalar(1, found), found)

    def _log_abs_determinant(self) -> Any:
        return ops.neg(self.operator.log_abs_determinant())

    def _eigvals(self) -> Any:
        found = self.operator.eigvals()
        return ops.div(scalar(1, found), found)

    def _cond(self) -> Any:
        return self.operator.cond()

    def _inverse(self) -> LinearOperator:
        return self.operator
