"""Permutations."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims
from caudal.array.create import one_hot
from caudal.errors import DTypeError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32
from caudal.linalg.operators.base import LinearOperator, dense_product


class LinearOperatorPermutation(LinearOperator):
    """Row i of the result is row ``perm[..., i]`` of what it is applied to.

    >>> LinearOperatorPermutation([1, 2, 0]).matvec([5.0, 6.0, 7.0]).numpy().tolist()
    [6.0, 7.0, 5.0]
    """

    def __init__(
        self,
        perm: Any,
        dtype: Any = float32,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorPermutation",
    ) -> None:
        self._perm = as_tensor(perm)
        if not self._perm.dtype.is_integer:
            raise DTypeError(
                "LinearOperatorPermutation: expected integers perm, received {kind}.",
                kind=self._perm.dtype.name,
            )
        if not dims(self._perm):
            raise ShapeError("LinearOperatorPermutation: expected perm [..., n], not a scalar.")
        super().__init__(
            as_dtype(dtype),
            is_non_singular=True,
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=True,
            name=name,
            parameters={"perm": self._perm},
        )

    @property
    def perm(self) -> Any:
        """The order."""
        return self._perm

    def _shape(self) -> Any:
        return (*dims(self._perm), dims(self._perm)[-1])

    def _to_dense(self) -> Any:
        return one_hot(self._perm, self.domain_dimension, dtype=self.dtype)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return dense_product(self._to_dense(), x, adjoint, adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        # The inverse of a permutation is its adjoint.
        return self._matmul(rhs, not adjoint, adjoint_arg)

    def _log_abs_determinant(self) -> Any:
        real = np.zeros(dims(self._perm)[:-1], self.dtype.np_dtype)
        return convert_to_tensor(np.asarray(real.real))

    def _cond(self) -> Any:
        return convert_to_tensor(np.ones(dims(self._perm)[:-1], self.dtype.np_dtype))

    def _adjoint(self) -> LinearOperator:
        axis = len(dims(self._perm)) - 1
        order = ops.argsort(self._perm, axis=axis, descending=False)
        return LinearOperatorPermutation(cast_to(order, self._perm.dtype), self.dtype)

    def _inverse(self) -> LinearOperator:
        return self._adjoint()
