"""An operator and a few more directions."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, dims
from caudal.errors import ShapeError
from caudal.linalg import decompositions
from caudal.linalg.operators.base import LinearOperator, tensor, turned
from caudal.linalg.operators.diag import LinearOperatorDiag
from caudal.linalg.operators.identity import LinearOperatorIdentity
from caudal.linalg.products import matmul


class LinearOperatorLowRankUpdate(LinearOperator):
    """``base_operator + u @ diag(diag_update) @ v^H``, with few columns in u and v.

    Solutions and determinants are the base's, mended by systems of as many unknowns as columns:
    the identities of Woodbury (1950) and Sylvester.

    Args:
        base_operator: [..., m, n].
        u: [..., m, k].
        diag_update: [..., k], ones by default.
        v: [..., n, k], u by default.
        is_diag_update_positive: whether all of diag_update is above 0.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: promises.
        name: for messages.
    """

    def __init__(
        self,
        base_operator: LinearOperator,
        u: Any,
        diag_update: Any = None,
        v: Any = None,
        is_diag_update_positive: bool | None = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str = "LinearOperatorLowRankUpdate",
    ) -> None:
        self.base_operator = base_operator
        self._u = tensor(u, name + ": u")
        self._v = self._u if v is None else tensor(v, name + ": v")
        self._diag_update = None if diag_update is None else tensor(diag_update, name)
        positive = True if diag_update is None else is_diag_update_positive
        self.is_diag_update_positive = positive
        rows, columns = base_operator.range_dimension, base_operator.domain_dimension
        rank = dims(self._u)[-1]
        fits = dims(self._u)[-2:] == (rows, rank) and dims(self._v)[-2:] == (columns, rank)
        if not fits or (diag_update is not None and dims(self._diag_update)[-1:] != (rank,)):
            raise ShapeError(
                "{name}: expected u [..., {rows}, k], v [..., {columns}, k] and diag_update "
                "[..., k], received shapes {u} and {v}.",
                name=name,
                rows=rows,
                columns=columns,
                u=dims(self._u),
                v=dims(self._v),
            )
        # u D u^H is self-adjoint with a real D, and positive where D is.
        symmetric = v is None and base_operator.is_self_adjoint
        definite = symmetric and positive and base_operator.is_positive_definite
        super().__init__(
            base_operator.dtype,
            is_non_singular=is_non_singular,
            is_self_adjoint=is_self_adjoint or symmetric or None,
            is_positive_definite=is_positive_definite or definite or None,
            is_square=is_square or base_operator.is_square,
            name=name,
            parameters={"base_operator": base_operator, "u": u, "diag_update": diag_update, "v": v},
        )

    @property
    def u(self) -> Any:
        """The directions that are reached."""
        return self._u

    @property
    def v(self) -> Any:
        """The directions that are read."""
        return self._v

    @property
    def diag_update(self) -> Any:
        """How much of each, or None for ones."""
        return self._diag_update

    @property
    def diag_operator(self) -> LinearOperator:
        """The operator of `diag_update`."""
        if self._diag_update is None:
            return LinearOperatorIdentity(dims(self._u)[-1], dtype=self.dtype)
        return LinearOperatorDiag(self._diag_update, is_positive_definite=None)

    def _shape(self) -> Any:
        return self.base_operator.extents()

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = turned(x, adjoint_arg)
        left, right = (self._v, self._u) if adjoint else (self._u, self._v)
        inner = self.diag_operator.matmul(matmul(right, x, adjoint_a=True), adjoint=adjoint)
        return ops.add(self.base_operator.matmul(x, adjoint=adjoint), matmul(left, inner))

    def _capacitance(self, adjoint: bool = False) -> Any:
        """``D^-1 + v^H base^-1 u``, of the small size."""
        left, right = (self._v, self._u) if adjoint else (self._u, self._v)
        core = matmul(right, self.base_operator.solve(left, adjoint=adjoint), adjoint_a=True)
        diagonal = self.diag_operator
        inverse = (diagonal.adjoint() if adjoint else diagonal).inverse()
        return inverse.add_to_tensor(core)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        rhs = turned(rhs, adjoint_arg)
        left, right = (self._v, self._u) if adjoint else (self._u, self._v)
        first = self.base_operator.solve(rhs, adjoint=adjoint)
        inner = matmul(right, first, adjoint_a=True)
        mended = decompositions.solve(self._capacitance(adjoint), inner)
        correction = matmul(as_tensor(left), mended)
        return ops.sub(first, self.base_operator.solve(correction, adjoint=adjoint))

    def _determinant(self) -> Any:
        small = decompositions.det(self._capacitance())
        return ops.mul(
            ops.mul(small, self.diag_operator.determinant()), self.base_operator.determinant()
        )

    def _log_abs_determinant(self) -> Any:
        small = decompositions.slogdet(self._capacitance()).log_abs_determinant
        rest = self.diag_operator.log_abs_determinant()
        return ops.add(ops.add(small, rest), self.base_operator.log_abs_determinant())
