"""Parts of images that boxes name: crops in one size, glimpses, frames, random boxes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.array.arguments import (
    as_tensor,
    cast_to,
    dims,
    scalar,
    static,
    static_ints,
)
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import convert_to_tensor, random_state
from caudal.ir.dtypes import float32, int32
from caudal.random import bits

Array = np.ndarray[Any, Any]

# Yellow, blue, red, lime, purple, olive, maroon, navy, aqua, fuchsia.
_COLOURS = (
    (1, 1, 0, 1),
    (0, 0, 1, 1),
    (1, 0, 0, 1),
    (0, 1, 0, 1),
    (0.5, 0, 0.5, 1),
    (0.5, 0.5, 0, 1),
    (0.5, 0, 0, 1),
    (0, 0, 0.5, 1),
    (0, 1, 1, 1),
    (1, 0, 1, 1),
)


def _places(low: Any, high: Any, size: int, count: int) -> Any:
    """Where ``count`` rows between two relative edges [boxes] lie in an axis of ``size`` rows."""
    span = scalar(size - 1, low)
    if count == 1:
        middle = ops.mul(ops.mul(ops.add(low, high), scalar(0.5, low)), span)
        return movement.expand_dims(middle, 1)
    step = ops.mul(ops.sub(high, low), scalar((size - 1) / (count - 1), low))
    numbers = convert_to_tensor(np.arange(count, dtype=np.float32)[None])
    start = movement.expand_dims(ops.mul(low, span), 1)
    return ops.add(start, ops.mul(movement.expand_dims(step, 1), numbers))


def crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
    name: str | None = None,
) -> Any:
    """Parts of images, resized to one size: float32 ``[boxes, height, width, channels]``.

    Args:
        image: [batch, height, width, channels].
        boxes: [boxes, 4] float32, (y1, x1, y2, x2) with 0 and 1 at the centres of the outermost
            rows and columns; a box with y1 > y2 gives a part upside down.
        box_indices: [boxes] integers, which image each box is of.
        crop_size: (height, width) of the parts.
        method: 'bilinear' or 'nearest'.
        extrapolation_value: what stands outside of the image.

    Gradients go to the image and, with 'bilinear', to the boxes.
    """
    what = "crop_and_resize"
    x = cast_to(as_tensor(image), float32)
    frames, which = as_tensor(boxes, float32), as_tensor(box_indices)
    if len(x.shape) != 4 or len(frames.shape) != 2 or dims(frames)[1] != 4:
        raise ShapeError(
            "{what}: expected image [batch, height, width, channels] and boxes [boxes, 4], "
            "received shapes {image} and {boxes}.",
            what=what,
            image=dims(x),
            boxes=dims(frames),
        )
    if method not in ("bilinear", "nearest"):
        raise InvalidArgumentError(
            "{what}: expected method 'bilinear' or 'nearest', received {method!r}.",
            what=what,
            method=method,
        )
    _, rows, columns, _ = dims(x)
    height, width = static_ints(crop_size, what + ": crop_size")
    edges = [movement.squeeze(e, [1]) for e in movement.split(frames, 4, axis=1)]
    y = _places(edges[0], edges[2], rows, height)
    column = _places(edges[1], edges[3], columns, width)

    def inside(place: Any, size: int) -> Any:
        low = ops.greater_equal(place, scalar(0, place))
        return ops.bit_and(low, ops.less_equal(place, scalar(size - 1, place)))

    count = dims(frames)[0]
    index = ops.reshape(cast_to(which, int32), shape=(count, 1, 1, 1))
    index = ops.broadcast_to(index, shape=(count, height, width, 1))

    def pick(down: Any, right: Any) -> Any:
        parts = []
        for place, size, shape in (
            (down, rows, (count, height, 1, 1)),
            (right, columns, (count, 1, width, 1)),
        ):
            whole = ops.cast(place, dtype=int32)
            kept = ops.minimum(ops.maximum(whole, scalar(0, whole)), scalar(size - 1, whole))
            part = ops.reshape(kept, shape=shape)
            parts.append(ops.broadcast_to(part, shape=(count, height, width, 1)))
        return ops.gather_nd(x, ops.concat(index, *parts, axis=3))

    if method == "nearest":
        found = pick(_nearest(y), _nearest(column))
    else:
        top, left = ops.floor(y), ops.floor(column)
        bottom, right = ops.ceil(y), ops.ceil(column)
        down = ops.reshape(ops.sub(y, top), shape=(count, height, 1, 1))
        across = ops.reshape(ops.sub(column, left), shape=(count, 1, width, 1))
        upper = _between(pick(top, left), pick(top, right), across)
        lower = _between(pick(bottom, left), pick(bottom, right), across)
        found = _between(upper, lower, down)
    good = ops.bit_and(
        ops.reshape(inside(y, rows), shape=(count, height, 1, 1)),
        ops.reshape(inside(column, columns), shape=(count, 1, width, 1)),
    )
    return ops.select(good, found, scalar(extrapolation_value, found))


def _nearest(place: Any) -> Any:
    """The nearest integer, halves upwards; adding 1/2 would round just below a half."""
    below = ops.floor(place)
    up = ops.greater_equal(ops.sub(place, below), scalar(0.5, place))
    return ops.select(up, ops.add(below, scalar(1, place)), below)


def _between(first: Any, second: Any, share: Any) -> Any:
    return ops.add(first, ops.mul(ops.sub(second, first), share))


def draw_bounding_boxes(images: Any, boxes: Any, colors: Any, name: str | None = None) -> Any:
    """Images with the frames of boxes drawn one pixel wide; eager only.

    Args:
        images: [batch, height, width, channels] float32 or float16 from 0 to 1.
        boxes: [batch, boxes, 4], (y1, x1, y2, x2) relative to height and width.
        colors: [colours, channels], used in turn; None gives ten colours.
    """
    what = "draw_bounding_boxes"
    pictures = np.array(static(images, what + ": images"))
    frames = static(boxes, what + ": boxes")
    if pictures.ndim != 4 or frames.ndim != 3 or frames.shape[0] != len(pictures):
        raise ShapeError(
            "{what}: expected images [batch, height, width, channels] and boxes [batch, boxes, "
            "4], received shapes {images} and {boxes}.",
            what=what,
            images=pictures.shape,
            boxes=frames.shape,
        )
    _, height, width, channels = pictures.shape
    table = np.array(_COLOURS, np.float32)
    if channels == 1:
        table[:, 0] = 1
    if colors is not None and static(colors, what).size:
        table = static(colors, what + ": colors").astype(np.float32)
    for picture, own in zip(pictures, frames, strict=True):
        for number, box in enumerate(own):
            colour = table[number % len(table), :channels].astype(pictures.dtype)
            _frame(picture, box * [height - 1, width - 1, height - 1, width - 1], colour)
    return convert_to_tensor(pictures)


def _frame(picture: Array, box: Array, colour: Array) -> None:
    height, width, _ = picture.shape
    top, left, bottom, right = (int(edge) for edge in box)
    if top > bottom or left > right or top >= height or bottom < 0 or left >= width or right < 0:
        return
    rows = slice(max(top, 0), min(bottom, height - 1) + 1)
    columns = slice(max(left, 0), min(right, width - 1) + 1)
    for row in (top, bottom):
        if 0 <= row < height:
            picture[row, columns] = colour
    for column in (left, right):
        if 0 <= column < width:
            picture[rows, column] = colour


def extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    noise: str = "uniform",
    name: str | None = None,
) -> Any:
    """Windows of one size around given places of images; eager only.

    Args:
        input: [batch, height, width, channels] float32.
        size: (height, width) of the windows.
        offsets: [batch, 2], (y, x). ``centered`` and ``normalized``: of the windows' centres, from
            -1 to 1 over the image. Otherwise of their upper left corners: from the image's
            centre (``centered``) or corner, in pixels or (``normalized``) in units of the image.
        noise: what stands outside of the image: 'zero' alone is implemented.
    """
    what = "extract_glimpse"
    images, centres = static(as_tensor(input), what), static(as_tensor(offsets), what)
    if images.dtype != np.float32 or centres.dtype != np.float32:
        raise DTypeError(
            "{what}: expected float32 images and offsets, received {images} and {offsets}.",
            what=what,
            images=images.dtype,
            offsets=centres.dtype,
        )
    height, width = static_ints(size, what + ": size")
    if images.ndim != 4 or centres.shape != (len(images), 2):
        raise ShapeError(
            "{what}: expected images [batch, height, width, channels] and offsets [batch, 2], "
            "received shapes {images} and {offsets}.",
            what=what,
            images=images.shape,
            offsets=centres.shape,
        )
    batch, rows, columns, channels = images.shape
    found = np.zeros((batch, height, width, channels), images.dtype)
    for image, window, (y, x) in zip(images, found, centres.astype(np.float64), strict=True):
        if normalized:
            y, x = y * rows, x * columns
        if centered and normalized:
            y, x = (y + rows - height) / 2, (x + columns - width) / 2
        elif centered:
            # TensorFlow's pixels from the centre name the window's corner.
            y, x = y + rows / 2, x + columns / 2
        top, left = int(y), int(x)
        low, high = max(top, 0), min(top + height, rows)
        first, last = max(left, 0), min(left + width, columns)
        if (high - low, last - first) != (height, width) and noise != "zero":
            raise UnimplementedError(
                "extract_glimpse: the window at ({y}, {x}) reaches beyond the image, where "
                "noise={noise!r} is not implemented; use noise='zero'.",
                y=top,
                x=left,
                noise=noise,
            )
        if high > low and last > first:
            part = image[low:high, first:last]
            window[low - top : high - top, first - left : last - left] = part
    return convert_to_tensor(found)


# --- random boxes -----------------------------------------------------------------------------


def _distorted(
    what: str,
    image_size: Any,
    bounding_boxes: Any,
    draw: np.random.Generator,
    covered: float,
    ratios: Any,
    areas: Any,
    attempts: int,
    whole: bool,
) -> tuple[Any, Any, Any]:
    size = static(image_size, what + ": image_size")
    height, width = int(size[0]), int(size[1])
    boxes = static(bounding_boxes, what + ": bounding_boxes").reshape(-1, 4)
    if not len(boxes):
        if not whole:
            raise InvalidArgumentError(
                "{what}: expected bounding boxes; give use_image_if_no_bounding_boxes=True to "
                "do without.",
                what=what,
            )
        boxes = np.array([[0, 0, 1, 1]], np.float32)
    found = (0, 0, height, width)
    for _ in range(attempts):
        area, ratio = draw.uniform(*areas) * height * width, draw.uniform(*ratios)
        rows = round(math.sqrt(area / ratio))
        columns = round(rows * ratio)
        if not (0 < rows <= height and 0 < columns <= width):
            continue
        top = int(draw.integers(0, height - rows + 1))
        left = int(draw.integers(0, width - columns + 1))
        if _covers(boxes, (top / height, left / width, rows / height, columns / width), covered):
            found = (top, left, rows, columns)
            break
    top, left, rows, columns = found
    kind = size.dtype if size.dtype.kind == "i" else np.dtype(np.int32)
    edges = [top / height, left / width, (top + rows) / height, (left + columns) / width]
    return (
        convert_to_tensor(np.array([top, left, 0], kind)),
        convert_to_tensor(np.array([rows, columns, -1], kind)),
        convert_to_tensor(np.array(edges, np.float32).reshape(1, 1, 4)),
    )


def _covers(boxes: Array, part: tuple[float, float, float, float], least: float) -> bool:
    """Whether a part (top, left, height, width) has enough of at least one box."""
    top, left, height, width = part
    low = np.maximum(boxes[:, :2], [top, left])
    high = np.minimum(boxes[:, 2:], [top + height, left + width])
    common = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return bool((common >= least * np.maximum(areas, 1e-12)).any())


def _generator(key: Any) -> np.random.Generator:
    drawn = ops.threefry(key, shape=(4,))
    return np.random.default_rng([int(word) for word in np.asarray(static(drawn, "seed"))])


def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int = 0,
    min_object_covered: float = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> tuple[Any, Any, Any]:
    """A random part of an image that has enough of a box in it: (begin, size, box); eager only.

    ``tf.slice(image, begin, size)`` cuts it out; the box, [1, 1, 4], is for `draw_bounding_boxes`.

    Args:
        image_size: [height, width, channels].
        bounding_boxes: [1, boxes, 4], (y1, x1, y2, x2) relative to the image.
        min_object_covered: how much of a box the part must have at least.
        aspect_ratio_range: of width to height, (0.75, 1.33) by default.
        area_range: of the part to the image, (0.05, 1) by default.
        max_attempts: after so many the whole image is taken; 100 by default.
    """
    key = random_state.next_key(int(seed)) if seed else random_state.next_key()
    return _distorted(
        "sample_distorted_bounding_box",
        image_size,
        bounding_boxes,
        _generator(key),
        float(min_object_covered),
        aspect_ratio_range or (0.75, 1.33),
        area_range or (0.05, 1.0),
        100 if max_attempts is None else int(max_attempts),
        bool(use_image_if_no_bounding_boxes),
    )


def stateless_sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: Any,
    min_object_covered: float = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> tuple[Any, Any, Any]:
    """`sample_distorted_bounding_box` as a function of two seed integers."""
    return _distorted(
        "stateless_sample_distorted_bounding_box",
        image_size,
        bounding_boxes,
        _generator(bits.key_of(seed)),
        float(min_object_covered),
        aspect_ratio_range or (0.75, 1.33),
        area_range or (0.05, 1.0),
        100 if max_attempts is None else int(max_attempts),
        bool(use_image_if_no_bounding_boxes),
    )
