"""Resizing: images of one height and width."""

from __future__ import annotations

from typing import Any

from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.layers import arguments
from caudal.keras.layers.shape_preserving import ShapePreserving
from caudal.keras.ops import image


class Resizing(ShapePreserving):
    """Images of ``height`` x ``width``; the dtype stays.

    interpolation: "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5". The aspect ratio is
    lost, unless ``crop_to_aspect_ratio`` cuts, or ``pad_to_aspect_ratio`` adds borders of
    ``fill_value``.

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
        super().__init__(**kwargs)
        self.height = arguments.positive(height, "height", "Resizing")
        self.width = arguments.positive(width, "width", "Resizing")
        image.check_resize(interpolation, fill_mode, crop_to_aspect_ratio and pad_to_aspect_ratio)
        self.interpolation, self.antialias = interpolation, antialias
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode, self.fill_value = fill_mode, fill_value
        self.data_format = arguments.data_format(data_format)

    def call(self, inputs: Any) -> Any:
        """The images in the new extents."""
        return image.resize(
            inputs,
            (self.height, self.width),
            interpolation=self.interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the new extents."""
        return image.output_shape(input_shape, (self.height, self.width), self.data_format)

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype) if isinstance(inputs, KerasTensor) else self.compute_dtype
