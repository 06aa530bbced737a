"""MixUp: each image blended with another."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.keras import random
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.shape_preserving import number
from caudal.keras.ops.promotion import cast, cast_value, floating, tensor


class MixUp(RandomImageLayer):
    """``w * image + (1 - w) * another image`` of the batch, while training (Zhang et al., 2018).

    Labels and masks are mixed likewise, so labels must be one-hot; the boxes of both images are
    kept, (batch, 2 n, 4). ``w`` is drawn for each image from Beta(alpha, alpha).
    """

    _config_names = ("alpha", "data_format", "seed")

    def __init__(
        self, alpha: float = 0.2, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.alpha = number(alpha, "alpha", "MixUp", 0)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        order = random.shuffle(np.arange(extents.batch, dtype="int64"), seed=seed)
        weight = random.beta((extents.batch,), self.alpha, self.alpha, seed=seed)
        return {"mix_weight": weight, "permutation_order": order}

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images, blended."""
        x = cast(tensor(images), self.compute_dtype)
        return mixed(x, transformation) if training and transformation is not None else x

    def transform_labels(self, labels: Any, transformation: Any, training: Any = True) -> Any:
        """The labels, blended: one-hot, in floats."""
        return mixed(floating(labels), transformation) if training else labels

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The masks, blended, in floats."""
        masks = segmentation_masks
        return mixed(floating(masks), transformation) if training else masks

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The boxes of both images, one after the other."""
        if not training:
            return bounding_boxes
        boxes, labels = (tensor(bounding_boxes[key]) for key in ("boxes", "labels"))
        more = [partners(part, transformation) for part in (boxes, labels)]
        axis = min(len(labels.shape) - 1, 1)
        joined = ops.concat(boxes, more[0], axis=1), ops.concat(labels, more[1], axis=axis)
        return {**bounding_boxes, "boxes": joined[0], "labels": joined[1]}


def partners(x: Any, transformation: Any) -> Any:
    """The others that are mixed in, of a batch of anything."""
    order = cast_value(tensor(transformation["permutation_order"]), "int32")
    return ops.gather(x, order, axis=0)


def mixed(x: Any, transformation: Any) -> Any:
    """A batch of floats blended with its partners by the weights."""
    weight = cast(floating(transformation["mix_weight"]), x.dtype)
    other = partners(x, transformation)
    rank = max(len(x.shape), 4 if len(x.shape) == 3 else 1)
    weight = movement.reshape(weight, (-1, *[1] * (rank - 1)))
    return weight * x + (1.0 - weight) * other
