"""RandomContrast: images with more or less contrast."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.array import movement
from caudal.keras.layers.image_layer import RandomImageLayer, factor_range
from caudal.keras.ops.promotion import cast


class RandomContrast(RandomImageLayer):
    """``(x - mean) * f + mean`` of each channel, kept within ``value_range``, while training.

    factor: a number a, for f from 1 to 1 + a, or a pair (l, u), for f from 1 - l to 1 + u.
    """

    _config_names = ("data_format", "factor", "value_range", "seed")

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        pair = isinstance(factor, list | tuple)
        bounds = tuple(sorted(factor)) if pair and len(factor) == 2 else factor
        low, high = factor_range(bounds, "factor", "RandomContrast", 0, 1)
        self.factor = tuple(factor) if pair else (low, high)
        self.value_range = value_range

    def _change(self, x: Any) -> Any:
        low, high = self.factor
        drawn = self._draw(int(x.shape[0]), (1.0 - low, 1.0 + high))
        by = cast(movement.expand_dims(drawn, -1), x.dtype)
        mean = math.reduce_mean(x, axis=(1, 2), keepdims=True)
        least, most = (float(bound) for bound in self.value_range)
        return math.clip_by_value((x - mean) * by + mean, least, most)
