"""RandomColorDegeneration: colours fade."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.colour_layer import ColourLayer, spread
from caudal.keras.layers.image_values import within
from caudal.keras.ops.image import rgb_to_grayscale


class RandomColorDegeneration(ColourLayer):
    """Mixes each image with its gray version, while training: factor 0 leaves it, 1 is gray.

    factor: a number a, for -a to a, or a pair, within [-1, 1]. The result is kept within
    ``value_range``.

    >>> import numpy as np
    >>> pixel = np.array([[[[255.0, 0.0, 0.0]]]], "float32")
    >>> RandomColorDegeneration((1, 1))(pixel, training=True).numpy().round(1)
    array([[[[76.2, 76.2, 76.2]]]], dtype=float32)
    """

    def _change(self, x: Any, transformation: Any) -> Any:
        gray = rgb_to_grayscale(x, data_format="channels_last")
        mixed = x + spread(transformation["factor"], x) * (gray - x)
        return within(mixed, self.value_range)
