"""Flatten: all axes but the batch in one."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments


class Flatten(Layer):
    """``(batch, a, b, ...)`` becomes ``(batch, a * b * ...)``, and ``(batch,)`` ``(batch, 1)``."""

    _config_names = ("data_format",)

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        """The same elements in rows."""
        shape = tuple(inputs.shape)
        if self.data_format == "channels_first" and len(shape) > 2:
            # The rows are in channels_last order in either format.
            inputs = ops.transpose(inputs, perm=(0, *range(2, len(shape)), 1))
        return ops.reshape(inputs, shape=(shape[0], math.prod(shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Batch and the product of the rest."""
        rest = input_shape[1:]
        return (input_shape[0], None if None in rest else math.prod(rest))

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
