"""What ConvLSTM1D, 2D and 3D share."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor, nest
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.layers import arguments, recurrent_states
from caudal.keras.layers.conv_lstm_cell import ConvLSTMCell
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.recurrence import scan
from caudal.keras.layers.recurrent_layer import RecurrentLayer

_WEIGHTS = ("kernel", "recurrent", "bias")
_STARTS = {"kernel": "glorot_uniform", "recurrent": "orthogonal", "bias": "zeros"}


class ConvLSTM(RecurrentLayer):
    """An LSTM over (batch, time, ..., channels) with convolutions (Shi et al., 2015)."""

    _rank = 2
    _config_names = RecurrentLayer.names(ConvLSTMCell)
    cell: ConvLSTMCell

    def __init__(self, filters: int, kernel_size: Any, **given: Any) -> None:
        weights = {
            f"{name}_{kind}": given.pop(f"{name}_{kind}", None)
            for name in _WEIGHTS
            for kind in ("initializer", "regularizer", "constraint")
        }
        for name, start in _STARTS.items():
            weights[f"{name}_initializer"] = weights[f"{name}_initializer"] or start
        inner = [name for name in ConvLSTMCell._config_names if name in given]
        own = {name: given.pop(name) for name in inner}
        shared = self.for_cell(given)
        cell = ConvLSTMCell(
            self._rank,
            filters,
            kernel_size,
            **own,
            **shared,
            weights=weights,
            name="conv_lstm_cell",
        )
        super().__init__(cell, **given)
        self.input_spec = InputSpec(ndim=self._rank + 3)

    @property
    def _first(self) -> bool:
        return self.cell.data_format == "channels_first"

    def _split(self, shape: Any) -> tuple[Any, Any, tuple[Any, ...], Any]:
        """Batch, time, space and channels of an input's shape."""
        batch, space, channels = arguments.split_shape(tuple(shape[1:]), self._first)
        return shape[0], batch, space, channels

    def build(self, input_shape: Any) -> None:
        """Builds the cell, and the states of a stateful layer."""
        batch, _, space, channels = self._split(input_shape)
        object.__setattr__(self, "_space", self.cell.state_shape(space))
        if not self.cell.built:
            self.cell.build((batch, *space, channels))
        if self.stateful and self.states is None:
            self._hide_states(recurrent_states.variables(self, input_shape))

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """Zeros, (batch, ..., filters) each."""
        shape = (int(batch_size), *self._space)
        dtype = as_dtype(self.compute_dtype).np_dtype
        return [convert_to_tensor(np.zeros(shape, dtype)) for _ in range(2)]

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False
    ) -> Any:
        """The last output or all of them, and the last states if asked for."""
        x = self._to_last(to_compute_dtype(sequences, self.compute_dtype), 2)
        batch, steps = int(x.shape[0]), int(x.shape[1])
        states = self._states_for(initial_state, batch)
        with self.cell.dropout_masks.run():
            rows = ops.reshape(x, shape=(batch * steps, *tuple(x.shape[2:])))
            gates = self.cell.project(rows, training)
            gates = ops.reshape(gates, shape=(batch, steps, *tuple(gates.shape[1:])))
            last, outputs, states = scan(
                lambda row, before: self.cell.step(row, before, training),
                gates,
                states,
                mask=mask,
                go_backwards=self.go_backwards,
                zero_output_for_mask=self.zero_output_for_mask,
                keep_all=self.return_sequences,
            )
        if self.stateful:
            recurrent_states.keep(self.states, states)
        output = self._from_last(outputs, 2) if self.return_sequences else self._from_last(last, 1)
        if not self.return_state:
            return output
        return (output, *(self._from_last(state, 1) for state in states))

    def _states_for(self, given: Any, batch: int) -> list[Any]:
        if given is None:
            given = self.states if self.stateful else self.get_initial_state(batch)
            return [to_compute_dtype(state, self.compute_dtype) for state in given]
        flat = [to_compute_dtype(state, self.compute_dtype) for state in nest.flatten(given)]
        if len(flat) != 2:
            raise InvalidArgumentError(
                "{layer}: `initial_state` must hold 2 tensors, received {received}.",
                layer=self.name,
                received=len(flat),
            )
        states = [self._to_last(state, 1) for state in flat]
        for state in states:
            if tuple(state.shape) != (batch, *self._space):
                raise ShapeError(
                    "{layer}: a state must have the shape {expected}, received {received}.",
                    layer=self.name,
                    expected=(batch, *self._space),
                    received=tuple(state.shape),
                )
        return states

    def _to_last(self, x: Any, axis: int) -> Any:
        if not self._first:
            return x
        rank = len(x.shape)
        return ops.transpose(x, perm=(*range(axis), *range(axis + 1, rank), axis))

    def _from_last(self, x: Any, axis: int) -> Any:
        if not self._first:
            return x
        rank = len(x.shape)
        return ops.transpose(x, perm=(*range(axis), rank - 1, *range(axis, rank - 1)))

    def compute_output_shape(self, input_shape: Any, initial_state_shape: Any = None) -> Any:
        """(batch, [time,] ..., filters); then the states."""
        batch, steps, space, _ = self._split(input_shape)
        found = self.cell.state_shape(space)
        state = arguments.join_shape(batch, found[:-1], found[-1], self._first)
        shape = (batch, steps, *state[1:]) if self.return_sequences else state
        return (shape, state, state) if self.return_state else shape
