"""RandomErasing: blocks of the images are lost."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras import random
from caudal.keras.layers import image_values
from caudal.keras.layers.colour_layer import chosen
from caudal.keras.layers.cut_mix import block_corners, block_masks
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import factor_range, within
from caudal.keras.ops.promotion import boolean, cast, floating, tensor


class RandomErasing(RandomImageLayer):
    """Fills a random block of each image, while training (Zhong et al., 2020).

    factor: the probability, a number a, for 0 to a, or a pair, within [0, 1]. scale: the share of
    the area, likewise. fill_value: one number, three, or None for normal noise.
    """

    _config_names = ("data_format", "factor", "scale", "fill_value", "value_range", "seed")

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, "factor", "RandomErasing", 0, 1)
        self.scale = factor_range(scale, "scale", "RandomErasing", 0, 1)
        image_values.value_range(value_range, "RandomErasing")
        self.value_range = value_range
        count = len(fill_value) if isinstance(fill_value, list | tuple) else 3
        known = isinstance(fill_value, list | tuple | int | float | None)
        if not known or count != 3:
            raise InvalidArgumentError(
                "RandomErasing: `fill_value` must be a number, three numbers or None, received "
                "{value!r}.",
                value=fill_value,
            )
        self.fill_value = fill_value

    def _draw(self, extents: Extents, seed: Any) -> Any:
        share = ops.sqrt(random.uniform((extents.batch, 2), *self.scale, seed=seed))
        corners = block_corners(extents, share[:, 0], share[:, 1], seed)
        return {
            "batch_masks": block_masks(extents, corners, self.data_format),
            "apply_erasing": chosen(extents.batch, self.factor, seed),
            "fill_value": self._fill((extents.batch, *extents.shape[-3:]), seed),
        }

    def _fill(self, shape: tuple[int, ...], seed: Any) -> Any:
        if self.fill_value is None:
            value = random.normal(shape, seed=seed) * float(self.value_range[1])
        else:
            value = floating(convert_to_tensor(self.fill_value))
            if len(value.shape):
                first = self.data_format == "channels_first"
                value = movement.reshape(value, (-1, 1, 1) if first else (1, 1, -1))
            value = movement.broadcast_to(value, shape)
        return within(value, self.value_range)

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images without their blocks."""
        x = cast(tensor(images), self.compute_dtype)
        if not training or transformation is None:
            return x
        which = movement.reshape(boolean(transformation["apply_erasing"]), (-1, 1, 1, 1))
        lost = math.logical_and(which, boolean(transformation["batch_masks"]))
        return ops.select(lost, cast(floating(transformation["fill_value"]), x.dtype), x)
