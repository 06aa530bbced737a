"""RandomContrast: images with more or less contrast."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.keras import random
from caudal.keras.layers.colour_layer import ColourLayer, spread
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import within


class RandomContrast(ColourLayer):
    """``(x - mean) * f + mean`` of each channel, kept within ``value_range``, while training.

    factor: a number a, for f from 1 to 1 + a, or a pair (l, u), for f from 1 - l to 1 + u, l <= u.
    """

    _bounds = (0, 1)

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(factor, value_range, seed=seed, **kwargs)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        low, high = self.factor
        drawn = random.uniform((extents.batch, 1, 1, 1), 1.0 - low, 1.0 + high, seed=seed)
        return {"contrast_factor": drawn}

    def _change(self, x: Any, transformation: Any) -> Any:
        mean = math.reduce_mean(x, axis=(1, 2), keepdims=True)
        by = spread(transformation["contrast_factor"], x)
        return within((x - mean) * by + mean, self.value_range)
