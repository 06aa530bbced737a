"""The layers from which RandAugment and AugMix choose."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.auto_contrast import AutoContrast
from caudal.keras.layers.equalization import Equalization
from caudal.keras.layers.random_brightness import RandomBrightness
from caudal.keras.layers.random_color_degeneration import RandomColorDegeneration
from caudal.keras.layers.random_contrast import RandomContrast
from caudal.keras.layers.random_posterization import RandomPosterization
from caudal.keras.layers.random_rotation import RandomRotation
from caudal.keras.layers.random_sharpness import RandomSharpness
from caudal.keras.layers.random_shear import RandomShear
from caudal.keras.layers.random_translation import RandomTranslation
from caudal.keras.layers.solarization import Solarization


def augmentations(
    factor: Any, value_range: Any, interpolation: str, seed: Any, **kwargs: Any
) -> dict[str, Any]:
    """Name -> layer, each with the same ``factor`` (low, high) in its own measure."""
    moving = {"interpolation": interpolation, "seed": seed, **kwargs}
    colour = {"value_range": value_range, "seed": seed, **kwargs}
    fixed = {"value_range": value_range, **kwargs}
    bits = max(1, int(8 * factor[1]))
    return {
        "random_shear": RandomShear(factor, factor, **moving),
        "random_translation": RandomTranslation(factor, factor, **moving),
        "random_rotation": RandomRotation(factor, **moving),
        "random_brightness": RandomBrightness(factor, **colour),
        "random_color_degeneration": RandomColorDegeneration(factor, **colour),
        "random_contrast": RandomContrast(factor, **colour),
        "random_sharpness": RandomSharpness(factor, **colour),
        "random_posterization": RandomPosterization(bits, **colour),
        "solarization": Solarization(factor, factor, **colour),
        "auto_contrast": AutoContrast(**fixed),
        "equalization": Equalization(**fixed),
    }


COLOURS = ("brightness", "color_degeneration", "contrast", "sharpness")
"""What AugMix leaves out of ``random_*`` unless it is told to use all."""
