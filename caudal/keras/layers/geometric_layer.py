"""GeometricLayer: pixels move, and so do masks and boxes."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.keras.layers.image_layer import ImageLayer, RandomImageLayer
from caudal.keras.ops import image
from caudal.keras.ops.promotion import cast, cast_value, floating, tensor
from caudal.keras.utils.bounding_boxes import clip_to_image_size, convert_format


class GeometricLayer(ImageLayer):
    """Takes the pixels from other places; masks move with them, by whole pixels.

    A subclass gives `_moved` for batches of images and `_moved_boxes` for boxes in "xyxy".
    """

    interpolation = "nearest"
    _gives_boxes_alone = True
    """Whether the boxes of one image come back without a batch axis. (n, 4) boxes that are given
    to `transform_bounding_boxes` itself take over the axis of what was drawn otherwise."""

    def _change(self, x: Any, transformation: Any) -> Any:
        if transformation is None:
            return x
        return self._moved(x, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The masks, moved like the images to the nearest pixel; the dtype stays."""
        masks = tensor(segmentation_masks)
        if transformation is None or not (training or self._always):
            return masks
        x, alone, first = image.batched(type(self).__name__, masks, self.data_format)
        y = cast(self._moved(x, transformation, "nearest"), masks.dtype)
        return image.unbatched(y, alone, first)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The boxes, moved like the images and cut to them; what is gone has the label -1."""
        if transformation is None or not (training or self._always):
            return bounding_boxes
        old, new = self._sizes(transformation)
        boxes = floating(bounding_boxes["boxes"])
        labels = tensor(bounding_boxes["labels"])
        alone = len(boxes.shape) == 2
        boxes = movement.expand_dims(boxes, 0) if alone else boxes
        boxes = convert_format(boxes, self._box_format(), "xyxy", *old, dtype=boxes.dtype)
        moved = self._moved_boxes(boxes, transformation, old)
        moved = movement.squeeze(moved, [0]) if alone and self._gives_boxes_alone else moved
        cut = clip_to_image_size({**bounding_boxes, "boxes": moved, "labels": labels}, *new)
        return convert_format(cut, "xyxy", self._box_format(), *new, dtype=boxes.dtype)

    # --- for subclasses -----------------------------------------------------------------------

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        raise NotImplementedError

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        raise NotImplementedError

    def _sizes(self, transformation: Any) -> tuple[tuple[int, int], tuple[int, int]]:
        """(height, width) of the images before and after."""
        shape = transformation["input_shape"]
        height, width = shape[-2:] if self.data_format == "channels_first" else shape[-3:-1]
        return (height, width), (height, width)

    def _box_format(self) -> str:
        return self.bounding_box_format or "xyxy"


class WarpLayer(RandomImageLayer, GeometricLayer):
    """Takes pixels from where a matrix says; ``fill_mode`` says what lies outside."""

    fill_mode: str
    fill_value: float

    def _warping(self, fill_mode: str, interpolation: str, fill_value: float) -> None:
        image.check_warp(type(self).__name__, interpolation, fill_mode)
        self.fill_mode, self.interpolation = fill_mode, interpolation
        self.fill_value = fill_value

    def _warped(self, x: Any, matrix: Any, interpolation: str) -> Any:
        rest = (interpolation, self.fill_mode, self.fill_value, "channels_last")
        return image.affine_transform(x, matrix, *rest)


def matrix(numbers: Any, columns: tuple[Any, ...]) -> Any:
    """The rows (n, 6 + 2) of `affine_transform`, of columns (n, 1) or plain numbers."""
    zero = numbers * 0.0
    parts = [zero + cast_value(part, zero.dtype) for part in (*columns, 0.0, 0.0)]
    return ops.concat(*parts, axis=1)


def column(x: Any, *shape: int) -> Any:
    """The numbers of a batch with further axes of 1, (n, 1) unless told."""
    return movement.reshape(floating(x), (-1, *(shape or (1,))))
