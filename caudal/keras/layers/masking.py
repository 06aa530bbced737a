"""Masking: steps that hold one value everywhere are left out by the layers that follow."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.array.arguments import scalar
from caudal.framework import convert_to_tensor
from caudal.keras.engine.layer import Layer
from caudal.keras.ops.elementwise import not_equal


class Masking(Layer):
    """Marks the steps of (batch, time, features) whose features all are ``mask_value``.

    The output is 0 there, and carries the mask to layers such as LSTM, which skip the steps.
    """

    _config_names = ("mask_value",)

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True
        self._build_at_init()

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where a step counts."""
        # Keras's promotion: integers are compared with 0.0 too.
        return math.reduce_any(not_equal(convert_to_tensor(inputs), self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        """The inputs, with zeros in masked steps."""
        x = convert_to_tensor(inputs)
        mask = self.compute_mask(x)
        return ops.select(ops.reshape(mask, shape=(*mask.shape, 1)), x, scalar(0, x))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
