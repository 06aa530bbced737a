"""Kronecker products of operators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import dims, scalar
from caudal.linalg.operators.base import LinearOperator, turned
from caudal.linalg.operators.composition import checked, common_batch, every, inherited


class LinearOperatorKronecker(LinearOperator):
    """The Kronecker product of ``operators``, of whose matrices it never makes a big one.

    >>> from caudal.linalg.operators.diag import LinearOperatorDiag
    >>> two = LinearOperatorKronecker([LinearOperatorDiag([1.0, 2.0]), LinearOperatorDiag([3.0])])
    >>> two.diag_part().numpy().tolist()
    [3.0, 6.0]
    """

    def __init__(
        self,
        operators: Sequence[LinearOperator],
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        self.operators = checked("LinearOperatorKronecker", operators)
        super().__init__(
            self.operators[0].dtype,
            **inherited(
                self.operators,
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
            ),
            is_square=is_square or every(self.operators, "is_square"),
            name=name or "_x_".join(part.name for part in self.operators),
            parameters={"operators": list(self.operators)},
        )

    def _shape(self) -> Any:
        rows = math.prod(part.range_dimension for part in self.operators)
        columns = math.prod(part.domain_dimension for part in self.operators)
        return (*common_batch(self.operators), rows, columns)

    def _each(self, x: Any, method: str, adjoint: bool) -> Any:
        """One operator after the other, along an axis of its own."""
        *batch, rows, columns = dims(x)
        batch = list(np.broadcast_shapes(tuple(batch), common_batch(self.operators)))
        x = ops.broadcast_to(x, shape=(*batch, rows, columns))
        rank = len(batch)
        before, after = 1, rows
        for part in self.operators:
            extent = part.range_dimension if adjoint or method == "solve" else part.domain_dimension
            after //= extent
            apart = ops.reshape(x, shape=(*batch, before, extent, after * columns))
            order = (*range(rank), rank + 1, rank, rank + 2)
            moved = ops.transpose(apart, perm=order)
            flat = ops.reshape(moved, shape=(*batch, extent, before * after * columns))
            found = getattr(part, method)(flat, adjoint=adjoint)
            size = dims(found)[-2]
            found = ops.reshape(found, shape=(*batch, size, before, after * columns))
            x = ops.reshape(
                ops.transpose(found, perm=order), shape=(*batch, before * size * after, columns)
            )
            before *= size
        return x

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._each(turned(x, adjoint_arg), "matmul", adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        if not every(self.operators, "is_square"):
            return super()._solve(rhs, adjoint, adjoint_arg)
        return self._each(turned(rhs, adjoint_arg), "solve", adjoint)

    def _outer(self, vectors: list[Any]) -> Any:
        found = vectors[0]
        for vector in vectors[1:]:
            left = ops.reshape(found, shape=(*dims(found), 1))
            right = ops.reshape(vector, shape=(*dims(vector)[:-1], 1, dims(vector)[-1]))
            wide = ops.mul(left, right)
            found = ops.reshape(wide, shape=(*dims(wide)[:-2], math.prod(dims(wide)[-2:])))
        return found

    def _diag_part(self) -> Any:
        if not every(self.operators, "is_square"):
            return super()._diag_part()
        return self._outer([part.diag_part() for part in self.operators])

    def _eigvals(self) -> Any:
        return self._outer([part.eigvals() for part in self.operators])

    def _determinant(self) -> Any:
        if not every(self.operators, "is_square"):
            return super()._determinant()
        found: Any = None
        for part in self.operators:
            one = part.determinant()
            power = scalar(self.domain_dimension // part.domain_dimension, one)
            found = ops.pow(one, power) if found is None else ops.mul(found, ops.pow(one, power))
        return found

    def _log_abs_determinant(self) -> Any:
        if not every(self.operators, "is_square"):
            return super()._log_abs_determinant()
        found: Any = None
        for part in self.operators:
            one = part.log_abs_determinant()
            one = ops.mul(one, scalar(self.domain_dimension // part.domain_dimension, one))
            found = one if found is None else ops.add(found, one)
        return found

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorKronecker([part.adjoint() for part in self.operators])

    def _inverse(self) -> LinearOperator:
        return LinearOperatorKronecker([part.inverse() for part in self.operators])

    def _cholesky(self) -> LinearOperator:
        return LinearOperatorKronecker([part.cholesky() for part in self.operators])
