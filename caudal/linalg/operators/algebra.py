"""Products of two operators, kept as simple as what they are made of."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import ShapeError
from caudal.linalg.operators.base import LinearOperator
from caudal.linalg.operators.composition import LinearOperatorComposition
from caudal.linalg.operators.diag import LinearOperatorDiag
from caudal.linalg.operators.identity import LinearOperatorIdentity, LinearOperatorScaledIdentity
from caudal.linalg.operators.zeros import LinearOperatorZeros


def product(left: LinearOperator, right: LinearOperator) -> LinearOperator:
    """The operator that applies ``right``, then ``left``.

    Raises:
        ShapeError: their shapes do not fit.
    """
    if left.domain_dimension != right.range_dimension:
        raise ShapeError(
            "{name}.matmul: the operators' shapes {left} and {right} do not fit.",
            name=left.name,
            left=left.shape,
            right=right.shape,
        )
    if isinstance(right, LinearOperatorIdentity) and not right.batch_shape.rank:
        return left
    if isinstance(left, LinearOperatorIdentity) and not left.batch_shape.rank:
        return right
    for one in (left, right):
        if isinstance(one, LinearOperatorZeros) and left.is_square and right.is_square:
            return one
    if isinstance(left, LinearOperatorDiag) and isinstance(right, LinearOperatorDiag):
        return LinearOperatorDiag(ops.mul(left.diag_part(), right.diag_part()), **both(left, right))
    if isinstance(left, LinearOperatorScaledIdentity) and isinstance(
        right, LinearOperatorScaledIdentity
    ):
        factor = ops.mul(left.factor(), right.factor())
        return LinearOperatorScaledIdentity(left.domain_dimension, factor, **both(left, right))
    return LinearOperatorComposition([left, right])


def both(left: LinearOperator, right: LinearOperator) -> dict[str, Any]:
    """What is known of the product of two diagonal operators."""
    regular = bool(left.is_non_singular and right.is_non_singular)
    return {"is_non_singular": regular or None}
