"""RandomGrayscale: images without colour."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.keras import random
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.noise import check_rate
from caudal.keras.ops.image import rgb_to_grayscale
from caudal.keras.ops.promotion import boolean


class RandomGrayscale(RandomImageLayer):
    """Gives each image one gray in all three channels with probability ``factor``, while training.

    >>> import numpy as np
    >>> RandomGrayscale(1.0)(np.ones((2, 4, 4, 3), "float32"), training=True).shape
    TensorShape([2, 4, 4, 3])
    """

    _config_names = ("factor", "data_format", "seed")

    def __init__(
        self,
        factor: float = 0.5,
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = check_rate(factor, name="factor")

    def _draw(self, extents: Extents, seed: Any) -> Any:
        return random.uniform((extents.batch, 1, 1, 1), seed=seed) < self.factor

    def _change(self, x: Any, transformation: Any) -> Any:
        if transformation is None:
            transformation = self._draw(self._extents(x), self.generator)
        which = movement.reshape(boolean(transformation), (-1, 1, 1, 1))
        return ops.select(which, rgb_to_grayscale(x, data_format="channels_last"), x)
