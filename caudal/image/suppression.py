"""Of boxes that overlap, the one with the highest score stays: non-maximum suppression.

How many boxes stay depends on the data, so that these functions are eager, except those that pad.
Soft suppression: N. Bodla and others, "Soft-NMS - improving object detection with one line of
code", 2017.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from caudal.array.arguments import as_tensor, static, static_int
from caudal.errors import DTypeError, ShapeError
from caudal.framework import convert_to_tensor

Array = np.ndarray[Any, Any]


class CombinedNonMaxSuppression(NamedTuple):
    """What `combined_non_max_suppression` returns."""

    nmsed_boxes: Any
    nmsed_scores: Any
    nmsed_classes: Any
    valid_detections: Any


def _corners(boxes: Array) -> Array:
    """Boxes with their smaller corner first."""
    low = np.minimum(boxes[..., :2], boxes[..., 2:])
    high = np.maximum(boxes[..., :2], boxes[..., 2:])
    return np.concatenate([low, high], axis=-1)


def _overlap(box: Array, others: Array) -> Array:
    """Intersection over union of a box with others; 0 for empty ones."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    common = np.prod(np.maximum(high - low, 0), axis=1)
    area, areas = np.prod(box[2:] - box[:2]), np.prod(others[:, 2:] - others[:, :2], axis=1)
    union = area + areas - common
    good = (area > 0) & (areas > 0) & (union > 0)
    return np.where(good, common / np.where(good, union, 1), 0).astype(box.dtype)


def _kept(
    scores: Array,
    overlaps: Callable[[int, list[int]], Array],
    most: int,
    threshold: float,
    least: float,
    sigma: float = 0.0,
) -> tuple[list[int], list[float]]:
    """The boxes that stay, best first, and their scores (lowered by soft suppression)."""
    queue = [(-float(s), i, 0) for i, s in enumerate(scores) if s > least]
    heapq.heapify(queue)
    kept: list[int] = []
    found: list[float] = []
    scale = -0.5 / sigma if sigma > 0 else 0.0
    while queue and len(kept) < most:
        negative, place, seen = heapq.heappop(queue)
        score = original = np.float32(-negative)
        hard = False
        if len(kept) > seen:
            # Only what was chosen since the box was last looked at.
            for overlap in overlaps(place, kept[seen:])[::-1]:
                if sigma <= 0:
                    hard = bool(overlap > threshold)
                else:
                    weight = np.float32(math.exp(scale * overlap * overlap))
                    score = np.float32(score * weight)
                if hard or score <= least:
                    break
        if hard:
            continue
        if score == original:
            kept.append(place)
            found.append(float(score))
        elif score > least:
            heapq.heappush(queue, (-float(score), place, len(kept)))
    return kept, found


def _floats(what: str, *values: Any) -> list[Array]:
    """Boxes and scores as arrays of one float dtype."""
    arrays = [static(as_tensor(value), what) for value in values]
    kinds = {array.dtype for array in arrays}
    if len(kinds) > 1 or next(iter(kinds)).kind != "f":
        raise DTypeError(
            "{what}: expected boxes and scores of one float dtype, received {kinds}.",
            what=what,
            kinds=" and ".join(str(array.dtype) for array in arrays),
        )
    return arrays


def _read(what: str, boxes: Any, scores: Any) -> tuple[Array, Array]:
    found = _floats(what, boxes, scores)
    if found[0].ndim != 2 or found[0].shape[1] != 4 or found[1].shape != found[0].shape[:1]:
        raise ShapeError(
            "{what}: expected boxes [count, 4] and scores [count], received shapes {boxes} and "
            "{scores}.",
            what=what,
            boxes=found[0].shape,
            scores=found[1].shape,
        )
    return _corners(found[0]), found[1]


def _number(value: Any, what: str) -> float:
    return float(static(value, what))


def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Any:
    """The indices, int32, of the boxes that stay, best first.

    Args:
        boxes: [count, 4] float, two opposite corners (y1, x1, y2, x2).
        scores: [count] float.
        max_output_size: how many may stay.
        iou_threshold: how much of their union two boxes may have in common.
        score_threshold: boxes with no higher score are dropped.

    >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.9], [2.0, 2.0, 3.0, 3.0]]
    >>> non_max_suppression(boxes, [0.5, 0.9, 0.4], 3).numpy().tolist()
    [1, 2]
    """
    return non_max_suppression_with_scores(
        boxes, scores, max_output_size, iou_threshold, score_threshold
    )[0]


def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`non_max_suppression` and the scores of what stays.

    With ``soft_nms_sigma`` above 0 the scores of overlapping boxes are lowered instead, however
    much they overlap.
    """
    what = "non_max_suppression"
    corners, values = _read(what, boxes, scores)
    kept, found = _kept(
        values,
        lambda place, others: _overlap(corners[place], corners[others]),
        static_int(max_output_size, what + ": max_output_size"),
        _number(iou_threshold, what),
        _number(score_threshold, what),
        _number(soft_nms_sigma, what),
    )
    return convert_to_tensor(np.array(kept, np.int32)), convert_to_tensor(
        np.array(found, values.dtype)
    )


def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Any:
    """`non_max_suppression` with the overlaps of all pairs given, [count, count]."""
    what = "non_max_suppression_overlaps"
    table, values = _floats(what, overlaps, scores)
    if table.shape != (len(values), len(values)):
        raise ShapeError(
            "{what}: expected overlaps [count, count] for {count} scores, received shape {shape}.",
            what=what,
            count=len(values),
            shape=table.shape,
        )
    kept, _ = _kept(
        values,
        lambda place, others: table[place, others],
        static_int(max_output_size, what + ": max_output_size"),
        _number(overlap_threshold, what),
        _number(score_threshold, what),
    )
    return convert_to_tensor(np.array(kept, np.int32))


def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> tuple[Any, Any]:
    """`non_max_suppression` of batches too: indices, filled up with zeros, and how many are valid.

    boxes: [..., count, 4]; scores: [..., count].
    """
    what = "non_max_suppression_padded"
    all_boxes, all_scores = _floats(what, boxes, scores)
    most = static_int(max_output_size, what + ": max_output_size")
    batch = all_scores.shape[:-1]
    found = [
        non_max_suppression(b, s, most, iou_threshold, score_threshold).numpy()
        for b, s in zip(
            all_boxes.reshape(-1, *all_boxes.shape[-2:]),
            all_scores.reshape(-1, all_scores.shape[-1]),
            strict=True,
        )
    ]
    width = most if pad_to_max_output_size else max((len(kept) for kept in found), default=0)
    padded = np.zeros((len(found), width), np.int32)
    for row, kept in zip(padded, found, strict=True):
        row[: len(kept)] = kept
    counts = np.array([len(kept) for kept in found], np.int32)
    return (
        convert_to_tensor(padded.reshape(*batch, width)),
        convert_to_tensor(counts.reshape(batch)),
    )


def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> CombinedNonMaxSuppression:
    """Non-maximum suppression class by class, then the best of all classes, filled up with zeros.

    Args:
        boxes: [batch, count, classes, 4], or [batch, count, 1, 4] for all classes.
        scores: [batch, count, classes].
        pad_per_class: whether there are at most ``max_output_size_per_class * classes`` rows.
        clip_boxes: whether corners are kept between 0 and 1.
    """
    what = "combined_non_max_suppression"
    places, values = _floats(what, boxes, scores)
    if places.ndim != 4 or values.ndim != 3 or places.shape[2] not in (1, values.shape[2]):
        raise ShapeError(
            "{what}: expected boxes [batch, count, 1 or classes, 4] and scores [batch, count, "
            "classes], received shapes {boxes} and {scores}.",
            what=what,
            boxes=places.shape,
            scores=values.shape,
        )
    each = static_int(max_output_size_per_class, what + ": max_output_size_per_class")
    total = static_int(max_total_size, what + ": max_total_size")
    classes = values.shape[2]
    rows = min(total, each * classes) if pad_per_class else total
    batch = len(values)
    found_boxes = np.zeros((batch, rows, 4), places.dtype)
    found_scores = np.zeros((batch, rows), values.dtype)
    found_classes = np.zeros((batch, rows), values.dtype)
    counts = np.zeros(batch, np.int32)
    for b in range(batch):
        chosen: list[tuple[float, int, int]] = []
        for c in range(classes):
            own = places[b, :, c if places.shape[2] > 1 else 0]
            kept = non_max_suppression(own, values[b, :, c], each, iou_threshold, score_threshold)
            chosen += [(-float(values[b, i, c]), c, int(i)) for i in kept.numpy()]
        best = sorted(chosen, key=lambda entry: entry[0])[:rows]
        counts[b] = len(best)
        for row, (negative, c, i) in enumerate(best):
            box = places[b, i, c if places.shape[2] > 1 else 0]
            found_boxes[b, row] = np.clip(box, 0, 1) if clip_boxes else box
            found_scores[b, row], found_classes[b, row] = -negative, c
    arrays = (found_boxes, found_scores, found_classes, counts)
    return CombinedNonMaxSuppression(*map(convert_to_tensor, arrays))
