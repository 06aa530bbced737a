"""Changing how something is differentiated: stop_gradient, custom_gradient, no_gradient."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import context, nest
from caudal.framework.backprop import Rule
from caudal.framework.convert import as_tensor, convert_to_tensor, is_tensor_like
from caudal.framework.tensor import SymbolicTensor, Tensor


def _unrecorded(tensor: Any) -> Tensor:
    """The same value as another tensor, of which no tape knows."""
    if isinstance(tensor, SymbolicTensor):
        return SymbolicTensor(tensor.node, tensor._trace, tensor.name)
    return Tensor(tensor._value)


def stop_gradient(input: Any, name: str | None = None) -> Any:
    """The same values, taken as constants by every gradient.

    >>> from caudal.framework import GradientTape
    >>> x = convert_to_tensor(2.0)
    >>> with GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * stop_gradient(x)
    >>> float(tape.gradient(y, x))
    2.0
    """
    hook = getattr(type(input), "__caudal_function__", None)
    if hook is not None:
        return hook(stop_gradient, (input,), {})
    with context.stop_recording():
        return _unrecorded(convert_to_tensor(input))


class _Custom(Rule):
    """A record whose gradient is the user's function."""

    name = "custom_gradient"

    def __init__(self, grad_fn: Callable[..., Any], arguments: int, variables: list[Any]) -> None:
        self._grad_fn = grad_fn
        self._arguments = arguments
        self._variables = variables

    def grad(self, g: Any, y: Any, *inputs: Any, **params: Any) -> Sequence[Any]:
        """The user's gradients, checked against the number of inputs."""
        grads = g if isinstance(g, tuple) else (g,)
        if self._variables:
            found, by_variable = self._grad_fn(*grads, variables=self._variables)
            by_variable = nest.flatten(by_variable)
        else:
            found, by_variable = self._grad_fn(*grads), []
        found = nest.flatten(found)
        if len(found) != self._arguments or len(by_variable) != len(self._variables):
            raise InvalidArgumentError(
                "custom_gradient: the gradient function must return {expected} gradients (one "
                "for each argument), received {received}.",
                expected=self._arguments,
                received=len(found),
            )
        return [*found, *by_variable]


class _Readings:
    """A tape that only notes which variables are read."""

    def __init__(self) -> None:
        self.variables: dict[int, Any] = {}

    def record(self, op: Any, inputs: Any, params: Any, result: Any) -> None:
        """Ops do not matter."""

    def read(self, variable: Any, tensor: Any) -> None:
        """Notes a trainable variable."""
        self.touch(variable)

    def touch(self, variable: Any) -> None:
        """Notes a trainable variable."""
        if variable.trainable:
            self.variables[id(variable)] = variable


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a function that returns (result, gradient function).

    The gradient function takes one gradient for each result and returns one for each argument;
    if ``f`` reads variables it also takes ``variables=`` and returns (gradients, variable
    gradients).

    >>> @custom_gradient
    ... def clipped(x):
    ...     return x, lambda g: g * 0.5
    """

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        places = [as_tensor(a) if is_tensor_like(a) else a for a in args]
        tensors = [convert_to_tensor(leaf) for leaf in nest.flatten(places) if leaf is not None]
        inner = iter(tensors)
        call = nest.map_structure(lambda a: None if a is None else next(inner), list(places))
        readings = _Readings()
        # Other tapes see what happens inside: the gradient function may use it, and be derived.
        before = context.state.enter(context.state.trace, (*context.state.tapes, readings))
        try:
            result, grad_fn = f(*call, **kwargs)
        finally:
            context.state.leave(before)
        variables = list(readings.variables.values())
        if variables and not _takes_variables(grad_fn):
            raise DTypeError(
                "custom_gradient: {name} uses variables, so its gradient function must accept "
                "the keyword argument 'variables'.",
                name=getattr(f, "__name__", "the function"),
            )
        # A result that is an argument itself must be another value to the tapes.
        flat = [_unrecorded(convert_to_tensor(leaf)) for leaf in nest.flatten(result)]
        rule = _Custom(grad_fn, len(tensors), variables)
        inputs = (*tensors, *variables)
        for tape in context.state.tapes:
            for variable in variables:
                tape.touch(variable)
            tape.record(rule, inputs, {}, tuple(flat))
        return nest.pack_sequence_as(result, flat)

    return decorated


def _takes_variables(grad_fn: Callable[..., Any]) -> bool:
    parameters = inspect.signature(grad_fn).parameters
    return "variables" in parameters or any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()
    )


def no_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a function of which no tape records anything."""

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        with context.stop_recording():
            return f(*args, **kwargs)

    return decorated
