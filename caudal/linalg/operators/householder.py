"""Reflections."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, scalar
from caudal.array.create import eye
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor
from caudal.linalg import matrices
from caudal.linalg.operators.base import LinearOperator, column, tensor, turned
from caudal.linalg.products import matmul


class LinearOperatorHouseholder(LinearOperator):
    """``I - 2 v v^H / (v^H v)``: a reflection across ``reflection_axis`` [..., n]."""

    def __init__(
        self,
        reflection_axis: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorHouseholder",
    ) -> None:
        self._axis = tensor(reflection_axis, "LinearOperatorHouseholder: reflection_axis")
        if not dims(self._axis):
            raise ShapeError("LinearOperatorHouseholder: expected an axis [..., n], not a scalar.")
        super().__init__(
            self._axis.dtype,
            is_non_singular=True,
            is_self_adjoint=True,
            is_positive_definite=is_positive_definite,
            is_square=True,
            name=name,
            parameters={"reflection_axis": self._axis},
        )

    @property
    def reflection_axis(self) -> Any:
        """What it reflects across."""
        return self._axis

    def _shape(self) -> Any:
        return (*dims(self._axis), dims(self._axis)[-1])

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = turned(x, adjoint_arg)
        unit = column(matrices.l2_normalize(as_tensor(self._axis), axis=-1))
        along = matmul(unit, matmul(unit, x, adjoint_a=True))
        return ops.sub(x, ops.mul(along, scalar(2, x)))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        # A reflection is its own inverse.
        return self._matmul(rhs, adjoint, adjoint_arg)

    def _to_dense(self) -> Any:
        return self._matmul(eye(self.domain_dimension, dtype=self.dtype))

    def _constant(self, value: Any, shape: Any) -> Any:
        return convert_to_tensor(np.broadcast_to(np.asarray(value, self.dtype.np_dtype), shape))

    def _trace(self) -> Any:
        return self._constant(self.domain_dimension - 2, dims(self._axis)[:-1])

    def _determinant(self) -> Any:
        return self._constant(-1, dims(self._axis)[:-1])

    def _log_abs_determinant(self) -> Any:
        return self._constant(0, dims(self._axis)[:-1])

    def _eigvals(self) -> Any:
        values = np.ones(self.domain_dimension)
        values[0] = -1
        return self._constant(values, dims(self._axis))

    def _cond(self) -> Any:
        return self._constant(1, dims(self._axis)[:-1])

    def _inverse(self) -> LinearOperator:
        return self
