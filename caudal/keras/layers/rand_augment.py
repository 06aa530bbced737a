"""RandAugment: a few augmentations, chosen at random."""

from __future__ import annotations

from typing import Any

from caudal.keras import random
from caudal.keras.layers import image_values
from caudal.keras.layers.augmentations import augmentations
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import factor_range
from caudal.keras.ops import image
from caudal.keras.ops.core import switch
from caudal.keras.ops.promotion import cast, tensor


class RandAugment(RandomImageLayer):
    """Changes a batch by ``num_ops`` layers out of eleven, while training (Cubuk et al., 2020).

    factor: their strength, a number a, for 0 to a, or a pair, within [0, 1]. Boxes and masks move
    with the images.
    """

    _config_names = (
        "data_format",
        "value_range",
        "num_ops",
        "factor",
        "interpolation",
        "seed",
    )

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, "factor", "RandAugment", 0, 1)
        image_values.value_range(value_range, "RandAugment")
        image.check_warp("RandAugment", interpolation, "reflect")
        self.value_range, self.num_ops, self.interpolation = value_range, num_ops, interpolation
        rest = {k: v for k, v in kwargs.items() if k in ("dtype", "bounding_box_format")}
        parts = augmentations(
            self.factor, value_range, interpolation, seed, data_format=data_format, **rest
        )
        self._names = tuple(parts)
        for name, part in parts.items():
            setattr(self, name, part)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        parts = {name: getattr(self, name)._draw(extents, seed) or {} for name in self._names}
        chosen = random.randint((self.num_ops,), 0, len(parts), seed=seed)
        return {"transforms": parts, "layer_idxes": chosen}

    def _turns(self, method: str, value: Any, transformation: Any, training: Any) -> Any:
        """The value after the chosen layers' method, one after the other."""
        if not training or transformation is None:
            return value
        drawn, order = transformation["transforms"], tensor(transformation["layer_idxes"])

        def branch(name: str) -> Any:
            return lambda given: getattr(getattr(self, name), method)(given, drawn[name])

        branches = [branch(name) for name in drawn]
        for turn in range(self.num_ops):
            value = switch(order[turn], branches, value)
        return value

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images after the chosen layers."""
        x = cast(tensor(images), self.compute_dtype)
        return self._turns("transform_images", x, transformation, training)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The boxes after the chosen layers."""
        return self._turns("transform_bounding_boxes", bounding_boxes, transformation, training)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The masks after the chosen layers."""
        masks = tensor(segmentation_masks)
        return self._turns("transform_segmentation_masks", masks, transformation, training)
