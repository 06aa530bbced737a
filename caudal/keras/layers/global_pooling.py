"""What the global pooling layers share."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments


class BaseGlobalPooling(Layer):
    """One number per channel: the mean or the maximum over all positions."""

    _config_names = ("data_format", "keepdims")
    _mode = "max"
    _rank = 2

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self._rank + 2)
        self._build_at_init()

    def _axes(self) -> list[int]:
        start = 2 if self.data_format == "channels_first" else 1
        return list(range(start, start + self._rank))

    def call(self, inputs: Any) -> Any:
        """The reduction over the spatial axes."""
        reduce = math.reduce_max if self._mode == "max" else math.reduce_mean
        return reduce(inputs, axis=self._axes(), keepdims=self.keepdims)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Batch and channels, with axes of extent 1 between them if ``keepdims``."""
        axes = self._axes()
        if self.keepdims:
            return tuple(1 if axis in axes else n for axis, n in enumerate(input_shape))
        return tuple(n for axis, n in enumerate(input_shape) if axis not in axes)

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
