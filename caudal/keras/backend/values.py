"""``keras.backend``: variables and their values; functions and gradients of symbolic tensors."""

from __future__ import annotations

import math as _math
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.array import create
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import (
    GradientTape,
    convert_to_tensor,
    is_tensor,
    is_tensor_like,
    name_scope,
    nest,
)
from caudal.framework import Variable as _Variable
from caudal.framework import function as _compiled
from caudal.ir.dtypes import as_dtype
from caudal.keras.backend import tensors
from caudal.keras.backend.settings import LearningPhase
from caudal.keras.engine.graph import Graph
from caudal.keras.engine.history import node_of
from caudal.keras.engine.input_layer import Input
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.operation import apply_function
from caudal.keras.engine.policy import floatx
from caudal.keras.variables import Variable

__all__ = ["Variable", "is_tensor", "name_scope"]


# --- variables --------------------------------------------------------------------------------


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """A variable of the default float with that value."""
    kind = as_dtype(dtype or floatx())
    value = tensors.cast(value, kind) if is_tensor_like(value) else np.asarray(value, kind.np_dtype)
    return _Variable(value, name=name, constraint=constraint)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable full of zeros."""
    return variable(create.zeros(shape), dtype, name)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable full of ones."""
    return variable(create.ones(shape), dtype, name)


def eye(size: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable with ones on the diagonal; ``size`` is a number or (rows, columns)."""
    rows, columns = size if isinstance(size, list | tuple) else (size, size)
    return variable(np.eye(rows, columns), dtype, name)


def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: Any = None, seed: Any = None
) -> Any:
    """A variable of normal numbers."""
    return variable(tensors.random_normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: Any = None, seed: Any = None
) -> Any:
    """A variable of uniform numbers."""
    return variable(tensors.random_uniform(shape, low, high, dtype, seed), dtype, name)


def get_value(x: Any) -> Any:
    """The value as a NumPy array (or scalar).

    Raises:
        InvalidArgumentError: the tensor is symbolic.
    """
    if isinstance(x, KerasTensor):
        raise InvalidArgumentError(
            "keras.backend.get_value: {name!r} is symbolic; make a function of it with "
            "keras.backend.function, or call the model on data.",
            name=x.name,
        )
    return convert_to_tensor(x).numpy()


def eval(x: Any) -> Any:
    """The value as a NumPy array.

    >>> eval(variable([1.0, 2.0])).tolist()
    [1.0, 2.0]
    """
    return get_value(x)


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """The values of several variables."""
    return [get_value(x) for x in tensors]


def set_value(x: Any, value: Any) -> None:
    """Sets a variable from an array."""
    x.assign(np.asarray(value, x.dtype.np_dtype))


def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """Sets several variables from (variable, array) pairs."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Any, new_x: Any) -> Any:
    """Sets a variable."""
    return x.assign(new_x)


def update_add(x: Any, increment: Any) -> Any:
    """Adds to a variable."""
    return x.assign_add(increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtracts from a variable."""
    return x.assign_sub(decrement)


def moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    """Sets a variable to ``x * momentum + value * (1 - momentum)``."""
    return x.assign(x * momentum + value * (1.0 - momentum))


# --- what tensors are -------------------------------------------------------------------------


def int_shape(x: Any) -> tuple[Any, ...] | None:
    """The extents as a tuple; None where one is unknown. None for what has no shape."""
    shape = getattr(x, "shape", None)
    if shape is None:
        return None
    return tuple(shape.as_list()) if hasattr(shape, "as_list") else tuple(shape)


def get_variable_shape(x: Any) -> tuple[Any, ...] | None:
    """The same as `int_shape`."""
    return int_shape(x)


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(x.shape)


def dtype(x: Any) -> str:
    """The name of the dtype."""
    return str(as_dtype(x.dtype).name)


def count_params(x: Any) -> int:
    """The number of elements."""
    return int(_math.prod(int_shape(x) or ()))


def is_keras_tensor(x: Any) -> bool:
    """Whether x is symbolic: made by `Input` or a layer called on such a tensor."""
    return isinstance(x, KerasTensor)


def is_placeholder(x: Any) -> bool:
    """Whether x is a symbolic input."""
    return isinstance(x, KerasTensor) and x._keras_history is not None and node_of(x).is_input


def is_sparse(tensor: Any) -> bool:
    """Whether x is a sparse tensor."""
    from caudal.sparse.tensor import SparseTensor

    return isinstance(tensor, SparseTensor)


# --- symbolic ---------------------------------------------------------------------------------


def placeholder(
    shape: Any = None,
    ndim: int | None = None,
    dtype: Any = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> Any:
    """A symbolic input; ``shape`` includes the batch axis, or ``ndim`` gives its length."""
    if shape is None:
        if ndim is None:
            raise InvalidArgumentError("keras.backend.placeholder: expected shape or ndim.")
        shape = (None,) * ndim
    return Input(
        batch_shape=tuple(shape), dtype=dtype or floatx(), sparse=sparse, ragged=ragged, name=name
    )


def _call(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return operation(*args, **kwargs)


class BackendFunction:
    """What `function` makes: called on a list of arrays it gives the outputs' values."""

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs, self.outputs = inputs, outputs
        self._places = nest.flatten(inputs)
        self._results = nest.flatten(outputs)
        symbols = [x for x in self._places if isinstance(x, KerasTensor)]
        wanted = [x for x in self._results if isinstance(x, KerasTensor)]
        self._graph = Graph(symbols, wanted) if wanted else None
        self._run = _compiled(self._values)

    def _values(self, values: list[Any], training: bool) -> list[Any]:
        from caudal.keras.engine.context import call_context

        assert self._graph is not None
        before, call_context.training = call_context.training, training
        try:
            return self._graph.run(values, _call)
        finally:
            call_context.training = before

    def __call__(self, inputs: Any) -> Any:
        given = nest.flatten(inputs)
        if len(given) != len(self._places):
            raise InvalidArgumentError(
                "keras.backend.function: expected {expected} inputs, received {received}.",
                expected=len(self._places),
                received=len(given),
            )
        training, values = False, []
        for place, value in zip(self._places, given, strict=True):
            if isinstance(place, LearningPhase):
                training = bool(value)
            elif isinstance(place, KerasTensor):
                values.append(tensors.cast(convert_to_tensor(value), place.dtype))
        found = iter(self._run(values, training) if self._graph is not None else ())
        results = [
            get_value(next(found) if isinstance(x, KerasTensor) else x) for x in self._results
        ]
        return nest.pack_sequence_as(self.outputs, results)


def function(
    inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any
) -> BackendFunction:
    """A compiled function from symbolic inputs to symbolic outputs, on NumPy arrays.

    Args:
        inputs: symbolic tensors; `learning_phase()` among them takes 0 or 1 for test or training.
        outputs: symbolic tensors, in any structure.
        updates: not supported: assignments happen where they are written.

    >>> x = placeholder((None, 2))
    >>> twice = function([x], [x * 2.0])
    >>> twice([np.ones((1, 2))])[0].tolist()
    [[2.0, 2.0]]
    """
    if updates or kwargs:
        raise UnimplementedError(
            "keras.backend.function: updates and session arguments belong to graphs of "
            "TensorFlow 1; assign variables in a tf.function instead."
        )
    for x in nest.flatten(inputs):
        if not isinstance(x, KerasTensor | LearningPhase):
            raise InvalidArgumentError(
                "keras.backend.function: expected symbolic inputs (a layer's or model's input, a "
                "placeholder), received {received!r}.",
                received=x,
            )
    return BackendFunction(inputs, outputs)


def _sources(tensor: KerasTensor) -> list[KerasTensor]:
    """The symbolic inputs that a symbolic tensor is computed from."""
    found: dict[int, KerasTensor] = {}
    stack, seen = [node_of(tensor)], set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.is_input:
            found.update((id(x), x) for x in node.outputs)
        stack.extend(reversed(node.parents))
    return list(found.values())


def gradients(loss: Any, variables: Any) -> list[Any]:
    """The symbolic gradients of a symbolic loss with respect to symbolic tensors or variables.

    Args:
        loss: a symbolic tensor; the gradient is that of the sum of its elements.
        variables: symbolic tensors that it was computed from, or weights.

    Returns:
        a list of symbolic tensors.

    Raises:
        InvalidArgumentError: the loss has a value already, and no tape recorded it.
    """
    if not isinstance(loss, KerasTensor):
        raise InvalidArgumentError(
            "keras.backend.gradients: expected a symbolic loss (made of a model's inputs and "
            "outputs). Of values, take gradients with tf.GradientTape."
        )
    wanted = list(variables) if isinstance(variables, list | tuple) else [variables]
    symbols = [x for x in wanted if isinstance(x, KerasTensor)]
    sources = _sources(loss)
    graph = Graph(sources, [loss, *symbols])

    def run(*values: Any) -> list[Any]:
        with GradientTape() as tape:
            for value in values:
                if value.dtype.is_floating:
                    tape.watch(value)
            total, *at = graph.run(values, _call)
        places = iter(at)
        leaves = [next(places) if isinstance(x, KerasTensor) else x for x in wanted]
        found = tape.gradient(total, leaves, unconnected_gradients="zero")
        return [convert_to_tensor(g) for g in found]

    found = apply_function(run, tuple(sources), {}, name="Gradients")
    return list(found)
