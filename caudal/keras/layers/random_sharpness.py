"""RandomSharpness: blurred and sharpened images."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.framework import convert_to_tensor
from caudal.keras.layers.colour_layer import ColourLayer, spread
from caudal.keras.layers.image_values import within
from caudal.keras.ops import networks


class RandomSharpness(ColourLayer):
    """Mixes each image with a smoothed one, while training.

    factor: a number a, for 0 to a, or a pair, within [0, 1]: 0 is the smoothed image, 0.5 the
    image itself, 1 sharpened as much again. The result is kept within ``value_range``.
    """

    _bounds = (0, 1)

    def _change(self, x: Any, transformation: Any) -> Any:
        window = np.full((3, 3, 1, 1), 1.0 / 13.0)
        window[1, 1] = 5.0 / 13.0
        kernel = np.tile(window, (1, 1, int(x.shape[-1]), 1)).astype(x.dtype.np_dtype)
        smooth = networks.depthwise_conv(x, convert_to_tensor(kernel), 1, "same", "channels_last")
        by = 1.0 - spread(transformation["factor"], x) * 2.0
        return within(x + by * (smooth - x), self.value_range)
