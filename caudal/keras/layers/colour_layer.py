"""ColourLayer: pixels change their values, by a factor that is drawn for each image."""

from __future__ import annotations

from typing import Any

from caudal.keras import random
from caudal.keras.layers.geometric_layer import column
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import Range, factor_range, value_range
from caudal.keras.ops.promotion import cast


class ColourLayer(RandomImageLayer):
    """A layer of a ``factor`` and a ``value_range``; labels, boxes and masks stay as they are.

    factor: a number a, for -a to a within the layer's bounds, or a pair.
    """

    _config_names: tuple[str, ...] = ("data_format", "factor", "value_range", "seed")
    _bounds: Range = (-1, 1)

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, "factor", type(self).__name__, *self._bounds)
        self.value_range = _range(value_range, type(self).__name__)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        return {"factor": random.uniform((extents.batch,), *self.factor, seed=seed)}


def _range(value: Any, layer: str) -> list[float]:
    return value_range(value, layer)


def spread(factor: Any, x: Any) -> Any:
    """A number for each image, of shape (n, 1, 1, 1) and the images' dtype."""
    return cast(column(factor, 1, 1, 1), x.dtype)


def chosen(count: int, bounds: Range, seed: Any) -> Any:
    """Which of ``count`` images are changed: (count,) bools, true with a probability in bounds."""
    probability = random.uniform((count,), *bounds, seed=seed)
    return random.uniform((count,), seed=seed) < probability
