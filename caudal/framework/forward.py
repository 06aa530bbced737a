"""Derivatives along a direction, and gradients inside functions without a tape.

A Jacobian-vector product is taken as the derivative of a vector-Jacobian product with respect to
its vector, in which it is linear (J. Townsend, "A new trick for calculating Jacobian vector
products", 2017): every op's reverse rule is differentiable, so no forward rules are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from caudal.errors import AlreadyExistsError, FailedPreconditionError, ShapeError
from caudal.framework import backprop, context, nest
from caudal.framework.convert import as_tensor, convert_to_tensor
from caudal.framework.tape import GradientTape, UnconnectedGradients, _targets, _wants_zero
from caudal.ops.binary import add, mul
from caudal.ops.movement import concat, reshape
from caudal.ops.reduce import reduce_sum


class ForwardAccumulator:
    """Derivatives of what is computed inside its ``with`` block along a direction.

    Args:
        primals: tensors or variables, in any structure.
        tangents: the direction: a tensor of the same shape for each.

    >>> x = convert_to_tensor([2.0, 3.0])
    >>> with ForwardAccumulator(x, convert_to_tensor([1.0, 0.0])) as acc:
    ...     y = x * x
    >>> acc.jvp(y).numpy().tolist()
    [4.0, 0.0]
    """

    def __init__(self, primals: Any, tangents: Any) -> None:
        nest.assert_same_structure(primals, tangents)
        self._primals = nest.flatten(primals)
        self._tangents = [
            convert_to_tensor(tangent, primal.dtype)
            for primal, tangent in zip(self._primals, nest.flatten(tangents), strict=True)
        ]
        for primal, tangent in zip(self._primals, self._tangents, strict=True):
            if tuple(primal.shape) != tuple(tangent.shape):
                raise ShapeError(
                    "ForwardAccumulator: expected a tangent of shape {expected} for each primal, "
                    "received {received}.",
                    expected=tuple(primal.shape),
                    received=tuple(tangent.shape),
                )
        self._tape = GradientTape(persistent=True, watch_accessed_variables=False)
        self._inside = False

    def __enter__(self) -> ForwardAccumulator:
        self._tape.__enter__()
        self._tape.watch(self._primals)
        self._inside = True
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._inside = False
        self._tape.__exit__()

    def jvp(self, primals: Any, unconnected_gradients: Any = UnconnectedGradients.NONE) -> Any:
        """The derivatives of results (in any structure) along the tangents.

        None, or zeros if ``unconnected_gradients`` is "zero", for what does not depend on the
        primals.
        """
        zero = _wants_zero(unconnected_gradients)
        with self._tape.stop_recording() if self._inside else nullcontext():
            return nest.map_structure(lambda leaf: self._along(leaf, zero), primals)

    def _along(self, target: Any, zero: bool) -> Any:
        value = as_tensor(target) if not hasattr(type(target), "assign") else target
        if value is None:
            raise FailedPreconditionError(
                "ForwardAccumulator.jvp: expected tensors, received {received!r}.", received=target
            )
        nothing = backprop.zeros_like(as_tensor(value)) if zero else None
        if not backprop.is_differentiable(value):
            return nothing
        with GradientTape(watch_accessed_variables=False) as tape:
            seed = backprop.zeros_like(as_tensor(value))
            tape.watch(seed)
            rows = backprop.gradients(self._tape.records, [value], [seed], self._primals)
            total: Any = None
            for row, tangent in zip(rows, self._tangents, strict=True):
                if row is not None:
                    part = mul(row, tangent)
                    part = reduce_sum(part, axes=tuple(range(len(part.shape))))
                    total = part if total is None else add(total, part)
        return nothing if total is None else _or(tape.gradient(total, seed), value)


def _or(found: Any, value: Any) -> Any:
    return backprop.zeros_like(as_tensor(value)) if found is None else found


# --- inside a function ------------------------------------------------------------------------


def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """The gradients of the sum of ``ys`` with respect to each of ``xs``, inside a tf.function.

    stop_gradients: tensors to be taken as constants.

    Raises:
        FailedPreconditionError: outside of a tf.function, where there is nothing recorded.
    """
    trace = context.state.trace
    if trace is None or trace.recorder is None:
        raise FailedPreconditionError(
            "tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape "
            "instead."
        )
    targets, seeds = _targets(ys, grad_ys)
    leaves = nest.flatten(xs)
    fixed = {id(leaf) for leaf in nest.flatten(stop_gradients or [])}
    records = [
        record
        for record in trace.recorder.records
        if not any(id(value) in fixed for value in backprop.results_of(record))
    ]
    found = backprop.gradients(records, targets, seeds, leaves, sparse=True)
    if _wants_zero(unconnected_gradients):
        pairs = zip(found, leaves, strict=True)
        return [backprop.zeros_like(as_tensor(x)) if g is None else g for g, x in pairs]
    return found


def hessians(
    ys: Any,
    xs: Any,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    name: str = "hessians",
) -> list[Any]:
    """The second derivatives of the sum of ``ys`` with respect to each of ``xs``, in a tf.function.

    Of shape ``x.shape + x.shape``.
    """
    found = []
    for x, first in zip(nest.flatten(xs), gradients(ys, xs), strict=True):
        shape = tuple(x.shape)
        flat = reshape(convert_to_tensor(first), shape=(first.shape.num_elements(),))
        rows = [
            reshape(convert_to_tensor(_row(flat[i], x)), shape=(1, *shape))
            for i in range(int(flat.shape[0]))
        ]
        whole = rows[0] if len(rows) == 1 else concat(*rows, axis=0)
        found.append(reshape(whole, shape=(*shape, *shape)))
    return found


def _row(target: Any, x: Any) -> Any:
    return gradients(target, x, unconnected_gradients=UnconnectedGradients.ZERO)[0]


# --- rules by name ----------------------------------------------------------------------------

_registered: dict[str, Callable[..., Any]] = {}


class RegisterGradient:
    """Decorates a function that is kept as the gradient of the op type ``op_type``.

    Caudal's own ops bring their gradients; names that graph programs refer to are looked up here.

    Raises:
        AlreadyExistsError: the name has a gradient already.

    >>> @RegisterGradient("DoctestSquare")
    ... def square_gradient(op, grad):
    ...     return grad
    """

    def __init__(self, op_type: str) -> None:
        self._op_type = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Keeps the function, and gives it back."""
        if self._op_type in _registered:
            raise AlreadyExistsError(
                "RegisterGradient: {op_type!r} has a gradient already.", op_type=self._op_type
            )
        _registered[self._op_type] = f
        return f


def registered_gradient(op_type: str) -> Callable[..., Any] | None:
    """The function that was registered for an op type."""
    return _registered.get(op_type)
