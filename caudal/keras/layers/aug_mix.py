"""AugMix: blends of chains of augmentations."""

from __future__ import annotations

import random as choices
from typing import Any

from caudal import math
from caudal.keras import random
from caudal.keras.layers import arguments, image_values
from caudal.keras.layers.augmentations import COLOURS, augmentations
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import factor_range, within
from caudal.keras.layers.shape_preserving import number
from caudal.keras.ops import image
from caudal.keras.ops.promotion import cast, floating, tensor


class AugMix(RandomImageLayer):
    """Blends each image with what chains of random layers make of it (Hendrycks et al., 2020).

    num_chains: how many chains; chain_depth: how many layers each may have; factor: their strength,
    a number a, for 0 to a, or a pair; alpha: the parameter of the weights' distributions.
    ``all_ops=False`` leaves brightness, contrast, sharpness and fading out. As in Keras, which
    layers make the chains is chosen by Python's `random`: in a compiled function, once.
    """

    _config_names = (
        "data_format",
        "value_range",
        "num_chains",
        "chain_depth",
        "factor",
        "alpha",
        "all_ops",
        "interpolation",
        "seed",
    )

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        image_values.value_range(value_range, "AugMix")
        image.check_warp("AugMix", interpolation, "reflect")
        self.value_range, self.interpolation, self.all_ops = value_range, interpolation, all_ops
        self.num_chains = arguments.positive(num_chains, "num_chains", "AugMix")
        self.chain_depth = arguments.positive(chain_depth, "chain_depth", "AugMix")
        self.factor = factor_range(factor, "factor", "AugMix", 0, 1)
        self.alpha = number(alpha, "alpha", "AugMix", 0)
        rest = {k: v for k, v in kwargs.items() if k in ("dtype", "bounding_box_format")}
        parts = augmentations(
            self.factor, value_range, interpolation, seed, data_format=data_format, **rest
        )
        left_out = () if all_ops else tuple(f"random_{name}" for name in COLOURS)
        self._names = tuple(name for name in parts if name not in left_out)
        for name in self._names:
            setattr(self, name, parts[name])

    def _draw(self, extents: Extents, seed: Any) -> Any:
        shares = random.gamma((self.num_chains,), self.alpha, seed=seed)
        chains = []
        for _ in range(self.num_chains):
            names = choices.choices((*self._names, None), k=self.chain_depth)
            chains.append(
                [
                    {"layer_name": n, "transformation": getattr(self, n)._draw(extents, seed)}
                    for n in names
                    if n is not None
                ]
            )
        return {
            "chain_mixing_weights": shares / math.reduce_sum(shares),
            "weight_sample": random.beta((), self.alpha, self.alpha, seed=seed),
            "chain_transforms": chains,
        }

    def _mixed(self, method: str, x: Any, transformation: Any) -> Any:
        shares = cast(floating(transformation["chain_mixing_weights"]), x.dtype)
        own = cast(floating(transformation["weight_sample"]), x.dtype)
        total = x * 0.0
        for at, chain in enumerate(transformation["chain_transforms"]):
            changed = x
            for link in chain:
                part = getattr(self, link["layer_name"])
                changed = getattr(part, method)(changed, link["transformation"])
            total = total + changed * shares[at]
        return own * x + (1.0 - own) * total

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images, blended with their changed versions."""
        x = cast(tensor(images), self.compute_dtype)
        if not training or transformation is None:
            return x
        y = self._mixed("transform_images", x, transformation)
        return within(y, self.value_range)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The masks, blended likewise, in floats."""
        if not training or transformation is None:
            return segmentation_masks
        masks = floating(segmentation_masks)
        return self._mixed("transform_segmentation_masks", masks, transformation)
