"""What SimpleRNN, LSTM and GRU share beyond RNN: their cell's arguments are theirs."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.layers.rnn import RNN


class RecurrentLayer(RNN):
    """A layer around one kind of cell; reads of ``units``, ``dropout``, ... are the cell's."""

    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(cell, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def __getattr__(self, name: str) -> Any:
        cell = self.__dict__.get("cell")
        if cell is not None and name in cell._config_names:
            return getattr(cell, name)
        return super().__getattr__(name)

    @staticmethod
    def names(cell: Any, without: str = "") -> tuple[str, ...]:
        """The names of a layer's configuration: the loop's and the cell's."""
        own = [name for name in RNN._config_names if name != "cell"]
        inner = [name for name in cell._config_names if name != without]
        return (*own, *inner, "activity_regularizer")

    @staticmethod
    def for_cell(kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments that the cell shares; takes out Keras 2's that change no value."""
        if kwargs.pop("implementation", 2) not in (0, 1, 2):
            raise InvalidArgumentError("`implementation` must be 1 or 2 (they give equal values).")
        if kwargs.pop("time_major", False):
            raise InvalidArgumentError(
                "`time_major=True` is gone from Keras 3: transpose to (batch, time, features)."
            )
        return {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer of a configuration, with fresh weights."""
        return super(RNN, cls).from_config(config)
