"""What the layers of images share: factors, batches, warps."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array import movement
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.ir.dtypes import float32
from caudal.keras.layers import arguments
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.noise import NoiseLayer
from caudal.keras.ops import image
from caudal.random import bits

Range = tuple[float, float]


def factor_range(value: Any, name: str, layer: str, low: float = -1.0, high: float = 1.0) -> Range:
    """(least, greatest) of a number a, which means (-a, a), or of a pair, within bounds.

    >>> factor_range(0.2, "factor", "RandomRotation"), factor_range((0, 1), "factor", "RandomZoom")
    ((-0.2, 0.2), (0, 1))
    """
    pair = tuple(value) if isinstance(value, list | tuple) else (value,)
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in pair)
    if numbers and len(pair) == 1:
        pair = (max(-abs(pair[0]), low), abs(pair[0]))
    if not numbers or len(pair) != 2 or not low <= pair[0] <= pair[1] <= high:
        raise InvalidArgumentError(
            "{layer}: `{name}` must be a number or a pair of rising numbers from {low} to {high}, "
            "received {value!r}.",
            layer=layer,
            name=name,
            low=low,
            high=high,
            value=value,
        )
    return pair[0], pair[1]


class RandomImageLayer(NoiseLayer):
    """Changes images at random while training; otherwise casts them to the compute dtype.

    Called by itself, outside of a model, it takes it that it is training, as in Keras.
    """

    def __init__(self, seed: Any = None, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.data_format = arguments.data_format(data_format)

    def call(self, inputs: Any, training: Any = True) -> Any:
        """The images, changed while training."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        if not training:
            return x
        x, alone, first = image.batched(type(self).__name__, x, self.data_format)
        return image.unbatched(self._change(x), alone, first)

    def _change(self, x: Any) -> Any:
        """The change of a batch (batch, height, width, channels)."""
        raise UnimplementedError("{layer}: no change is defined.", layer=type(self).__name__)

    def _draw(self, count: int, bounds: Range) -> Any:
        """A number for each image, of shape (count, 1, 1), in float32."""
        shape = (count, 1, 1)
        drawn = bits.unit(self.seed_generator.next(), shape, float32)
        return drawn * float(bounds[1] - bounds[0]) + float(bounds[0])


class WarpLayer(RandomImageLayer):
    """Takes the pixels from other places; ``fill_mode`` says what lies outside."""

    interpolation: str
    fill_mode: str
    fill_value: float

    def _warping(self, fill_mode: str, interpolation: str, fill_value: float) -> None:
        image.check_warp(type(self).__name__, interpolation, fill_mode)
        self.fill_mode, self.interpolation = fill_mode, interpolation
        self.fill_value = fill_value

    def _sampled(self, x: Any, rows: Any, columns: Any) -> Any:
        batch, height, width = (int(extent) for extent in x.shape[:3])
        shape = (batch, height, width)
        rows, columns = (movement.broadcast_to(place, shape) for place in (rows, columns))
        return image.sample(
            x, rows, columns, self.interpolation, self.fill_mode, float(self.fill_value)
        )


def grid(x: Any) -> tuple[Any, Any, float, float]:
    """The rows (1, h, 1) and columns (1, 1, w) of images, and the middle of each."""
    height, width = int(x.shape[1]), int(x.shape[2])
    rows = np.arange(height, dtype="float32").reshape(1, -1, 1)
    columns = np.arange(width, dtype="float32").reshape(1, 1, -1)
    return rows, columns, (height - 1) / 2, (width - 1) / 2
