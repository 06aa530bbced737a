"""What UpSampling1D, 2D and 3D share."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments


class UpSampling(Layer):
    """Repeats every element ``size`` times along each spatial axis."""

    _config_names: tuple[str, ...] = ("size", "data_format")
    _rank = 2

    def __init__(self, size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(data_format)
        self.size: Any = arguments.integers(size, self._rank, "size")
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _factors(self) -> tuple[int, ...]:
        first = self.data_format == "channels_first"
        return (1, 1, *self.size) if first else (1, *self.size, 1)

    def call(self, inputs: Any) -> Any:
        """The enlarged tensor."""
        shape = tuple(inputs.shape)
        apart: list[int] = []
        wide: list[int] = []
        for extent, factor in zip(shape, self._factors(), strict=True):
            apart += [extent, 1]
            wide += [extent, factor]
        y = ops.broadcast_to(ops.reshape(inputs, shape=tuple(apart)), shape=tuple(wide))
        return ops.reshape(y, shape=tuple(self.compute_output_shape(shape)))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The extents times the factors."""
        return tuple(
            None if n is None else n * factor
            for n, factor in zip(input_shape, self._factors(), strict=True)
        )

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
