"""How far bounding boxes overlap: the parts of ``keras.utils.bounding_boxes`` that compare."""

from __future__ import annotations

import math as number
from typing import Any

from caudal import math, ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras.backend import epsilon
from caudal.keras.ops.promotion import cast_value, tensor
from caudal.keras.utils.bounding_boxes import convert_format


def _corners(name: str, boxes: Any, form: str, image_shape: Any) -> Any:
    """The boxes as "xyxy"; relative ones need the image's shape."""
    if form.startswith("rel") and image_shape is None:
        raise InvalidArgumentError(
            "keras.utils.bounding_boxes.{name}: `image_shape` must be given for the relative "
            "format {form!r}.",
            name=name,
            form=form,
        )
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return convert_format(boxes, form, "xyxy", height, width)


def _area(boxes: Any) -> Any:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def compute_iou(
    boxes1: Any,
    boxes2: Any,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Any = None,
) -> Any:
    """The overlap of every box of one set with every box of another, over their union.

    boxes1: (n, 4) or (batch, n, 4); boxes2: (m, 4) or (batch, m, 4). Returns (n, m) or
    (batch, n, m). ``use_masking`` gives ``mask_val`` wherever all numbers of a box are negative.

    >>> compute_iou([[0.0, 0.0, 2.0, 2.0]], [[1.0, 0.0, 3.0, 2.0]], "xyxy").numpy().round(4)
    array([[0.3333]], dtype=float32)
    """
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        if len(tensor(boxes).shape) not in (2, 3):
            raise ShapeError(
                "keras.utils.bounding_boxes.compute_iou: `{name}` must have 2 axes, or 3 with "
                "the batch, received shape {shape}.",
                name=name,
                shape=tuple(tensor(boxes).shape),
            )
    one, two = (
        _corners("compute_iou", b, bounding_box_format, image_shape) for b in (boxes1, boxes2)
    )
    first, second = movement.expand_dims(one, -2), movement.expand_dims(two, -3)
    low = math.maximum(first[..., :2], second[..., :2])
    extents = math.minimum(first[..., 2:], second[..., 2:]) - low
    extents = math.maximum(extents, cast_value(0, extents.dtype))
    shared = extents[..., 0] * extents[..., 1]
    found = shared / (_area(first) + _area(second) - shared + epsilon())
    if not use_masking:
        return found
    absent = [math.reduce_max(boxes, axis=-1) < 0.0 for boxes in (first, second)]
    return ops.select(math.logical_or(*absent), cast_value(mask_val, found.dtype), found)


def compute_ciou(
    boxes1: Any, boxes2: Any, bounding_box_format: str, image_shape: Any = None
) -> Any:
    """The complete overlap (Zheng et al., 2020) of each box with its partner: (..., 4) to (...).

    The overlap over the union, less the distance of the middles and the difference of the aspect
    ratios.
    """
    one, two = (
        _corners("compute_ciou", b, bounding_box_format, image_shape) for b in (boxes1, boxes2)
    )
    least = epsilon()
    sides = [(b[..., 2] - b[..., 0], b[..., 3] - b[..., 1] + least) for b in (one, two)]
    extents = math.minimum(one[..., 2:], two[..., 2:]) - math.maximum(one[..., :2], two[..., :2])
    extents = math.maximum(extents, cast_value(0, extents.dtype))
    shared = extents[..., 0] * extents[..., 1]
    union = sum(wide * tall for wide, tall in sides) - shared + least
    overlap = shared / (union + least)
    around = math.maximum(one[..., 2:], two[..., 2:]) - math.minimum(one[..., :2], two[..., :2])
    diagonal = math.reduce_sum(around * around, axis=-1) + least
    apart = (one[..., :2] + one[..., 2:] - two[..., :2] - two[..., 2:]) / 2.0
    distance = math.reduce_sum(apart * apart, axis=-1)
    angles = [math.atan(wide / tall) for wide, tall in sides]
    shape = (angles[1] - angles[0]) ** 2 * (4 / number.pi**2)
    return overlap - (distance / diagonal + shape * shape / (shape - overlap + (1 + least)))
