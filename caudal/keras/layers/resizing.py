"""Resizing: images of one height and width."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.framework import convert_to_tensor
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.layers import arguments
from caudal.keras.layers.geometric_layer import GeometricLayer
from caudal.keras.ops import image
from caudal.keras.ops.promotion import cast_value


class Resizing(GeometricLayer):
    """Images of ``height`` x ``width``; the dtype stays.

    interpolation: "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5". The aspect ratio is
    lost, unless ``crop_to_aspect_ratio`` cuts, or ``pad_to_aspect_ratio`` adds borders of
    ``fill_value``. Masks and boxes of a dict go along.

    >>> import numpy as np
    >>> Resizing(2, 3)(np.zeros((1, 8, 8, 1), "float32")).shape
    TensorShape([1, 2, 3, 1])
    """

    _config_names = (
        "data_format",
        "height",
        "width",
        "interpolation",
        "crop_to_aspect_ratio",
        "pad_to_aspect_ratio",
        "fill_mode",
        "fill_value",
        "antialias",
    )
    _always = True

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height = arguments.positive(height, "height", "Resizing")
        self.width = arguments.positive(width, "width", "Resizing")
        image.check_resize(interpolation, fill_mode, crop_to_aspect_ratio and pad_to_aspect_ratio)
        self.interpolation, self.antialias = interpolation, bool(antialias)
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode, self.fill_value = fill_mode, fill_value

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        """(height, width) of the images that come in."""
        extents = self._extents(data)
        return extents.height, extents.width

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images in the new extents."""
        x, alone, first = image.batched("Resizing", convert_to_tensor(images), self.data_format)
        return image.unbatched(self._moved(x, transformation, self.interpolation), alone, first)

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        return image.resize(
            x,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format="channels_last",
        )

    def _sizes(self, transformation: Any) -> Any:
        return transformation, (self.height, self.width)

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        height, width = size
        down, across = self.height / height, self.width / width
        top = left = 0.0
        if self.pad_to_aspect_ratio or self.crop_to_aspect_ratio:
            down = across = (min if self.pad_to_aspect_ratio else max)(down, across)
            top, left = (self.height - height * down) // 2, (self.width - width * across) // 2
            if self.crop_to_aspect_ratio:
                top, left = (
                    -((height * down - self.height) // 2),
                    -((width * across - self.width) // 2),
                )
        by = cast_value(convert_to_tensor([across, down, across, down]), boxes.dtype)
        to = cast_value(convert_to_tensor([left, top, left, top]), boxes.dtype)
        # Boxes that only fill up, of zeros or of -1, stay nothing.
        none = cast_value(0, boxes.dtype)
        absent = math.logical_or(ops.equal(boxes, none), ops.equal(boxes, none - 1.0))
        absent = math.reduce_all(absent, axis=-1, keepdims=True)
        return ops.select(absent, none, boxes * by + to)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the new extents."""
        return image.output_shape(input_shape, (self.height, self.width), self.data_format)

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype) if isinstance(inputs, KerasTensor) else self.compute_dtype
