"""RandomCrop: a block of each image."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.ir.dtypes import int64
from caudal.keras.layers import arguments
from caudal.keras.layers.image_layer import RandomImageLayer
from caudal.keras.ops import image
from caudal.keras.ops.selection import slice as block
from caudal.random import bits


class RandomCrop(RandomImageLayer):
    """A block of ``height`` x ``width`` at a random place, one place for a batch, while training.

    Otherwise, and where an image is smaller than the block, the largest block of that aspect
    ratio is taken from the middle and resized. (Keras documents this; its 3.15.1 hands images
    through outside of training, whatever their extents.)
    """

    _config_names = ("data_format", "height", "width", "seed")

    def __init__(
        self,
        height: int,
        width: int,
        seed: Any = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, name=name, **kwargs)
        self.height = arguments.positive(height, "height", "RandomCrop")
        self.width = arguments.positive(width, "width", "RandomCrop")

    def call(self, inputs: Any, training: Any = True) -> Any:
        """The block."""
        x = super().call(inputs, training=False)
        x, alone, first = image.batched("RandomCrop", x, self.data_format)
        batch, height, width, channels = (int(extent) for extent in x.shape)
        if not training or height < self.height or width < self.width:
            y = image.resize(
                x,
                (self.height, self.width),
                crop_to_aspect_ratio=True,
                data_format="channels_last",
            )
            return image.unbatched(y, alone, first)
        starts = [self._start(extent) for extent in (height - self.height, width - self.width)]
        zero = starts[0] * 0
        places = ops.concat(zero, *starts, zero, axis=0)
        y = block(x, places, (batch, self.height, self.width, channels))
        return image.unbatched(y, alone, first)

    def _start(self, most: int) -> Any:
        return bits.uniform_of(self.seed_generator.next(), (1,), int64, 0, most + 1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the block's extents."""
        return image.output_shape(input_shape, (self.height, self.width), self.data_format)
