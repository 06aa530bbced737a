"""AutoContrast: every channel uses the whole range of values."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.keras.layers import image_values
from caudal.keras.layers.image_layer import ImageLayer
from caudal.keras.layers.image_values import rescaled


class AutoContrast(ImageLayer):
    """Stretches each channel of each image over ``value_range``, in training and outside of it.

    A channel of one value stays.

    >>> import numpy as np
    >>> AutoContrast((0, 1))(np.array([[[[0.25], [0.5], [0.75]]]], "float32")).numpy().ravel()
    array([0. , 0.5, 1. ], dtype=float32)
    """

    _config_names = ("data_format", "value_range")
    _always = True

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = image_values.value_range(value_range, "AutoContrast")

    def _change(self, x: Any, transformation: Any) -> Any:
        y = rescaled(x, self.value_range, (0, 255))
        low = math.reduce_min(y, axis=(1, 2), keepdims=True)
        high = math.reduce_max(y, axis=(1, 2), keepdims=True)
        flat = ops.equal(low, high)
        scale = 255.0 / ops.select(flat, low * 0.0 + 1.0, high - low)
        stretched = math.clip_by_value(y * scale - low * scale, 0.0, 255.0)
        return ops.select(flat, x, rescaled(stretched, (0, 255), self.value_range))
