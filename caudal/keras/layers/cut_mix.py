"""CutMix: a block of each image comes from another."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array import movement
from caudal.keras import random
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import factor_range
from caudal.keras.layers.mix_up import mixed, partners
from caudal.keras.ops.promotion import boolean, cast, floating, tensor


class CutMix(RandomImageLayer):
    """Puts a block of another image of the batch into each, while training (Yun et al., 2019).

    Labels, one-hot, are mixed by the shares of the area. factor: the parameter of the Beta
    distribution of the shares, a number a, for 0 to a, or a pair, within [0, 1]. A single image
    stays.
    """

    _config_names = ("data_format", "factor", "seed")

    def __init__(
        self, factor: Any = 1.0, seed: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, "factor", "CutMix", 0, 1)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        if len(extents.shape) == 3:
            return None
        count = extents.batch
        alpha = random.uniform((), *self.factor, seed=seed) + 1e-6
        ratio = ops.sqrt(1.0 - random.beta((count,), alpha, alpha, seed=seed))
        corners = block_corners(extents, ratio, ratio, seed)
        left, right, top, bottom = corners
        area = (right - left) * (bottom - top) / float(extents.width * extents.height)
        return {
            "permutation_order": random.shuffle(np.arange(count, dtype="int32"), seed=seed),
            "batch_masks": block_masks(extents, corners, self.data_format),
            "mix_weight": movement.reshape(1.0 - area, (-1, 1, 1, 1)),
        }

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images with their blocks."""
        x = cast(tensor(images), self.compute_dtype)
        if not training or transformation is None:
            return x
        other = partners(x, transformation)
        return ops.select(boolean(transformation["batch_masks"]), other, x)

    def transform_labels(self, labels: Any, transformation: Any, training: Any = True) -> Any:
        """The labels, mixed: one-hot, in floats."""
        if not training or transformation is None:
            return labels
        return mixed(floating(labels), transformation)


def block_corners(extents: Extents, across: Any, down: Any, seed: Any) -> tuple[Any, ...]:
    """(left, right, top, bottom) of a block in each image, of these parts of the extents."""
    ends: list[Any] = []
    for ratio, whole in ((across, extents.width), (down, extents.height)):
        length = ratio * float(whole)
        start = random.uniform((extents.batch,), seed=seed) * (float(whole) - length)
        ends += [start, start + length]
    return tuple(ends)


def block_masks(extents: Extents, corners: tuple[Any, ...], data_format: str) -> Any:
    """Which pixels lie within the blocks, as bools in the images' shape."""
    left, right, top, bottom = (movement.reshape(end, (-1, 1, 1, 1)) for end in corners)
    place = 2 if data_format == "channels_first" else 1
    rows = np.arange(extents.height, dtype="float32").reshape((-1, *[1] * (3 - place)))
    columns = np.arange(extents.width, dtype="float32").reshape((-1, *[1] * (2 - place)))
    down = math.logical_and(top <= rows, bottom > rows)
    within = math.logical_and(down, math.logical_and(left <= columns, right > columns))
    shape = (extents.batch, *extents.shape[-3:])
    return movement.broadcast_to(within, shape)
