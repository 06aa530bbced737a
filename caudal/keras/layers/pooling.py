"""What the pooling layers share."""

from __future__ import annotations

from typing import Any

from caudal import nn
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments


class BasePooling(Layer):
    """A window that slides over ``rank`` spatial axes and keeps one number of each position."""

    _config_names = ("pool_size", "padding", "strides", "data_format")
    _mode = "max"
    _rank = 2

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size = arguments.integers(pool_size, self._rank, "pool_size")
        strides = pool_size if strides is None else strides
        self.strides = arguments.integers(strides, self._rank, "strides")
        self.padding = arguments.padding_name(padding)
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(ndim=self._rank + 2)
        self._build_at_init()

    @property
    def _first(self) -> bool:
        return self.data_format == "channels_first"

    def call(self, inputs: Any) -> Any:
        """One number per window."""
        self.compute_output_shape(tuple(inputs.shape))
        pool = nn.max_pool if self._mode == "max" else nn.avg_pool
        layout = arguments.tensorflow_format(self.data_format, self._rank)
        return pool(inputs, self.pool_size, self.strides, self.padding.upper(), data_format=layout)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The spatial extents after the window."""
        batch, space, channels = arguments.split_shape(input_shape, self._first)
        space = arguments.windowed(self.name, space, self.pool_size, self.strides, self.padding)
        return arguments.join_shape(batch, space, channels, self._first)

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
