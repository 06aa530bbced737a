"""RNN: a cell applied to each step of a sequence."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from caudal.framework import nest
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer, map_shapes
from caudal.keras.engine.serialization import deserialize_keras_object
from caudal.keras.layers import recurrent_states
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.recurrence import scan
from caudal.keras.layers.recurrent_cell import RecurrentCell
from caudal.keras.layers.stacked_rnn_cells import StackedRNNCells, output_size, takes_training


class RNN(Layer):
    """Runs ``cell(inputs, states) -> (output, states)`` over (batch, time, ...).

    cell: a layer with ``state_size`` (a number or a list of them), or a list of such layers.
    return_sequences: all outputs instead of the last. return_state: also the last states, as
    more outputs. stateful: the states go on from one call to the next, until `reset_states`.
    unroll changes nothing. Masked steps leave states and output as they were, or the output 0
    with ``zero_output_for_mask``.
    """

    _config_names: tuple[str, ...] = (
        "return_sequences",
        "return_state",
        "go_backwards",
        "stateful",
        "unroll",
        "zero_output_for_mask",
        "cell",
    )

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        if isinstance(cell, list | tuple):
            cell = StackedRNNCells(cell)
        recurrent_states.check_cell(cell)
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll = go_backwards, stateful, unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self._hide_states(None)

    def _hide_states(self, states: Any) -> None:
        # Not weights: they are neither counted nor saved.
        object.__setattr__(self, "states", states)

    @property
    def state_size(self) -> list[Any]:
        """The extent of each state."""
        return recurrent_states.as_list(self.cell.state_size)

    def build(self, input_shape: Any) -> None:
        """Builds the cell, and the states of a stateful layer."""
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build((input_shape[0], *input_shape[2:]))
        if self.stateful and self.states is None:
            self._hide_states(recurrent_states.variables(self, input_shape))

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """What the states are before the first step: the cell's own, or zeros."""
        if hasattr(self.cell, "get_initial_state"):
            found = self.cell.get_initial_state(batch_size=batch_size)
        else:
            dtype = recurrent_states.dtype_inside(self)
            found = recurrent_states.zeros(self.state_size, batch_size, dtype)
        return recurrent_states.as_list(found)

    def reset_state(self) -> None:
        """Sets the states of a stateful layer to zero."""
        if self.states is not None:
            recurrent_states.clear(self.states)

    reset_states = reset_state

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False
    ) -> Any:
        """The last output or all of them, and the last states if asked for."""
        x = to_compute_dtype(sequences, recurrent_states.dtype_inside(self))
        batch = int(x.shape[0])
        if initial_state is None:
            initial_state = self.states if self.stateful else self.get_initial_state(batch)
        states = recurrent_states.checked(self, initial_state, batch)
        with ExitStack() as stack:
            recurrent_states.enter(self.cell, stack)
            rows, step = self._step(x, training)
            last, outputs, states = scan(
                step,
                rows,
                states,
                mask=mask,
                go_backwards=self.go_backwards,
                zero_output_for_mask=self.zero_output_for_mask,
                keep_all=self.return_sequences,
            )
        if self.stateful:
            recurrent_states.keep(self.states, states)
        # The cell may have another policy.
        found = (outputs if self.return_sequences else last, *states)
        found = nest.map_structure(lambda x: to_compute_dtype(x, self.compute_dtype), found)
        return found if self.return_state else found[0]

    def _step(self, x: Any, training: Any) -> tuple[Any, Any]:
        """What to run over, and a step of it; one product takes all steps' inputs."""
        cell = self.cell
        if isinstance(cell, RecurrentCell):
            return cell.run(x, training)
        more = {"training": training} if takes_training(cell) and training is not None else {}
        return x, lambda row, states: cell(row, states, **more)

    def compute_output_shape(self, input_shape: Any, initial_state_shape: Any = None) -> Any:
        """(batch, units), with the time axis if all outputs are returned; then the states."""
        batch, size = input_shape[0], output_size(self.cell)
        shape = (batch, input_shape[1], size) if self.return_sequences else (batch, size)
        states = nest.map_structure(lambda n: (batch, n), self.state_size)
        return (shape, *states) if self.return_state else shape

    def compute_output_spec(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        """The output for symbolic inputs, without running the loop."""
        shape = self.compute_output_shape(tuple(sequences.shape))
        return map_shapes(lambda item: KerasTensor(item, self.compute_dtype), shape)

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask goes on where all outputs do."""
        kept = mask if self.return_sequences else None
        return [kept, *(None for _ in self.state_size)] if self.return_state else kept

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer of a configuration, with a new cell."""
        return super().from_config(
            {**config, "cell": deserialize_keras_object(config["cell"], custom_objects)}
        )
