"""MaxNumBoundingBoxes: as many boxes for every image."""

from __future__ import annotations

from typing import Any

from caudal.array import movement
from caudal.errors import NotFoundError
from caudal.keras.layers import arguments
from caudal.keras.layers.image_layer import ImageLayer
from caudal.keras.ops.promotion import cast_value, tensor


class MaxNumBoundingBoxes(ImageLayer):
    """Cuts or fills up the boxes of each image to ``max_number``; all else stays.

    fill_value: what boxes and labels that are not there are made of.
    """

    _config_names = ("data_format", "max_number", "fill_value")
    _always = True

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_number = arguments.positive(max_number, "max_number", "MaxNumBoundingBoxes")
        self.fill_value = int(fill_value)

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images as they are."""
        return images

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: Any = True
    ) -> Any:
        """``max_number`` boxes (batch, max_number, 4) and labels (batch, max_number)."""
        found = dict(bounding_boxes)
        for key in ("boxes", "labels"):
            x = tensor(found[key])[:, : self.max_number]
            widths = [[0, 0] for _ in x.shape]
            widths[1][1] = self.max_number - int(x.shape[1])
            fill = cast_value(self.fill_value, x.dtype)
            found[key] = movement.pad(x, widths, constant_values=fill)
        return found

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape; of a dict, with ``max_number`` boxes and labels."""
        if not isinstance(input_shape, dict) or "bounding_boxes" not in input_shape:
            return input_shape
        shapes = input_shape["bounding_boxes"]
        if set(shapes) - {"boxes", "labels"}:
            raise NotFoundError(
                "MaxNumBoundingBoxes: `bounding_boxes` may have 'boxes' and 'labels', received "
                "{keys}.",
                keys=sorted(shapes),
            )
        cut = {k: (shape[0], self.max_number, *shape[2:]) for k, shape in shapes.items()}
        return {**input_shape, "bounding_boxes": cut}
