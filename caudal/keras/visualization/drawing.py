"""Bounding boxes and segmentation masks drawn on images."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.keras.layers.arguments import data_format as known_format
from caudal.keras.utils.bounding_boxes import convert_format

_LETTERS = 22
"""The height of letters of scale 1, in pixels: OpenCV's, with which Keras writes."""


def image_batch(function: str, images: Any, data_format: str | None) -> tuple[Any, bool]:
    """The images as an array (batch, height, width, channels), and whether channels came first."""
    found = np.asarray(images)
    if found.ndim != 4:
        raise ShapeError(
            "keras.visualization.{function}: `images` must be a batch of 4 axes, received shape "
            "{shape}.",
            function=function,
            shape=found.shape,
        )
    first = known_format(data_format) == "channels_first"
    return (found.transpose(0, 2, 3, 1) if first else found), first


def _bytes(images: Any) -> Any:
    """Pixels from 0 to 255; floats up to 1 count from 0 to 1, as in Keras."""
    if images.dtype.kind == "f" and images.size:
        images = np.clip(images, 0, 1) * 255 if images.max() <= 1.0 else np.clip(images, 0, 255)
    return images.astype("uint8")


def draw_bounding_boxes(
    images: Any,
    bounding_boxes: Any,
    bounding_box_format: str,
    class_mapping: Any = None,
    color: tuple[int, ...] = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int | None = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> Any:
    """Images (batch, height, width, channels) in uint8 with frames around their boxes.

    bounding_boxes: a dict of "boxes" (batch, n, 4), "labels" (batch, n) and perhaps "confidences".
    Boxes of the label -1 are left out; the name that ``class_mapping`` gives a label is written
    at its box.

    Raises:
        DTypeError: ``bounding_boxes`` is no dict.

    >>> boxes = {"boxes": [[[1, 1, 4, 4]]], "labels": [[0]]}
    >>> frame = draw_bounding_boxes(np.zeros((1, 6, 6, 3)), boxes, "xyxy", color=(9, 9, 9),
    ...                             line_thickness=1)
    >>> (frame[0, :, :, 0] == 9).sum()
    np.int64(12)
    """
    pixels, first = image_batch("draw_bounding_boxes", images, data_format)
    if not isinstance(bounding_boxes, dict):
        raise DTypeError(
            "keras.visualization.draw_bounding_boxes: `bounding_boxes` must be a dict, received "
            "{kind}.",
            kind=type(bounding_boxes).__name__,
        )
    if not {"boxes", "labels"} <= set(bounding_boxes):
        raise InvalidArgumentError(
            "keras.visualization.draw_bounding_boxes: `bounding_boxes` must have the keys 'boxes' "
            "and 'labels', received {keys}.",
            keys=sorted(bounding_boxes),
        )
    boxes = convert_format(
        bounding_boxes["boxes"], bounding_box_format, "xyxy", *pixels.shape[1:3]
    ).numpy()
    labels = np.asarray(bounding_boxes["labels"]).astype(int)
    sure = bounding_boxes.get("confidences")
    names = class_mapping or {}
    pens = (color, line_thickness, text_thickness or line_thickness)
    result = []
    for at, image in enumerate(_bytes(pixels)):
        texts = []
        for number, label in enumerate(labels[at]):
            text = names.get(int(label), "")
            share = "" if sure is None else f" | {np.asarray(sure)[at][number]:.2f}"
            texts.append(f"{text}{share}" if text else "")
        kept = [
            (box, text)
            for box, text, label in zip(boxes[at], texts, labels[at], strict=True)
            if label != -1
        ]
        result.append(_framed(image, kept, font_scale, *pens))
    drawn = np.stack(result) if result else _bytes(pixels)
    return drawn.transpose(0, 3, 1, 2) if first else drawn


def _framed(pixels: Any, boxes: list[Any], scale: float, color: Any, line: int, text: int) -> Any:
    gray = pixels.shape[-1] == 1
    canvas = Image.fromarray(pixels[..., 0] if gray else pixels)
    pen = ImageDraw.Draw(canvas)
    ink = int(np.mean(color)) if gray else tuple(int(part) for part in color)
    for box, words in boxes:
        x1, y1, x2, y2 = (int(end) for end in box)
        half = line // 2
        corners = (min(x1, x2) - half, min(y1, y2) - half, max(x1, x2) + half, max(y1, y2) + half)
        pen.rectangle(corners, outline=ink, width=line)
        if words:
            font = ImageFont.load_default(max(_LETTERS * scale, 1))
            place = _above_or_inside(x1, y1, scale, text)
            pen.text(place, words, fill=ink, font=font, anchor="ls", stroke_width=(text - 1) // 2)
    found = np.asarray(canvas)
    return found[..., None] if gray else found


def _above_or_inside(x: int, y: int, scale: float, thickness: int) -> tuple[int, int]:
    """Where the text of a box begins, on its base line."""
    height = int(scale * 12)
    if y - 8 - 2 * height > 0:
        return x, y - 8
    return x + 3, y + 2 * height + thickness + 3


def draw_segmentation_masks(
    images: Any,
    segmentation_masks: Any,
    num_classes: int | None = None,
    color_mapping: Any = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> Any:
    """Images (batch, height, width, channels) with each class of their masks in a colour.

    segmentation_masks: class numbers (batch, height, width) or (..., 1), below ``num_classes``
    (default: all that occur). color_mapping: a class's red, green and blue; a class that it lacks
    is left out. ``blend`` mixes the colours with the image, ``alpha`` of them, in uint8; otherwise
    the result is in float32.

    Raises:
        DTypeError: the masks are no integers.

    >>> mask = np.array([[[0, 1]]])
    >>> painted = draw_segmentation_masks(np.zeros((1, 1, 2, 3)), mask, 2, {1: (10, 20, 30)}, 0.5)
    >>> painted.tolist()
    [[[[0, 0, 0], [5, 10, 15]]]]
    """
    pixels, first = image_batch("draw_segmentation_masks", images, data_format)
    masks = np.asarray(segmentation_masks)
    if masks.dtype.kind not in "iu":
        raise DTypeError(
            "keras.visualization.draw_segmentation_masks: `segmentation_masks` must be integers, "
            "received {dtype}.",
            dtype=masks.dtype.name,
        )
    masks = masks.transpose(0, 2, 3, 1) if first and masks.ndim == 4 else masks
    masks = masks[..., 0] if masks.ndim == 4 else masks
    if masks.shape != pixels.shape[:3]:
        raise ShapeError(
            "keras.visualization.draw_segmentation_masks: masks of shape {masks} do not fit images "
            "of shape {images}.",
            masks=masks.shape,
            images=pixels.shape,
        )
    count = int(masks.max(initial=-1)) + 1 if num_classes is None else num_classes
    colors = _palette(count) if color_mapping is None else color_mapping
    plain = pixels.astype("float32")
    painted = plain.copy()
    for label in range(count):
        if label in colors:
            painted[masks == label] = np.asarray(colors[label], "float32")
    if blend:
        mixed = plain * np.float32(1 - alpha) + painted * np.float32(alpha)
        painted = np.where((masks != ignore_index)[..., None], mixed, plain).astype("uint8")
    return painted.transpose(0, 3, 1, 2) if first else painted


def _palette(count: int) -> dict[int, Any]:
    """Colours that differ much from class to class: the palette of DeepLab."""
    steps = np.array([2**25 - 1, 2**15 - 1, 2**21 - 1])
    return {label: label * steps % 255 for label in range(count)}
