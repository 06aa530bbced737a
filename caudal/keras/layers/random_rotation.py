"""RandomRotation: turned images."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.keras import random
from caudal.keras.layers.geometric_layer import WarpLayer, column, matrix
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import factor_range
from caudal.keras.utils.bounding_boxes import affine_transform


class RandomRotation(WarpLayer):
    """Turns each image about its middle by a random part of a whole turn, while training.

    factor: a number a, for angles from -a to a turns, or a pair; positive is counterclockwise.
    fill_mode: "reflect", "constant" (``fill_value``), "nearest", "wrap". interpolation:
    "bilinear" or "nearest". A box becomes the box around its turned corners.
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

    def _draw(self, extents: Extents, seed: Any) -> Any:
        low, high = (bound * 360.0 for bound in self.factor)
        angle = random.uniform((extents.batch,), low, high, seed=seed)
        size = {"image_height": extents.height, "image_width": extents.width}
        turn = _turned(angle, extents.height, extents.width)
        return {"angle": angle, "rotation_matrix": turn, "batch_size": extents.batch, **size}

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        return self._warped(x, transformation["rotation_matrix"], interpolation)

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        angle = column(transformation["angle"], 1)[:, 0]
        none, one = angle * 0.0, angle * 0.0 + 1.0
        return affine_transform(boxes, angle, none, none, one, none, none, *size)

    def _sizes(self, transformation: Any) -> tuple[tuple[int, int], tuple[int, int]]:
        size = transformation["image_height"], transformation["image_width"]
        return size, size


def _turned(angle: Any, height: int, width: int) -> Any:
    """The matrices of turns about the middle, of angles in degrees."""
    turn = column(angle) * (math.pi / 180.0)
    cosine, sine = ops.cos(turn), ops.sin(turn)
    across, down = (width - 1) / 2, (height - 1) / 2
    right = across - cosine * across + sine * down
    below = down - sine * across - cosine * down
    return matrix(turn, (cosine, -sine, right, sine, cosine, below))
