"""RandomHue: colours turn around the colour wheel."""

from __future__ import annotations

from typing import Any

from caudal import image, math, ops
from caudal.keras import random
from caudal.keras.layers.colour_layer import ColourLayer, spread
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import rescaled, within


class RandomHue(ColourLayer):
    """Moves the hue of each image by up to ``factor`` half turns either way, while training.

    factor: a number a, for 0 to a, or a pair, within [0, 1].

    >>> import numpy as np
    >>> red = np.array([[[[255.0, 0.0, 0.0]]]], "float32")
    >>> np.abs(RandomHue((1, 1))(red, training=True)).tolist()
    [[[[0.0, 255.0, 255.0]]]]
    """

    _bounds = (0, 1)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        side = random.uniform((extents.batch,), seed=seed)
        drawn = random.uniform((extents.batch,), *self.factor, seed=seed)
        return {"factor": ops.select(side > 0.5, -drawn, drawn) * 0.5}

    def _change(self, x: Any, transformation: Any) -> Any:
        by = spread(transformation["factor"], x)
        parts = image.rgb_to_hsv(rescaled(x, self.value_range, (0, 1)))
        hue = parts[..., :1] + by
        hue = hue - math.floor(hue)
        turned = image.hsv_to_rgb(ops.concat(hue, parts[..., 1:], axis=3))
        return rescaled(within(turned, (0, 1)), (0, 1), self.value_range)
