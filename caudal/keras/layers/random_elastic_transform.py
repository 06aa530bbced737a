"""RandomElasticTransform: images pulled about."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.keras import random
from caudal.keras.layers import image_values
from caudal.keras.layers.colour_layer import chosen
from caudal.keras.layers.geometric_layer import GeometricLayer
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import factor_range, within
from caudal.keras.ops import image
from caudal.keras.ops.promotion import boolean, cast, floating
from caudal.keras.ops.warps import pulled


class RandomElasticTransform(RandomImageLayer, GeometricLayer):
    """Moves the pixels of images by smooth random fields, while training.

    factor: the probability, a number a, for 0 to a, or a pair, within [0, 1]. scale: how strong,
    likewise, drawn for a batch. Boxes stay, as in Keras.
    """

    _config_names = (
        "data_format",
        "factor",
        "scale",
        "interpolation",
        "fill_mode",
        "fill_value",
        "value_range",
        "seed",
    )

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, "factor", "RandomElasticTransform", 0, 1)
        self.scale = factor_range(scale, "scale", "RandomElasticTransform", 0, 1)
        image.check_warp("RandomElasticTransform", interpolation, fill_mode)
        self.interpolation, self.fill_mode, self.fill_value = interpolation, fill_mode, fill_value
        image_values.value_range(value_range, "RandomElasticTransform")
        self.value_range = value_range

    def _draw(self, extents: Extents, seed: Any) -> Any:
        if self.scale[1] == 0 or self.factor[1] == 0:
            return None
        return {
            "apply_transform": chosen(extents.batch, self.factor, seed),
            "distortion_factor": random.uniform((), *self.scale, seed=seed),
            # Drawn here, so that a mask moves with its image.
            "seed": random.randint((2,), 0, 2**31 - 1, seed=seed),
        }

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The boxes as they are."""
        return bounding_boxes

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        height, width = int(x.shape[1]), int(x.shape[2])
        pixels = floating(x)
        by = cast(floating(transformation["distortion_factor"]), pixels.dtype)
        alpha, sigma = by * (0.1 * max(height, width)), by * (0.05 * min(height, width))
        reach = 3 * int(0.05 * min(height, width) * max(float(self.scale[1]), 1.0))
        rest = (interpolation, self.fill_mode, self.fill_value, transformation["seed"])
        moved = pulled(pixels, alpha, sigma, reach, *rest, "channels_last")
        which = movement.reshape(boolean(transformation["apply_transform"]), (-1, 1, 1, 1))
        moved = ops.select(which, moved, pixels)
        return within(moved, self.value_range)
