"""RandomPerspective: images seen askew."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import linalg, math, ops
from caudal.array import movement
from caudal.keras import random
from caudal.keras.layers.colour_layer import chosen
from caudal.keras.layers.geometric_layer import GeometricLayer
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import factor_range
from caudal.keras.layers.noise import check_rate
from caudal.keras.ops import image
from caudal.keras.ops.promotion import boolean, cast, floating
from caudal.keras.ops.warps import homography, perspective_transform


class RandomPerspective(RandomImageLayer, GeometricLayer):
    """Moves the corners of images at random, while training.

    factor: the probability, a number a, for 0 to a, or a pair, within [0, 1]. scale: a corner's
    coordinates grow or shrink by up to half of this part. What lies outside is ``fill_value``.
    """

    _config_names = (
        "data_format",
        "factor",
        "scale",
        "interpolation",
        "fill_value",
        "seed",
    )

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, "factor", "RandomPerspective", 0, 1)
        self.scale = check_rate(scale, name="scale")
        image.check_warp("RandomPerspective", interpolation, "constant")
        self.interpolation, self.fill_value = interpolation, fill_value

    def _draw(self, extents: Extents, seed: Any) -> Any:
        right, bottom = extents.width - 1.0, extents.height - 1.0
        corners = np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]], "float32")
        start = np.tile(corners, (extents.batch, 1, 1))
        which = chosen(extents.batch, self.factor, seed)
        half = 0.5 * self.scale
        moves = random.uniform((extents.batch, 4, 2), -half, half, "float32", seed=seed)
        return {
            "apply_perspective": which,
            "start_points": floating(start),
            "end_points": floating(start) * (moves + 1.0),
            "input_shape": extents.shape,
        }

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        start, end = transformation["start_points"], transformation["end_points"]
        rest = (interpolation, self.fill_value, "channels_last")
        seen = perspective_transform(x, start, end, *rest)
        return ops.select(_which(transformation, 4), seen, x)

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        """The boxes around the moved corners."""
        numbers = homography(transformation["start_points"], transformation["end_points"])
        numbers = ops.concat(numbers, numbers[:, :1] * 0.0 + 1.0, axis=1)
        forward = linalg.inv(movement.reshape(cast(numbers, boxes.dtype), (-1, 3, 3)))
        x1, y1, x2, y2 = movement.unstack(boxes, axis=-1)
        xs, ys = (
            movement.stack([x1, x2, x1, x2], axis=-1),
            movement.stack([y1, y2, y2, y1], axis=-1),
        )
        a = [[forward[:, i, j][:, None, None] for j in range(3)] for i in range(3)]
        moved = [row[0] * xs + row[1] * ys + row[2] for row in a]
        ends = [moved[0] / moved[2], moved[1] / moved[2]]
        around = [fold(v, axis=-1) for fold in (math.reduce_min, math.reduce_max) for v in ends]
        return ops.select(_which(transformation, 3), movement.stack(around, axis=-1), boxes)


def _which(transformation: Any, rank: int) -> Any:
    """Which of the batch are changed, with as many axes as what is to be chosen."""
    return movement.reshape(boolean(transformation["apply_perspective"]), (-1, *[1] * (rank - 1)))
