"""What the padding and cropping layers share."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments

Pairs = tuple[tuple[int, int], ...]


def pairs(value: Any, rank: int, name: str) -> Pairs:
    """((before, after), ...) from an integer, an integer per axis, or the pairs themselves.

    >>> pairs(1, 2, "padding"), pairs(((1, 0), 2), 2, "padding")
    (((1, 1), (1, 1)), ((1, 0), (2, 2)))
    """
    if isinstance(value, int):
        value = (value,) * rank if rank > 1 else (value, value)
    if rank == 1 and len(value) == 2 and all(isinstance(item, int) for item in value):
        value = (tuple(value),)
    if len(value) != rank or (rank == 1 and isinstance(value[0], int)):
        raise InvalidArgumentError(
            "`{name}` should have {rank} elements. Received: {value}.",
            name=name,
            rank=rank,
            value=value,
        )
    return tuple(
        arguments.integers(item, 2, name, zero=True)  # type: ignore[misc]
        for item in value
    )


class Edges(Layer):
    """A layer that changes the borders of ``rank`` spatial axes by pairs of widths."""

    _rank = 2
    _argument = "padding"

    def __init__(self, widths: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(data_format)
        self._widths = pairs(widths, self._rank, self._argument)
        self.input_spec = InputSpec(ndim=self._rank + 2)

    @property
    def _first(self) -> bool:
        return self.data_format == "channels_first"

    def _all_axes(self) -> Pairs:
        """The widths of every axis, batch and channels included."""
        if self._first:
            return ((0, 0), (0, 0), *self._widths)
        return ((0, 0), *self._widths, (0, 0))

    def get_config(self) -> dict[str, Any]:
        """The widths and the data format."""
        widths: Any = self._widths[0] if self._rank == 1 else self._widths
        config = {**super().get_config(), self._argument: widths}
        if self._argument == "padding" or self._rank > 1:
            config["data_format"] = self.data_format
        return config

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
