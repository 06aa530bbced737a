"""RandomBrightness: brighter and darker images."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.colour_layer import ColourLayer, spread
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import within


class RandomBrightness(ColourLayer):
    """Adds a random part of the value range to each image, while training.

    factor: a number a, for -a to a, or a pair, within [-1, 1]. The result is kept within
    ``value_range``.
    """

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(factor, value_range, seed=seed, **kwargs)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        low, high = self.value_range
        return {"rgb_delta": super()._draw(extents, seed)["factor"] * (high - low)}

    def _change(self, x: Any, transformation: Any) -> Any:
        return within(x + spread(transformation["rgb_delta"], x), self.value_range)
