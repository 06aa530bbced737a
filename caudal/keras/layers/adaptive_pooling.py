"""What the adaptive pooling layers share."""

from __future__ import annotations

from typing import Any

from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments
from caudal.keras.ops.adaptive import adaptive_average_pool, adaptive_max_pool


class AdaptivePooling(Layer):
    """Windows of nearly equal extents, as many along each axis as ``output_size`` says."""

    _config_names = ("output_size", "data_format")
    _mode = "max"
    _rank = 2

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = arguments.integers(output_size, self._rank, "output_size")
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """One number per window."""
        pool = adaptive_max_pool if self._mode == "max" else adaptive_average_pool
        return pool(inputs, self.output_size, self.data_format)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """``output_size`` in place of the spatial extents."""
        first = self.data_format == "channels_first"
        batch, _, channels = arguments.split_shape(tuple(input_shape), first)
        return arguments.join_shape(batch, self.output_size, channels, first)

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
