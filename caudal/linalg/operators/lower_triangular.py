"""Lower triangular matrices."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, dims
from caudal.errors import ShapeError
from caudal.linalg import matrices
from caudal.linalg.decompositions import triangular_solve
from caudal.linalg.operators.base import LinearOperator, dense_product, tensor, turned
from caudal.math.reduce import reduce_prod, reduce_sum


class LinearOperatorLowerTriangular(LinearOperator):
    """The lower triangles of ``tril`` [..., n, n]; what stands above is not read.

    >>> LinearOperatorLowerTriangular([[1.0, 9.0], [2.0, 1.0]]).matvec([1.0, 1.0]).numpy().tolist()
    [1.0, 3.0]
    """

    def __init__(
        self,
        tril: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowerTriangular",
    ) -> None:
        self._tril = tensor(tril, "LinearOperatorLowerTriangular: tril")
        shape = dims(self._tril)
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise ShapeError(
                "LinearOperatorLowerTriangular: expected tril [..., n, n], received shape {shape}.",
                shape=shape,
            )
        super().__init__(
            self._tril.dtype,
            is_non_singular=is_non_singular,
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=True,
            name=name,
            parameters={"tril": self._tril},
        )

    @property
    def tril(self) -> Any:
        """What it was made of."""
        return self._tril

    def _shape(self) -> Any:
        return dims(self._tril)

    def _to_dense(self) -> Any:
        return matrices.band_part(as_tensor(self._tril), -1, 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return dense_product(self._to_dense(), x, adjoint, adjoint_arg)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return triangular_solve(self._tril, turned(rhs, adjoint_arg), adjoint=adjoint)

    def _diag_part(self) -> Any:
        return matrices.diag_part(as_tensor(self._tril))

    def _determinant(self) -> Any:
        return reduce_prod(self._diag_part(), axis=-1)

    def _log_abs_determinant(self) -> Any:
        return reduce_sum(ops.log(ops.abs(self._diag_part())), axis=-1)
