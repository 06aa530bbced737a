"""Bounding boxes given as arrays, lists or ragged tensors, as two dense tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras.ops.promotion import cast

NO_BOX, NO_LABEL = 0, -1
"""What fills up the images that have fewer boxes."""


def dense(bounding_boxes: Any) -> dict[str, Any]:
    """{"boxes": (..., n, 4) in float32, "labels": (..., n)} and what else the dict has.

    >>> found = dense({"boxes": [[[1, 2, 3, 4], [0, 0, 1, 1]], []], "labels": [[5, 6], []]})
    >>> found["boxes"].shape, found["labels"].numpy().tolist()
    (TensorShape([2, 2, 4]), [[5, 6], [-1, -1]])
    """
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise InvalidArgumentError(
            "`bounding_boxes` must be a dict with the keys 'boxes' and 'labels', received {given}.",
            given=sorted(bounding_boxes) if isinstance(bounding_boxes, dict) else bounding_boxes,
        )
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    if isinstance(boxes, list) and isinstance(labels, list):
        boxes, labels = _padded(boxes, labels)
    elif hasattr(boxes, "to_tensor") and hasattr(labels, "to_tensor"):
        shape = [None] * (len(boxes.shape) - 1) + [4]
        boxes = boxes.to_tensor(default_value=NO_BOX, shape=shape)
        labels = labels.to_tensor(default_value=NO_LABEL)
    elif any(isinstance(part, list) or hasattr(part, "to_tensor") for part in (boxes, labels)):
        raise InvalidArgumentError(
            "`bounding_boxes`: 'boxes' and 'labels' must both be lists, or both ragged tensors, or "
            "both arrays; received {boxes} and {labels}.",
            boxes=type(boxes).__name__,
            labels=type(labels).__name__,
        )
    boxes, labels = cast(convert_to_tensor(boxes), "float32"), convert_to_tensor(labels)
    rank = len(boxes.shape)
    if rank not in (2, 3) or len(labels.shape) not in (rank - 1, rank):
        raise ShapeError(
            "`bounding_boxes`: expected boxes (boxes, 4) or (batch, boxes, 4) with a label each, "
            "received shapes {boxes} and {labels}.",
            boxes=tuple(boxes.shape),
            labels=tuple(labels.shape),
        )
    return {**bounding_boxes, "boxes": boxes, "labels": labels}


def _padded(boxes: list[Any], labels: list[Any]) -> tuple[Any, Any]:
    """Lists as arrays; images of fewer boxes than the others are filled up."""
    if len(boxes) != len(labels):
        raise InvalidArgumentError(
            "`bounding_boxes`: 'boxes' and 'labels' must be as many, not {boxes} and {labels}.",
            boxes=len(boxes),
            labels=len(labels),
        )
    if not any(isinstance(label, list) for label in labels):
        return np.asarray(boxes, "float32").reshape(-1, 4), np.asarray(labels, "int32")
    most = max((len(image) for image in boxes), default=0)
    places = np.full((len(boxes), most, 4), NO_BOX, "float32")
    names = np.full((len(boxes), most), NO_LABEL, "int32")
    for at, (image, own) in enumerate(zip(boxes, labels, strict=True)):
        places[at, : len(image)] = np.asarray(image, "float32").reshape(-1, 4)
        names[at, : len(own)] = own
    return places, names
