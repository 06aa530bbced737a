"""Products of operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.linalg.operators.base import LinearOperator, turned


class LinearOperatorComposition(LinearOperator):
    """``operators[0] @ operators[1] @ ...``: the last one is applied first.

    Raises:
        InvalidArgumentError: there are none, or their dtypes or shapes do not fit.
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
        self.operators = checked("LinearOperatorComposition", operators)
        for left, right in zip(self.operators, self.operators[1:], strict=False):
            if left.domain_dimension != right.range_dimension:
                raise InvalidArgumentError(
                    "LinearOperatorComposition: the shapes {left} and {right} do not fit.",
                    left=left.shape,
                    right=right.shape,
                )
        super().__init__(
            self.operators[0].dtype,
            is_non_singular=is_non_singular or every(self.operators, "is_non_singular"),
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=is_square or every(self.operators, "is_square"),
            name=name or "_o_".join(part.name for part in self.operators),
            parameters={"operators": list(self.operators)},
        )

    def _shape(self) -> Any:
        batch = common_batch(self.operators)
        return (*batch, self.operators[0].range_dimension, self.operators[-1].domain_dimension)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = turned(x, adjoint_arg)
        for part in self.operators if adjoint else reversed(self.operators):
            x = part.matmul(x, adjoint=adjoint)
        return x

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        x = turned(rhs, adjoint_arg)
        for part in reversed(self.operators) if adjoint else self.operators:
            x = part.solve(x, adjoint=adjoint)
        return x

    def _determinant(self) -> Any:
        if not every(self.operators, "is_square"):
            return super()._determinant()
        found = self.operators[0].determinant()
        for part in self.operators[1:]:
            found = ops.mul(found, part.determinant())
        return found

    def _log_abs_determinant(self) -> Any:
        if not every(self.operators, "is_square"):
            return super()._log_abs_determinant()
        found = self.operators[0].log_abs_determinant()
        for part in self.operators[1:]:
            found = ops.add(found, part.log_abs_determinant())
        return found

    def _adjoint(self) -> LinearOperator:
        return LinearOperatorComposition([part.adjoint() for part in reversed(self.operators)])

    def _inverse(self) -> LinearOperator:
        if not every(self.operators, "is_square"):
            return super()._inverse()
        return LinearOperatorComposition([part.inverse() for part in reversed(self.operators)])


def checked(what: str, operators: Sequence[LinearOperator]) -> list[LinearOperator]:
    """At least one operator, all of one dtype."""
    found = list(operators)
    if not found or not all(isinstance(part, LinearOperator) for part in found):
        raise InvalidArgumentError(
            "{what}: expected a list of at least one LinearOperator, received {x}.",
            what=what,
            x=operators,
        )
    if len({part.dtype for part in found}) > 1:
        raise InvalidArgumentError(
            "{what}: expected operators of one dtype, received {x}.",
            what=what,
            x=[part.dtype.name for part in found],
        )
    return found


def every(operators: Sequence[LinearOperator], promise: str) -> bool | None:
    """True if it holds for all, else unknown."""
    return True if all(getattr(part, promise) for part in operators) else None


def inherited(operators: Sequence[LinearOperator], **given: bool | None) -> dict[str, bool | None]:
    """The promises that are given, or that all operators keep."""
    return {promise: value or every(operators, promise) for promise, value in given.items()}


def common_batch(operators: Sequence[LinearOperator]) -> tuple[int, ...]:
    """The batch axes that all broadcast to."""
    return np.broadcast_shapes(*(part.extents()[:-2] for part in operators))
