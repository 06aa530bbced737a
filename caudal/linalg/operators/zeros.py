"""Matrices of zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import dims, static_int, static_ints
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32
from caudal.linalg.operators.base import LinearOperator, turned


class LinearOperatorZeros(LinearOperator):
    """Zeros of ``num_rows`` and ``num_columns`` (as many by default).

    >>> LinearOperatorZeros(2, dtype="float32").matvec([3.0, 4.0]).numpy().tolist()
    [0.0, 0.0]
    """

    def __init__(
        self,
        num_rows: Any,
        num_columns: Any = None,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = False,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = False,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorZeros",
    ) -> None:
        rows = static_int(num_rows, "LinearOperatorZeros: num_rows")
        columns = rows if num_columns is None else static_int(num_columns, "num_columns")
        batch = () if batch_shape is None else static_ints(batch_shape, "batch_shape")
        if is_non_singular or is_positive_definite or min(rows, columns, *batch, 0) < 0:
            raise InvalidArgumentError(
                "LinearOperatorZeros: expected extents of at least 0 and no promise of being "
                "non-singular or positive definite, received {rows} x {columns}.",
                rows=rows,
                columns=columns,
            )
        self._extents = (*batch, rows, columns)
        super().__init__(
            float32 if dtype is None else as_dtype(dtype),
            is_non_singular=False,
            is_self_adjoint=bool(is_self_adjoint and rows == columns),
            is_positive_definite=False,
            is_square=rows == columns,
            name=name,
        )

    def _zeros(self, shape: Any) -> Any:
        return convert_to_tensor(np.zeros(shape, self.dtype.np_dtype))

    def _shape(self) -> Any:
        return self._extents

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        found = dims(turned(x, adjoint_arg))
        batch = np.broadcast_shapes(self._extents[:-2], found[:-2])
        rows = self._extents[-1 if adjoint else -2]
        return self._zeros((*batch, rows, found[-1]))

    def _to_dense(self) -> Any:
        return self._zeros(self._extents)

    def _determinant(self) -> Any:
        return self._zeros(self._extents[:-2])

    def _eigvals(self) -> Any:
        return self._zeros(self._extents[:-1])

    def _adjoint(self) -> LinearOperator:
        *batch, rows, columns = self._extents
        return LinearOperatorZeros(columns, rows, batch, self.dtype)
