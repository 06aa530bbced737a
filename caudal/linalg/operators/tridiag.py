"""Tridiagonal matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims
from caudal.linalg.matrices import diag
from caudal.linalg.operators.base import LinearOperator, dense_product, spread, tensor, turned
from caudal.linalg.tridiagonal import compact
from caudal.ops.factor import transposed_diagonals


class LinearOperatorTridiag(LinearOperator):
    """The matrices with these three ``diagonals``, in a form of `tf.linalg.tridiagonal_solve`."""

    def __init__(
        self,
        diagonals: Any,
        diagonals_format: str = "compact",
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorTridiag",
    ) -> None:
        self.diagonals_format = diagonals_format
        self._diagonals = (
            [tensor(part, name) for part in diagonals]
            if diagonals_format == "sequence"
            else tensor(diagonals, name)
        )
        super().__init__(
            self._rows().dtype,
            is_non_singular=is_non_singular,
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=True,
            name=name,
            parameters={"diagonals": self._diagonals},
        )

    @property
    def diagonals(self) -> Any:
        """What it was made of."""
        return self._diagonals

    def _rows(self) -> Any:
        return as_tensor(compact("LinearOperatorTridiag", self._diagonals, self.diagonals_format))

    def _shape(self) -> Any:
        *batch, _, n = dims(self._rows())
        return (*batch, n, n)

    def _to_dense(self) -> Any:
        return diag(self._rows(), k=(-1, 1), align="LEFT_RIGHT")

    def _diag_part(self) -> Any:
        return self._rows()[..., 1, :]

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return dense_product(self._to_dense(), x, adjoint, adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rows, right = self._rows(), turned(rhs, adjoint_arg)
        if adjoint:
            rows = transposed_diagonals(rows)
            rows = ops.conj(rows) if rows.dtype.is_complex else rows
        batch = np.broadcast_shapes(dims(rows)[:-2], dims(right)[:-2])
        return ops.tridiagonal_solve(spread(rows, batch), spread(right, batch))
