"""RandomZoom: enlarged and reduced images."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.image_layer import WarpLayer, factor_range, grid


class RandomZoom(WarpLayer):
    """Scales each image about its middle, while training; the extents stay.

    height_factor: a number a, for -a to a, or a pair. 0.2 shows 20 % more of the image, -0.2
    shows 20 % less. width_factor: likewise; None keeps the aspect ratio. fill_mode: "reflect",
    "constant" (``fill_value``), "nearest", "wrap".
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
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height = factor_range(height_factor, "height_factor", "RandomZoom")
        self._width = None
        if width_factor is not None:
            self._width = factor_range(width_factor, "width_factor", "RandomZoom")
        self._warping(fill_mode, interpolation, fill_value)

    def _change(self, x: Any) -> Any:
        count = int(x.shape[0])
        tall = self._draw(count, self._height) + 1.0
        wide = tall if self._width is None else self._draw(count, self._width) + 1.0
        rows, columns, middle, center = grid(x)
        return self._sampled(x, tall * (rows - middle) + middle, wide * (columns - center) + center)
