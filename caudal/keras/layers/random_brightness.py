"""RandomBrightness: brighter and darker images."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.array import movement
from caudal.errors import InvalidArgumentError
from caudal.keras.layers.image_layer import RandomImageLayer, factor_range
from caudal.keras.ops.promotion import cast


class RandomBrightness(RandomImageLayer):
    """Adds a random part of the value range to each image, while training.

    factor: a number a, for -a to a, or a pair, within [-1, 1]. The result is kept within
    ``value_range``.
    """

    _config_names = ("data_format", "factor", "value_range", "seed")

    def __init__(
        self, factor: Any, value_range: Any = (0, 255), seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.factor = factor_range(factor, "factor", "RandomBrightness")
        if not isinstance(value_range, list | tuple) or len(value_range) != 2:
            raise InvalidArgumentError(
                "RandomBrightness: `value_range` must be a pair of numbers, received {value!r}.",
                value=value_range,
            )
        self.value_range = sorted(value_range)

    def _change(self, x: Any) -> Any:
        low, high = (float(bound) for bound in self.value_range)
        drawn = self._draw(int(x.shape[0]), self.factor) * (high - low)
        by = cast(movement.expand_dims(drawn, -1), x.dtype)
        return math.clip_by_value(x + by, low, high)
