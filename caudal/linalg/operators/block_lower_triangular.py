"""Operators as the blocks of a lower triangle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import dims
from caudal.array.movement import concat
from caudal.errors import InvalidArgumentError
from caudal.linalg.operators.base import LinearOperator, spread, turned
from caudal.linalg.operators.composition import checked, common_batch, every


class LinearOperatorBlockLowerTriangular(LinearOperator):
    """Row i of ``operators`` has its i + 1 blocks; those on the diagonal are square.

    Raises:
        InvalidArgumentError: the rows are no lower triangle.
    """

    def __init__(
        self,
        operators: Sequence[Sequence[LinearOperator]],
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorBlockLowerTriangular",
    ) -> None:
        self.operators = [list(row) for row in operators]
        flat = checked(name, [part for row in self.operators for part in row])
        self._diagonal = [row[-1] for row in self.operators]
        widths = [part.domain_dimension for part in self._diagonal]
        for i, row in enumerate(self.operators):
            rows, columns = self._diagonal[i].range_dimension, widths[: i + 1]
            fits = [part.domain_dimension for part in row] == columns
            if not fits or rows != widths[i] or any(p.range_dimension != rows for p in row):
                raise InvalidArgumentError(
                    "{name}: row {i} must have {n} blocks of {rows} rows and of the diagonal "
                    "blocks' columns, received shapes {shapes}.",
                    name=name,
                    i=i,
                    n=i + 1,
                    rows=rows,
                    shapes=[str(part.shape) for part in row],
                )
        super().__init__(
            flat[0].dtype,
            is_non_singular=is_non_singular or every(self._diagonal, "is_non_singular"),
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=True,
            name=name,
            parameters={"operators": self.operators},
        )

    def _flat(self) -> list[LinearOperator]:
        return [part for row in self.operators for part in row]

    def _shape(self) -> Any:
        size = sum(part.domain_dimension for part in self._diagonal)
        return (*common_batch(self._flat()), size, size)

    def _blocks(self, x: Any) -> list[Any]:
        found, at = [], 0
        for part in self._diagonal:
            found.append(x[..., at : at + part.domain_dimension, :])
            at += part.domain_dimension
        return found

    def _joined(self, blocks: list[Any]) -> Any:
        batch = np.broadcast_shapes(*(dims(block)[:-2] for block in blocks))
        return concat([spread(block, batch) for block in blocks], axis=-2)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        blocks = self._blocks(turned(x, adjoint_arg))
        count = len(blocks)
        found = []
        for i in range(count):
            # The adjoint has block (k, i) adjoint in the place of block (i, k).
            others = range(i, count) if adjoint else range(i + 1)
            sums: Any = None
            for k in others:
                part = self.operators[k][i] if adjoint else self.operators[i][k]
                one = part.matmul(blocks[k], adjoint=adjoint)
                sums = one if sums is None else ops.add(sums, one)
            found.append(sums)
        return self._joined(found)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        blocks = self._blocks(turned(rhs, adjoint_arg))
        count = len(blocks)
        found: list[Any] = [None] * count
        for i in reversed(range(count)) if adjoint else range(count):
            rest = blocks[i]
            for k in range(i + 1, count) if adjoint else range(i):
                part = self.operators[k][i] if adjoint else self.operators[i][k]
                rest = ops.sub(rest, part.matmul(found[k], adjoint=adjoint))
            found[i] = self._diagonal[i].solve(rest, adjoint=adjoint)
        return self._joined(found)

    def _to_dense(self) -> Any:
        identity = np.eye(self.domain_dimension, dtype=self.dtype.np_dtype)
        return self.matmul(identity)

    def _diag_part(self) -> Any:
        batch = common_batch(self._flat())
        parts = [part.diag_part() for part in self._diagonal]
        return concat([ops.broadcast_to(p, shape=(*batch, dims(p)[-1])) for p in parts], axis=-1)

    def _determinant(self) -> Any:
        found = self._diagonal[0].determinant()
        for part in self._diagonal[1:]:
            found = ops.mul(found, part.determinant())
        return found

    def _log_abs_determinant(self) -> Any:
        found = self._diagonal[0].log_abs_determinant()
        for part in self._diagonal[1:]:
            found = ops.add(found, part.log_abs_determinant())
        return found
