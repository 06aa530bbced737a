"""Toeplitz matrices: constant along every diagonal."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims
from caudal.array.movement import concat, reverse
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import complex64, complex128, float64
from caudal.linalg.matrices import matrix_transpose
from caudal.linalg.operators.base import LinearOperator, tensor, turned


class LinearOperatorToeplitz(LinearOperator):
    """The matrices with first column ``col`` and first row ``row``, both [..., n].

    Their first elements should agree; ``col``'s is taken. It is applied by Fourier transforms of
    twice the length.

    >>> LinearOperatorToeplitz([1.0, 2.0], [1.0, 3.0]).to_dense().numpy().tolist()
    [[1.0, 3.0], [2.0, 1.0]]
    """

    def __init__(
        self,
        col: Any,
        row: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorToeplitz",
    ) -> None:
        self._col, self._row = tensor(col, name + ": col"), tensor(row, name + ": row")
        if not dims(self._col) or dims(self._col)[-1:] != dims(self._row)[-1:]:
            raise ShapeError(
                "{name}: expected col and row [..., n], received shapes {col} and {row}.",
                name=name,
                col=dims(self._col),
                row=dims(self._row),
            )
        super().__init__(
            self._row.dtype,
            is_non_singular=is_non_singular,
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=True,
            name=name,
            parameters={"col": self._col, "row": self._row},
        )

    @property
    def col(self) -> Any:
        """The first column."""
        return self._col

    @property
    def row(self) -> Any:
        """The first row."""
        return self._row

    def _shape(self) -> Any:
        n = dims(self._col)[-1]
        return (*np.broadcast_shapes(dims(self._col)[:-1], dims(self._row)[:-1]), n, n)

    def _ends(self, adjoint: bool) -> tuple[Any, Any]:
        """First column and first row, spread along the batch."""
        shape = self.extents()[:-1]
        col = ops.broadcast_to(as_tensor(self._col), shape=shape)
        row = ops.broadcast_to(as_tensor(self._row), shape=shape)
        if not adjoint:
            return col, row
        # The corner is the column's in both.
        whole = concat([col[..., :1], row[..., 1:]], axis=-1)
        return (ops.conj(whole), ops.conj(col)) if col.dtype.is_complex else (whole, col)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = turned(x, adjoint_arg)
        col, row = self._ends(adjoint)
        n = self.domain_dimension
        # A circulant of twice the size has it in its corner; the element between is free.
        circle = concat([col, col[..., :1], reverse(row[..., 1:], axis=[-1])], axis=-1)
        wide = complex128 if self.dtype in (float64, complex128) else complex64
        spectrum = ops.fft(cast_to(circle, wide), inverse=False)
        lines = cast_to(matrix_transpose(x), wide)
        zeros = (0,) * len(dims(lines))
        padded = ops.pad(lines, low=zeros, high=(*zeros[1:], n), interior=zeros, value=0.0)
        factor = ops.reshape(spectrum, shape=(*dims(spectrum)[:-1], 1, 2 * n))
        product = ops.mul(ops.fft(padded, inverse=False), factor)
        found = matrix_transpose(ops.fft(product, inverse=True)[..., :n])
        return found if self.dtype.is_complex else ops.real(found)

    def _to_dense(self) -> Any:
        col, row = self._ends(False)
        n = self.domain_dimension
        values = concat([reverse(row[..., 1:], axis=[-1]), col], axis=-1)
        place = np.arange(n)[:, None] - np.arange(n)[None] + n - 1
        return ops.gather(values, convert_to_tensor(place), axis=len(dims(values)) - 1)

    def _diag_part(self) -> Any:
        col, _ = self._ends(False)
        return ops.broadcast_to(col[..., :1], shape=dims(col))
