"""Operators side by side along a diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import dims
from caudal.array.movement import concat
from caudal.linalg.operators.base import LinearOperator, spread, turned
from caudal.linalg.operators.composition import checked, common_batch, every, inherited


class LinearOperatorBlockDiag(LinearOperator):
    """``operators`` one after another along the diagonal, zeros beside them."""

    def __init__(
        self,
        operators: Sequence[LinearOperator],
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str | None = None,
    ) -> None:
        self.operators = checked("LinearOperatorBlockDiag", operators)
        super().__init__(
            self.operators[0].dtype,
            **inherited(
                self.operators,
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
            ),
            is_square=every(self.operators, "is_square"),
            name=name or "_ds_".join(part.name for part in self.operators),
            parameters={"operators": list(self.operators)},
        )

    def _shape(self) -> Any:
        rows = sum(part.range_dimension for part in self.operators)
        columns = sum(part.domain_dimension for part in self.operators)
        return (*common_batch(self.operators), rows, columns)

    def matmul(
        self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul"
    ) -> Any:
        """As of any operator; a list has the blocks of ``x``, and gives those of the result."""
        if isinstance(x, list | tuple) and len(x) == len(self.operators) and _is_blocks(x):
            return [
                part.matmul(block, adjoint=adjoint, adjoint_arg=adjoint_arg)
                for part, block in zip(self.operators, x, strict=True)
            ]
        return super().matmul(x, adjoint, adjoint_arg)

    def _each(self, x: Any, method: str, adjoint: bool) -> Any:
        found, at = [], 0
        for part in self.operators:
            extent = part.range_dimension if adjoint or method == "solve" else part.domain_dimension
            found.append(getattr(part, method)(x[..., at : at + extent, :], adjoint=adjoint))
            at += extent
        batch = np.broadcast_shapes(*(dims(block)[:-2] for block in found))
        return concat([spread(block, batch) for block in found], axis=-2)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._each(turned(x, adjoint_arg), "matmul", adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._each(turned(rhs, adjoint_arg), "solve", adjoint)

    def _joined(self, vectors: list[Any]) -> Any:
        batch = common_batch(self.operators)
        wide = [ops.broadcast_to(v, shape=(*batch, dims(v)[-1])) for v in vectors]
        return concat(wide, axis=-1)

    def _diag_part(self) -> Any:
        if not self.is_square:
            return super()._diag_part()
        return self._joined([part.diag_part() for part in self.operators])

    def _eigvals(self) -> Any:
        return self._joined([part.eigvals() for part in self.operators])

    def _determinant(self) -> Any:
        found = self.operators[0].determinant()
        for part in self.operators[1:]:
            found = ops.mul(found, part.determinant())
        return found

    def _log_abs_determinant(self) -> Any:
        found = self.operators[0].log_abs_determinant()
        for part in self.operators[1:]:
            found = ops.add(found, part.log_abs_determinant())
        return found

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorBlockDiag([part.adjoint() for part in self.operators])

    def _inverse(self) -> LinearOperator:
        return LinearOperatorBlockDiag([part.inverse() for part in self.operators])

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorBlockDiag([part.cholesky() for part in self.operators])


def _is_blocks(x: Any) -> bool:
    return all(hasattr(block, "shape") and len(block.shape) >= 2 for block in x)
