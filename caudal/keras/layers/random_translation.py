"""RandomTranslation: shifted images."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras import random
from caudal.keras.layers.geometric_layer import WarpLayer, matrix
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import factor_range
from caudal.keras.ops.promotion import cast, floating


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

    def _draw(self, extents: Extents, seed: Any) -> Any:
        shape = (extents.batch, 1)
        down = random.uniform(shape, *self._height, seed=seed) * extents.height
        right = random.uniform(shape, *self._width, seed=seed) * extents.width
        moves = cast(ops.concat(right, down, axis=1), "float32")
        return {"translations": moves, "input_shape": extents.shape}

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        moves = floating(transformation["translations"])
        right, down = moves[:, 0:1], moves[:, 1:2]
        return self._warped(
            x, matrix(moves[:, :1], (1.0, 0.0, -right, 0.0, 1.0, -down)), interpolation
        )

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        moves = cast(floating(transformation["translations"]), boxes.dtype)
        return boxes + ops.concat(moves, moves, axis=1)[:, None, :]
