"""StackedRNNCells: several cells as one."""

from __future__ import annotations

import inspect
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework import nest
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.serialization import deserialize_keras_object
from caudal.keras.layers.recurrent_states import zeros


class StackedRNNCells(Layer):
    """Cells one above the other: each one's output is the next one's input.

    The state is a list with one entry for each cell.
    """

    _config_names = ("cells",)

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(cells, list | tuple) or not cells:
            raise InvalidArgumentError(
                "StackedRNNCells: expected a list of cells, received {cells!r}.", cells=cells
            )
        for cell in cells:
            if "call" not in dir(cell) or "state_size" not in dir(cell):
                raise InvalidArgumentError(
                    "StackedRNNCells: all cells must have `call` and `state_size`, "
                    "received {cell!r}.",
                    cell=cell,
                )
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The state sizes of the cells."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The extent of the last cell's output."""
        return output_size(self.cells[-1])

    def build(self, input_shape: Any) -> None:
        """Builds each cell for the output of the one before."""
        shape = tuple(input_shape)
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(shape)
            shape = (shape[0], output_size(cell))

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """The initial states of the cells."""
        return [self._start(cell, int(batch_size or 0)) for cell in self.cells]

    def _start(self, cell: Any, batch: int) -> Any:
        size = cell.state_size
        if hasattr(cell, "get_initial_state"):
            found = cell.get_initial_state(batch_size=batch)
            return nest.pack_sequence_as(size, nest.flatten(found))
        return zeros(size, batch, self.compute_dtype)

    def call(self, inputs: Any, states: Any, training: Any = False) -> tuple[Any, list[Any]]:
        """One step through all cells."""
        after = []
        for cell, state in zip(self.cells, states, strict=True):
            nested = isinstance(state, list | tuple)
            more = {"training": training} if takes_training(cell) and training is not None else {}
            inputs, new = cell(inputs, list(state) if nested else [state], **more)
            after.append(new if nested or not isinstance(new, list | tuple) else new[0])
        return inputs, after

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer of a configuration, with new cells."""
        cells = [deserialize_keras_object(cell, custom_objects) for cell in config["cells"]]
        return super().from_config({**config, "cells": cells})


def output_size(cell: Any) -> int:
    """The extent of a cell's output: ``output_size``, else that of its first state."""
    size = getattr(cell, "output_size", None)
    if size is None:
        size = cell.state_size
    return int(size[0] if isinstance(size, list | tuple) else size)


def takes_training(cell: Any) -> bool:
    """Whether a cell's ``call`` has an argument ``training``."""
    return "training" in inspect.signature(cell.call).parameters
