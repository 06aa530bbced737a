"""GlobalMaxPooling1D: the greatest number of each channel of sequences."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.framework import Tensor
from caudal.keras.engine.masks import mask_of
from caudal.keras.layers.global_pooling import BaseGlobalPooling


class GlobalMaxPooling1D(BaseGlobalPooling):
    """The greatest number over all positions; input ``(batch, steps, channels)``.

    The output has the shape ``(batch, channels)``. Masks are not looked at, as in Keras; of a
    ragged input only its own steps count.
    """

    carries_ragged = True
    _mode = "max"
    _rank = 1

    def call(self, inputs: Any) -> Any:
        """The greatest numbers."""
        mask = mask_of(inputs)
        if self.sees_ragged and mask is not None and isinstance(inputs, Tensor):
            least = ops.cast(Tensor(inputs.dtype.min), dtype=inputs.dtype)
            inputs = ops.select(movement.expand_dims(mask, -1), inputs, least)
        return super().call(inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """None: no steps are left."""
