"""RandomTranslation: shifted images."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.image_layer import WarpLayer, factor_range, grid


class RandomTranslation(WarpLayer):
    """Shifts each image by a random part of its height and width, while training.

    height_factor, width_factor: a number a, for -a to a, or a pair; positive is down and right.
    fill_mode: "reflect", "constant" (``fill_value``), "nearest", "wrap".
    """

    _config_names = (
        "data_format",
        "height_factor",
        "width_factor",
        "fill_mode",
        "interpolation",
        "seed",
        "fill_value",
    )

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height = factor_range(height_factor, "height_factor", "RandomTranslation")
        self._width = factor_range(width_factor, "width_factor", "RandomTranslation")
        self._warping(fill_mode, interpolation, fill_value)

    def _change(self, x: Any) -> Any:
        count, height, width = (int(extent) for extent in x.shape[:3])
        down = self._draw(count, self._height) * float(height)
        right = self._draw(count, self._width) * float(width)
        rows, columns, _, _ = grid(x)
        return self._sampled(x, rows - down, columns - right)
