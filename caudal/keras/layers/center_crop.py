"""CenterCrop: the middle of each image."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers import arguments
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.shape_preserving import ShapePreserving
from caudal.keras.ops import image


class CenterCrop(ShapePreserving):
    """The block of ``height`` x ``width`` in the middle.

    An image that is smaller is resized: the largest block of that aspect ratio, in the middle.
    """

    _config_names = ("data_format", "height", "width")

    def __init__(
        self, height: int, width: int, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.height = arguments.positive(height, "height", "CenterCrop")
        self.width = arguments.positive(width, "width", "CenterCrop")
        self.data_format = arguments.data_format(data_format)

    def call(self, inputs: Any) -> Any:
        """The block."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        x, alone, first = image.batched("CenterCrop", x, self.data_format)
        down, right = int(x.shape[1]) - self.height, int(x.shape[2]) - self.width
        if down >= 0 and right >= 0:
            top, left = down // 2, right // 2
            y = x[:, top : top + self.height, left : left + self.width, :]
        else:
            y = image.resize(
                x,
                (self.height, self.width),
                crop_to_aspect_ratio=True,
                data_format="channels_last",
            )
        return image.unbatched(y, alone, first)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the block's extents."""
        return image.output_shape(input_shape, (self.height, self.width), self.data_format)
