"""Matrices without a structure."""

from __future__ import annotations

from typing import Any

from caudal.array.arguments import as_tensor, dims
from caudal.errors import ShapeError
from caudal.linalg.operators.base import LinearOperator, dense_product, tensor


class LinearOperatorFullMatrix(LinearOperator):
    """The matrices ``matrix`` [..., m, n].

    >>> LinearOperatorFullMatrix([[1.0, 2.0], [0.0, 1.0]]).matvec([1.0, 1.0]).numpy().tolist()
    [3.0, 1.0]
    """

    def __init__(
        self,
        matrix: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorFullMatrix",
    ) -> None:
        self._matrix = tensor(matrix, "LinearOperatorFullMatrix: matrix")
        if len(dims(self._matrix)) < 2:
            raise ShapeError(
                "LinearOperatorFullMatrix: expected matrix [..., m, n], received shape {shape}.",
                shape=dims(self._matrix),
            )
        super().__init__(
            self._matrix.dtype,
            is_non_singular=is_non_singular,
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=is_square,
            name=name,
            parameters={"matrix": self._matrix},
        )

    @property
    def matrix(self) -> Any:
        """The matrix."""
        return self._matrix

    def _shape(self) -> Any:
        return dims(self._matrix)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return dense_product(self._matrix, x, adjoint, adjoint_arg)

    def _to_dense(self) -> Any:
        return as_tensor(self._matrix)
