"""RandomColorJitter: brightness, contrast, saturation and hue at random."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers import image_values
from caudal.keras.layers.image_layer import RandomImageLayer
from caudal.keras.layers.random_brightness import RandomBrightness
from caudal.keras.layers.random_contrast import RandomContrast
from caudal.keras.layers.random_hue import RandomHue
from caudal.keras.layers.random_saturation import RandomSaturation

_PARTS = {
    "brightness": RandomBrightness,
    "contrast": RandomContrast,
    "saturation": RandomSaturation,
    "hue": RandomHue,
}


class RandomColorJitter(RandomImageLayer):
    """Changes brightness, contrast, saturation and hue in turn, while training.

    Each factor is that of RandomBrightness, RandomContrast, RandomSaturation and RandomHue; None
    leaves it out.
    """

    _config_names = (
        "data_format",
        "value_range",
        *(f"{name}_factor" for name in _PARTS),
        "seed",
    )

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        image_values.value_range(value_range, "RandomColorJitter")
        self.value_range = value_range
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        for name, kind in _PARTS.items():
            factor = getattr(self, f"{name}_factor")
            part: Any = None
            if factor is not None:
                part = kind(factor, value_range, seed=seed, data_format=data_format, **_dtype(self))
            setattr(self, f"random_{name}", part)

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images, changed by each part in turn; what the parts do is drawn here."""
        x = super().transform_images(images, None, training=False)
        for name in _PARTS if training else ():
            part = getattr(self, f"random_{name}")
            if part is not None:
                drawn = part.get_random_transformation(x, seed=self.generator)
                x = part.transform_images(x, drawn)
        return x


def _dtype(layer: Any) -> dict[str, Any]:
    return {"dtype": layer.dtype_policy}
