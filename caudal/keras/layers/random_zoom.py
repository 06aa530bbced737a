"""RandomZoom: enlarged and reduced images."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras import random
from caudal.keras.layers.geometric_layer import WarpLayer, column, matrix
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import Range, factor_range
from caudal.keras.ops.promotion import cast


class RandomZoom(WarpLayer):
    """Scales each image about its middle, while training; the extents stay.

    height_factor: a number a, for -a to a, or a pair. 0.2 shows 20 % more of the image, -0.2
    shows 20 % less. width_factor: likewise; None keeps the aspect ratio. fill_mode: "reflect",
    "constant" (``fill_value``), "nearest", "wrap".
    """

    _gives_boxes_alone = False
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
        self._width: Range | None = None
        if width_factor is not None:
            self._width = factor_range(width_factor, "width_factor", "RandomZoom")
        self._warping(fill_mode, interpolation, fill_value)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        def drawn(bounds: Range) -> Any:
            return random.uniform((extents.batch, 1), 1.0 + bounds[0], 1.0 + bounds[1], seed=seed)

        tall = drawn(self._height)
        wide = tall if self._width is None else drawn(self._width)
        return {"height_zoom": tall, "width_zoom": wide, "input_shape": extents.shape}

    def _windows(self, transformation: Any, size: tuple[int, int]) -> tuple[Any, ...]:
        """(left, top, zoom across, zoom down) of what of each image is shown, as (n, 1)."""
        tall, wide = (column(transformation[key]) for key in ("height_zoom", "width_zoom"))
        height, width = size
        return (1.0 - wide) * ((width - 1) / 2), (1.0 - tall) * ((height - 1) / 2), wide, tall

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        size = (int(x.shape[1]), int(x.shape[2]))
        left, top, wide, tall = self._windows(transformation, size)
        return self._warped(x, matrix(wide, (wide, 0.0, left, 0.0, tall, top)), interpolation)

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        window = self._windows(transformation, size)
        left, top, wide, tall = (cast(part, boxes.dtype)[:, None, :] for part in window)
        starts = ops.concat(left, top, left, top, axis=2)
        return (boxes - starts) / ops.concat(wide, tall, wide, tall, axis=2)
