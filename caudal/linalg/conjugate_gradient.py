"""Solving by products alone (Hestenes and Stiefel 1952)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, scalar, static, static_int
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor, inside_function, repeat_while
from caudal.linalg.matrices import norm
from caudal.math.reduce import reduce_sum


class CGState(NamedTuple):
    """Steps made, solution, residual, direction, and the residual's product with itself."""

    i: Any
    x: Any
    r: Any
    p: Any
    gamma: Any


def conjugate_gradient(
    operator: Any,
    rhs: Any,
    preconditioner: Any = None,
    x: Any = None,
    tol: Any = 1e-5,
    max_iter: Any = 20,
    name: str = "conjugate_gradient",
) -> CGState:
    """The x of ``operator @ x = rhs`` by conjugate gradients.

    Args:
        operator: a self-adjoint, positive definite `tf.linalg.LinearOperator` [..., n, n].
        rhs: [..., n].
        preconditioner: an operator near the inverse.
        x: where to begin, 0 by default.
        tol: the residual's norm over that of ``rhs``, at which it stops.
        max_iter: after how many steps it stops at the latest.

    Raises:
        InvalidArgumentError: the operator is not promised to be so.
    """
    if not (operator.is_self_adjoint and operator.is_positive_definite):
        raise InvalidArgumentError(
            "conjugate_gradient: expected an operator with is_self_adjoint=True and "
            "is_positive_definite=True."
        )
    right = as_tensor(rhs, operator.dtype)
    most = static_int(max_iter, "conjugate_gradient: max_iter")
    limit = ops.mul(norm(right, axis=-1), scalar(float(static(tol, "tol")), right))
    first = ops.mul(right, scalar(0, right)) if x is None else as_tensor(x, operator.dtype)
    residual = right if x is None else ops.sub(right, operator.matvec(first))

    def inner(a: Any, b: Any) -> Any:
        return reduce_sum(
            ops.mul(ops.conj(a) if a.dtype.is_complex else a, b), axis=-1, keepdims=True
        )

    def direct(r: Any) -> Any:
        return r if preconditioner is None else preconditioner.matvec(r)

    def going(state: list[Any]) -> Any:
        far = ops.greater(ops.abs(norm(state[2], axis=-1)), ops.abs(limit))
        some = ops.reduce_or(far, axes=tuple(range(len(far.shape)))) if far.shape else far
        return ops.bit_and(some, ops.less(state[0], scalar(most, state[0])))

    def step(state: list[Any]) -> list[Any]:
        count, at, r, p, gamma = state
        image = operator.matvec(p)
        length = ops.div(gamma, inner(p, image))
        at = ops.add(at, ops.mul(length, p))
        r = ops.sub(r, ops.mul(length, image))
        z = direct(r)
        following = inner(r, z)
        p = ops.add(z, ops.mul(ops.div(following, gamma), p))
        return [ops.add(count, scalar(1, count)), at, r, p, following]

    begin = direct(residual)
    state = [convert_to_tensor(np.int32(0)), first, residual, begin, inner(residual, begin)]
    if inside_function():
        state = list(repeat_while(going, step, state, most, "conjugate_gradient"))
    else:
        while bool(going(state).numpy()):
            state = step(state)
    count, at, residual, direction, gamma = state
    gamma = ops.reshape(gamma, shape=tuple(gamma.shape)[:-1])
    return CGState(count, at, residual, direction, gamma)
