"""`image_dataset_from_directory`: a dataset of the pictures below a folder."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import TensorSpec
from caudal.keras.utils.directory_dataset import directory_dataset
from caudal.keras.utils.image_utils import (
    COLOR_CHANNELS,
    IMAGE_EXTENSIONS,
    PICTURE_MODES,
    check_choice,
    check_data_format,
    check_size,
    open_picture,
)
from caudal.keras.utils.resizing import RESIZE_METHODS, resize, smart_resize

Array = np.ndarray[Any, Any]
_DOING = "image_dataset_from_directory"
_GRAY = np.array([9797, 19234, 3737])
"""Luma of ITU-R BT.601 (0.299, 0.587, 0.114), in parts of 2**15."""


class _Reader:
    """A file as an array of the wanted size."""

    def __init__(
        self,
        color_mode: str,
        size: Any,
        interpolation: str,
        data_format: str | None,
        crop: bool,
        pad: bool,
    ) -> None:
        self.mode = PICTURE_MODES[check_choice(_DOING, "color_mode", color_mode, COLOR_CHANNELS)]
        self.size = check_size(_DOING, "image_size", size)
        self.interpolation = check_choice(_DOING, "interpolation", interpolation, RESIZE_METHODS)
        self.first = check_data_format(_DOING, data_format) == "channels_first"
        if crop and pad:
            raise InvalidArgumentError(
                "{doing}: only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be True.",
                doing=_DOING,
            )
        self.crop, self.pad = crop, pad
        channels = (COLOR_CHANNELS[color_mode],)
        shape = channels + self.size if self.first else self.size + channels
        # The nearest pixel is taken as it is: bytes. As in Keras, cropping makes floats of them.
        self.dtype = "uint8" if interpolation == "nearest" else "float32"
        self.spec = TensorSpec(shape, self.dtype)

    def __call__(self, path: str) -> Array:
        array = _decoded(open_picture(path, _DOING, self.mode), self.mode)
        if self.crop:
            array = smart_resize(array, self.size, self.interpolation)
        elif self.pad:
            array = _framed(array, *self.size, self.interpolation)
        else:
            array = resize(array, *self.size, self.interpolation)
        array = array.astype(self.dtype, copy=False)
        return np.moveaxis(array, 2, 0) if self.first else array


def _decoded(picture: Image.Image, mode: str) -> Array:
    """(height, width, channels) bytes. Gray is rounded down, as TensorFlow's decoder does it."""
    if mode == "L" and picture.mode != "L":
        colours = np.asarray(picture.convert("RGB")).astype(np.int64)
        gray: Array = (colours @ _GRAY >> 15).astype(np.uint8)
        return gray[:, :, None]
    array: Array = np.asarray(picture if picture.mode == mode else picture.convert(mode))
    return array[:, :, None] if array.ndim == 2 else array


def _framed(x: Array, height: int, width: int, interpolation: str) -> Array:
    """Resized in its proportions as large as fits, in the middle of black."""
    old_height, old_width = x.shape[:2]
    tall = max(1, min(height, width * old_height // old_width))
    wide = max(1, min(width, height * old_width // old_height))
    top, left = (height - tall) // 2, (width - wide) // 2
    sides = (top, height - tall - top), (left, width - wide - left), (0, 0)
    return np.pad(resize(x, tall, wide, interpolation), sides)


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A `Dataset` of batches of the pictures (bmp, gif, jpeg, png) below a folder.

    Args:
        directory: the folder; with inferred labels it holds one folder per class.
        labels: "inferred" from the folders, a list of numbers (one per file, in the order of
            the sorted paths), or None.
        label_mode: "int", "categorical" (one-hot), "binary" (0.0 or 1.0) or None (no labels).
        class_names: the folders to use, in order; None for all, sorted.
        color_mode: "grayscale", "rgb" or "rgba".
        batch_size: pictures in a batch; None gives single pictures.
        image_size: (height, width) that pictures are resized to.
        shuffle: a random order, another one for every pass; else sorted by path.
        seed: of the order.
        validation_split: the share of the files that is for validation.
        subset: "training", "validation", or "both" for a pair of datasets.
        interpolation: as in `smart_resize`.
        follow_links: go into folders that are links.
        crop_to_aspect_ratio: cut the middle out instead of distorting.
        pad_to_aspect_ratio: add black borders instead of distorting.
        data_format: "channels_last" or "channels_first".
        format: "tf".
        verbose: print how many files were found.

    Returns:
        The dataset, with the attributes ``class_names`` and ``file_paths``: pictures (float32;
        uint8 for "nearest"), with labels unless there are none.

    Raises:
        NotFoundError: no such folder, or no pictures in it.
        InvalidArgumentError: arguments that are wrong or do not go together.
        DataLossError: while iterating, a damaged file; the message names it.
    """
    if check_choice(_DOING, "format", format, ("tf", "grain")) == "grain":
        raise UnimplementedError(
            "{doing}: format='grain' is not in Caudal: use format='tf'.", doing=_DOING
        )
    reader = _Reader(
        color_mode,
        image_size,
        interpolation,
        data_format,
        crop_to_aspect_ratio,
        pad_to_aspect_ratio,
    )
    return directory_dataset(
        _DOING,
        reader,
        reader.spec,
        IMAGE_EXTENSIONS,
        directory,
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
    )
