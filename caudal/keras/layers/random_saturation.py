"""RandomSaturation: more and less vivid colours."""

from __future__ import annotations

from typing import Any

from caudal import image, ops
from caudal.keras.layers.colour_layer import ColourLayer, spread
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import within


class RandomSaturation(ColourLayer):
    """Multiplies the saturation of each image by ``f / (1 - f)``, while training.

    factor: a number a, for f from -a to a, or a pair, within [-1, 1]: 0 makes the image gray, 0.5
    leaves it, 1 makes its colours pure.

    >>> import numpy as np
    >>> pixel = np.array([[[[1.0, 0.5, 0.5]]]], "float32")
    >>> RandomSaturation((0, 0), (0, 1))(pixel, training=True).numpy().tolist()
    [[[[1.0, 1.0, 1.0]]]]
    """

    def _draw(self, extents: Extents, seed: Any) -> Any:
        from caudal.keras.backend import epsilon

        drawn = super()._draw(extents, seed)["factor"]
        return {"factor": drawn / (1.0 - drawn + epsilon())}

    def _change(self, x: Any, transformation: Any) -> Any:
        parts = image.rgb_to_hsv(x)
        vivid = parts[..., 1:2] * spread(transformation["factor"], x)
        vivid = within(vivid, self.value_range)
        return image.hsv_to_rgb(ops.concat(parts[..., :1], vivid, parts[..., 2:], axis=3))
