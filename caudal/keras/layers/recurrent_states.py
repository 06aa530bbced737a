"""Cells and initial states that recurrent layers are given."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor, init_scope, nest
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.context import call_context
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.recurrent_cell import RecurrentCell
from caudal.keras.variables import Variable


def check_cell(cell: Any) -> None:
    """Raises InvalidArgumentError for what cannot be a cell."""
    for name in ("call", "state_size"):
        if name not in dir(cell):
            raise InvalidArgumentError(
                "Argument `cell` should have a `{name}`: a layer with call(inputs, states) and "
                "state_size. Received: cell={cell!r}",
                name=name,
                cell=cell,
            )


def zeros(sizes: Any, batch: Any, dtype: str) -> Any:
    """Zeros (batch, size) for each size in a nest of them."""
    kind = as_dtype(dtype).np_dtype
    return nest.map_structure(lambda n: convert_to_tensor(np.zeros((batch, n), kind)), sizes)


def variables(layer: Any, input_shape: Any) -> Any:
    """The states of a stateful layer: variables that start as the initial state.

    Raises InvalidArgumentError if the batch size is not known.
    """
    if input_shape[0] is None:
        raise InvalidArgumentError(
            "{layer}: with stateful=True the batch size must be known, received inputs of shape "
            "{shape}. Give keras.Input(batch_shape=(batch, time, features)).",
            layer=layer.name,
            shape=tuple(input_shape),
        )

    def make(state: Any) -> Variable:
        dtype = layer.variable_dtype
        return Variable(state.numpy(), dtype=dtype, trainable=False, name="rnn_state")

    with init_scope():
        return nest.map_structure(make, layer.get_initial_state(int(input_shape[0])))


def keep(variables: Any, states: Any) -> None:
    """Stores states in the variables of a stateful layer."""
    for variable, state in zip(nest.flatten(variables), nest.flatten(states), strict=True):
        variable.assign(ops.cast(state, dtype=variable.dtype))


def clear(variables: Any) -> None:
    """Sets the variables of a stateful layer to zero."""
    for variable in nest.flatten(variables):
        variable.assign(np.zeros(tuple(variable.shape), variable.dtype.np_dtype))


def as_list(value: Any) -> list[Any]:
    """A cell may give one state, or one size, without a list around it."""
    return list(value) if isinstance(value, list | tuple) else [value]


def dtype_inside(layer: Any) -> str:
    """The dtype that a recurrent layer's cell computes in, by the cell's own policy."""
    return str(getattr(layer.cell, "compute_dtype", layer.compute_dtype))


def enter(cell: Any, stack: ExitStack) -> None:
    """Opens what a run over the steps needs: dropout masks, and variables as the cell reads them.

    A `RecurrentCell` is not called, which would do the latter.
    """
    for inner in cells_inside(cell):
        stack.enter_context(inner.dropout_masks.run())
    if isinstance(cell, RecurrentCell):
        stack.callback(setattr, call_context, "variables", call_context.variables)
        call_context.variables = cell._variables_as(call_context.variables)


def cells_inside(cell: Any) -> list[RecurrentCell]:
    """The cells with dropout masks: the cell itself, or those of a stack."""
    if isinstance(cell, RecurrentCell):
        return [cell]
    return [found for inner in getattr(cell, "cells", ()) for found in cells_inside(inner)]


def checked(layer: Any, given: Any, batch: int) -> list[Any]:
    """Initial states as the cell takes them: nested like its ``state_size``.

    Raises:
        InvalidArgumentError: their number differs.
        ShapeError: one is not (batch, size).
    """
    sizes = layer.state_size
    wanted, flat = nest.flatten(sizes), nest.flatten(given)
    if len(wanted) != len(flat):
        raise InvalidArgumentError(
            "{layer}: `initial_state` must hold {expected} tensor(s), one for each state of the "
            "cell, received {received}.",
            layer=layer.name,
            expected=len(wanted),
            received=len(flat),
        )
    states = [to_compute_dtype(item, dtype_inside(layer)) for item in flat]
    for state, size in zip(states, wanted, strict=True):
        if tuple(state.shape) != (batch, size):
            raise ShapeError(
                "{layer}: a state of batches of {batch} must have the shape {expected}, "
                "received {received}.{hint}",
                layer=layer.name,
                batch=batch,
                expected=(batch, size),
                received=tuple(state.shape),
                hint=" A stateful layer needs batches of one size." if layer.stateful else "",
            )
    return list(nest.pack_sequence_as(sizes, states))
