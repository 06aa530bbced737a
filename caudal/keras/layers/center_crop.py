"""CenterCrop: the middle of each image."""

from __future__ import annotations

from typing import Any

from caudal.framework import convert_to_tensor
from caudal.keras.layers import arguments
from caudal.keras.layers.geometric_layer import GeometricLayer
from caudal.keras.ops import image
from caudal.keras.ops.promotion import cast_value


class CenterCrop(GeometricLayer):
    """The block of ``height`` x ``width`` in the middle.

    An image that is smaller is resized: the largest block of that aspect ratio, in the middle.
    Masks and boxes of a dict go along.
    """

    _config_names = ("data_format", "height", "width")
    _always = True
    interpolation = "bilinear"

    def __init__(
        self, height: int, width: int, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height = arguments.positive(height, "height", "CenterCrop")
        self.width = arguments.positive(width, "width", "CenterCrop")

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        """The shape of the images that come in."""
        return {"input_shape": self._extents(data).shape}

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The blocks."""
        return super().transform_images(images, transformation or (), training)

    def _block(self, height: int, width: int) -> tuple[int, int, int, int]:
        """(top, left, height, width) of the block that is taken."""
        if height >= self.height and width >= self.width:
            tall, wide = self.height, self.width
        else:
            tall, wide = image.fit((height, width), (self.height, self.width))
        return (height - tall) // 2, (width - wide) // 2, tall, wide

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        top, left, tall, wide = self._block(int(x.shape[1]), int(x.shape[2]))
        x = x[:, top : top + tall, left : left + wide, :]
        size = (self.height, self.width)
        if (tall, wide) == size:
            return x
        return image.resize(x, size, interpolation, data_format="channels_last")

    def _sizes(self, transformation: Any) -> Any:
        return super()._sizes(transformation)[0], (self.height, self.width)

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        top, left, tall, wide = self._block(*size)
        across, down = self.width / wide, self.height / tall
        start = cast_value(convert_to_tensor([left, top, left, top]), boxes.dtype)
        by = cast_value(convert_to_tensor([across, down, across, down]), boxes.dtype)
        return (boxes - start) * by

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the block's extents."""
        return image.output_shape(input_shape, (self.height, self.width), self.data_format)
