"""The identity, and multiples of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, scalar, static_int, static_ints
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32
from caudal.linalg.operators.base import LinearOperator, spread, tensor, turned


class _Scaled(LinearOperator):
    """``factor`` [...] on the diagonal of n rows."""

    _rows: int

    def factor(self) -> Any:
        """What is on the diagonal."""
        raise NotImplementedError

    def _shape(self) -> Any:
        return (*dims(self.factor()), self._rows, self._rows)

    def _scale(self, adjoint: bool) -> Any:
        found = self.factor()
        found = ops.conj(found) if adjoint and found.dtype.is_complex else found
        return ops.reshape(found, shape=(*dims(found), 1, 1))

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return ops.mul(self._scale(adjoint), turned(x, adjoint_arg))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return ops.div(turned(rhs, adjoint_arg), self._scale(adjoint))

    def _diag_part(self) -> Any:
        found = self.factor()
        shape = dims(found)
        wide = ops.reshape(found, shape=(*shape, 1))
        return ops.broadcast_to(wide, shape=(*shape, self._rows))

    def _trace(self) -> Any:
        return ops.mul(self.factor(), scalar(self._rows, self.factor()))

    def _determinant(self) -> Any:
        return ops.pow(self.factor(), scalar(self._rows, self.factor()))

    def _log_abs_determinant(self) -> Any:
        size = ops.log(ops.abs(self.factor()))
        return ops.mul(size, scalar(self._rows, size))

    def _eigvals(self) -> Any:
        return self._diag_part()

    def _cond(self) -> Any:
        size = ops.abs(self.factor())
        return ops.div(size, size)


class LinearOperatorIdentity(_Scaled):
    """The identity of ``num_rows``, in a batch of ``batch_shape``.

    >>> LinearOperatorIdentity(2).matvec([3.0, 4.0]).numpy().tolist()
    [3.0, 4.0]
    """

    def __init__(
        self,
        num_rows: Any,
        batch_shape: Any = None,
        dtype: Any = None,
        is_non_singular: bool | None = True,
        is_self_adjoint: bool | None = True,
        is_positive_definite: bool | None = True,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorIdentity",
    ) -> None:
        self._rows = _count(num_rows)
        self._batch = () if batch_shape is None else static_ints(batch_shape, "batch_shape")
        if not (is_self_adjoint and is_non_singular and is_positive_definite and is_square):
            raise InvalidArgumentError(
                "LinearOperatorIdentity: an identity is self-adjoint, positive definite, "
                "non-singular and square; no promise may say otherwise."
            )
        super().__init__(
            float32 if dtype is None else as_dtype(dtype),
            is_non_singular=True,
            is_self_adjoint=True,
            is_positive_definite=True,
            is_square=True,
            name=name,
        )

    def factor(self) -> Any:
        """Ones."""
        return convert_to_tensor(np.ones(self._batch, self.dtype.np_dtype))

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        found = turned(x, adjoint_arg)
        return spread(found, np.broadcast_shapes(self._batch, dims(found)[:-2]))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._matmul(rhs, adjoint, adjoint_arg)

    def _inverse(self) -> LinearOperator:
        return self

    def _cholesky(self) -> LinearOperator:
        return self


class LinearOperatorScaledIdentity(_Scaled):
    """``multiplier`` [...] times the identity of ``num_rows``.

    >>> LinearOperatorScaledIdentity(2, 3.0).to_dense().numpy().tolist()
    [[3.0, 0.0], [0.0, 3.0]]
    """

    def __init__(
        self,
        num_rows: Any,
        multiplier: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        assert_proper_shapes: bool = False,
        name: str = "LinearOperatorScaledIdentity",
    ) -> None:
        self._rows = _count(num_rows)
        self._multiplier = tensor(multiplier, "LinearOperatorScaledIdentity: multiplier")
        real = not self._multiplier.dtype.is_complex
        super().__init__(
            self._multiplier.dtype,
            is_non_singular=is_non_singular,
            is_self_adjoint=True if real else is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=is_square,
            name=name,
            parameters={"multiplier": self._multiplier},
        )

    @property
    def multiplier(self) -> Any:
        """The factor."""
        return self._multiplier

    def factor(self) -> Any:
        """The factor, as a tensor."""
        return as_tensor(self._multiplier)

    def _with(self, factor: Any) -> LinearOperator:
        return LinearOperatorScaledIdentity(
            self._rows,
            factor,
            is_non_singular=self.is_non_singular,
            is_positive_definite=self.is_positive_definite,
        )

    def _adjoint(self) -> LinearOperator:
        return self._with(ops.conj(self.factor()))

    def _inverse(self) -> LinearOperator:
        return self._with(ops.div(scalar(1, self.factor()), self.factor()))

    def _cholesky(self) -> LinearOperator:
        return self._with(ops.sqrt(self.factor()))


def _count(num_rows: Any) -> int:
    found = static_int(num_rows, "LinearOperatorIdentity: num_rows")
    if found < 0:
        raise InvalidArgumentError(
            "LinearOperatorIdentity: expected num_rows of at least 0, received {n}.", n=found
        )
    return found
