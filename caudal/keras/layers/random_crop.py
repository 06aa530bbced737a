"""RandomCrop: a block of each image."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.ir.dtypes import int32
from caudal.keras import random
from caudal.keras.engine.seeds import make_default_seed
from caudal.keras.layers import arguments
from caudal.keras.layers.geometric_layer import GeometricLayer
from caudal.keras.layers.image_layer import RandomImageLayer
from caudal.keras.ops import image
from caudal.keras.ops.promotion import cast, cast_value, floating
from caudal.keras.ops.selection import slice as block
from caudal.keras.utils.bounding_boxes import convert_format, crop


class RandomCrop(RandomImageLayer, GeometricLayer):
    """A block of ``height`` x ``width`` at a random place, one place for a batch, while training.

    Otherwise, and where an image is smaller than the block, the largest block of that aspect
    ratio is taken from the middle and resized. (Keras documents this; its 3.15.1 hands images
    through outside of training, whatever their extents.)
    """

    _config_names = ("data_format", "height", "width", "seed")
    _always = True

    def __init__(
        self,
        height: int,
        width: int,
        seed: Any = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        seed = make_default_seed() if seed is None else seed
        super().__init__(seed=seed, data_format=data_format, name=name, **kwargs)
        self.height = arguments.positive(height, "height", "RandomCrop")
        self.width = arguments.positive(width, "width", "RandomCrop")

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        """(top, left) of the block."""
        extents = self._extents(data)
        down, right = extents.height - self.height, extents.width - self.width
        if training and down >= 0 and right >= 0:
            seed = self.generator if seed is None else seed
            return tuple(random.randint((), 0, most + 1, seed=seed) for most in (down, right))
        tall, wide = image.fit((extents.height, extents.width), (self.height, self.width))
        return (extents.height - tall) // 2, (extents.width - wide) // 2

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The boxes in the block; the labels stay, as in Keras, also where nothing is left."""
        if not training:
            return bounding_boxes
        boxes, size = floating(bounding_boxes["boxes"]), (self.height, self.width)
        places = convert_format(boxes, self._box_format(), "xyxy", *size)
        top, left = (cast_value(start, places.dtype) for start in transformation)
        places = convert_format(crop(places, top, left, *size), "xyxy", self._box_format(), *size)
        return {**bounding_boxes, "boxes": places}

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        batch, height, width, channels = (int(extent) for extent in x.shape)
        size = (self.height, self.width)
        if not all(hasattr(start, "shape") for start in transformation):
            top, left = (int(start) for start in transformation)
            tall, wide = image.fit((height, width), size)
            if top + self.height <= height and left + self.width <= width:
                tall, wide = size
            x = x[:, top : top + tall, left : left + wide, :]
            return image.resize(x, size, interpolation, data_format="channels_last")
        starts = [cast(start, int32)[None] for start in transformation]
        places = ops.concat(starts[0] * 0, *starts, starts[0] * 0, axis=0)
        return block(x, places, (batch, self.height, self.width, channels))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the block's extents."""
        return image.output_shape(input_shape, (self.height, self.width), self.data_format)
