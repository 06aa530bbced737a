"""Changes of a picture's values: channel shift, brightness."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import ImageEnhance

from caudal.errors import ShapeError
from caudal.keras.utils.image_utils import array_to_img, img_to_array

Array = np.ndarray[Any, Any]


def check_picture(doing: str, x: Any) -> Array:
    """``x`` as an array of rank 3.

    Raises:
        ShapeError: another rank.
    """
    array = np.asarray(x)
    if array.ndim != 3:
        raise ShapeError(
            "{doing}: expected one image of rank 3, received shape {shape}.",
            doing=doing,
            shape=array.shape,
        )
    return array


def apply_channel_shift(x: Any, intensity: float, channel_axis: int = 0) -> Array:
    """``intensity`` added to every value; none leaves the range that the picture had.

    >>> apply_channel_shift(np.array([[[0.0, 5.0]]]), 3).tolist()
    [[[3.0, 5.0]]]

    Raises:
        ShapeError: ``x`` is not of rank 3.
    """
    array = check_picture("apply_channel_shift", x)
    return np.clip(array + intensity, array.min(), array.max())


def apply_brightness_shift(x: Any, brightness: float, scale: bool = True) -> Array:
    """The picture with its brightness multiplied, by way of 8 bits; channels come last.

    Args:
        x: one picture, rank 3.
        brightness: the factor; 0 gives black, 1 the picture.
        scale: stretch the values to 0 ... 255 first. Values outside that range are stretched in
            any case, and without ``scale`` brought back afterwards.

    Raises:
        ShapeError: ``x`` is not of rank 3, or has not 1, 3 or 4 channels.
    """
    array = check_picture("apply_brightness_shift", x)
    low, high = array.min(), array.max()
    outside = bool(low < 0 or high > 255)
    picture = array_to_img(array, "channels_last", scale=scale or outside)
    result = img_to_array(ImageEnhance.Brightness(picture).enhance(brightness), "channels_last")
    if outside and not scale:
        result = result / 255 * (high - low) + low
    return result
