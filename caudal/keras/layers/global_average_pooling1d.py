"""GlobalAveragePooling1D: the mean of each channel of sequences."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.framework import convert_to_tensor
from caudal.keras.layers.global_pooling import BaseGlobalPooling
from caudal.math import conversion


class GlobalAveragePooling1D(BaseGlobalPooling):
    """The mean over all positions; input ``(batch, steps, channels)``.

    The output has the shape ``(batch, channels)``. With a mask (batch, steps), the mean over
    the positions where it is True.
    """

    _mode = "average"
    _rank = 1

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: there are no steps any more."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The mean over the steps that count."""
        if mask is None:
            return super().call(inputs)
        x = convert_to_tensor(inputs)
        steps = self._axes()
        shape = tuple(n if axis in (0, *steps) else 1 for axis, n in enumerate(x.shape))
        seen = ops.reshape(conversion.cast(mask, "bool"), shape=shape)
        weights = ops.cast(seen, dtype=x.dtype)
        total = math.reduce_sum(ops.select(seen, x, 0.0), axis=steps, keepdims=self.keepdims)
        return total / math.reduce_sum(weights, axis=steps, keepdims=self.keepdims)
