"""RandomRotation: turned images."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.keras.layers.image_layer import WarpLayer, factor_range, grid


class RandomRotation(WarpLayer):
    """Turns each image about its middle by a random part of a whole turn, while training.

    factor: a number a, for angles from -a to a turns, or a pair; positive is counterclockwise.
    fill_mode: "reflect", "constant" (``fill_value``), "nearest", "wrap". interpolation:
    "bilinear" or "nearest".
    """

    _config_names = (
        "data_format",
        "factor",
        "fill_mode",
        "fill_value",
        "interpolation",
        "seed",
    )

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, "factor", "RandomRotation")
        self._warping(fill_mode, interpolation, fill_value)

    def _change(self, x: Any) -> Any:
        angle = self._draw(int(x.shape[0]), self.factor) * (2.0 * math.pi)
        cosine, sine = ops.cos(angle), ops.sin(angle)
        rows, columns, middle, center = grid(x)
        down, across = rows - middle, columns - center
        return self._sampled(
            x,
            sine * across + cosine * down + middle,
            cosine * across - sine * down + center,
        )
