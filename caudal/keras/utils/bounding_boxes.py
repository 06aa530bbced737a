"""``keras.utils.bounding_boxes``: boxes in all their formats, moved, clipped and compared.

A box is four numbers on the last axis. Formats: the corners ("xyxy", "yxyx"), a corner and the
extents ("xywh"), the middle and the extents ("center_xywh", "center_yxhw"); "rel_" before "xyxy",
"yxyx", "xywh" and "center_xywh" measures in parts of the image's width and height.
"""

from __future__ import annotations

import math as number
from typing import Any

from caudal import math, ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.keras.ops.promotion import cast, cast_value, floating, tensor
from caudal.namespaces import lazy, table

# What the two numbers of an axis are, and whether y comes before x.
_LAYOUTS = {
    "xyxy": ("corners", False),
    "yxyx": ("corners", True),
    "xywh": ("size", False),
    "center_xywh": ("middle", False),
    "center_yxhw": ("middle", True),
}
FORMATS = (*_LAYOUTS, "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh")


def _known(name: Any, argument: str) -> str:
    found = name.lower() if isinstance(name, str) else name
    if found not in FORMATS:
        raise InvalidArgumentError(
            "keras.utils.bounding_boxes: `{argument}` must be one of {known}, received {name!r}.",
            argument=argument,
            known=FORMATS,
            name=name,
        )
    return str(found)


def _columns(boxes: Any) -> list[Any]:
    """The four numbers of each box, each with a last axis of 1."""
    return [boxes[..., at : at + 1] for at in range(4)]


def _joined(*columns: Any) -> Any:
    return ops.concat(*columns, axis=len(columns[0].shape) - 1)


def _ends(kind: str, a: Any, b: Any) -> tuple[Any, Any]:
    """(low, high) of an axis."""
    if kind == "size":
        return a, a + b
    return (a - b / 2.0, a + b / 2.0) if kind == "middle" else (a, b)


def _said(kind: str, low: Any, high: Any) -> tuple[Any, Any]:
    """The inverse of `_ends`."""
    if kind == "size":
        return low, high - low
    return (low + (high - low) / 2.0, high - low) if kind == "middle" else (low, high)


def _checked(boxes: Any, dtype: Any) -> Any:
    x = tensor(boxes)
    if not len(x.shape) or int(x.shape[-1]) != 4:
        raise ShapeError(
            "keras.utils.bounding_boxes: `boxes` must have a last axis of 4, received shape "
            "{shape}.",
            shape=tuple(x.shape),
        )
    return cast(x, dtype)


def convert_format(
    boxes: Any,
    source: str,
    target: str,
    height: Any = None,
    width: Any = None,
    dtype: Any = "float32",
) -> Any:
    """Boxes (..., 4) in another format, as ``dtype``.

    boxes: a tensor, or a dict whose "boxes" are converted. height, width: the image's extents,
    needed between relative and absolute formats.

    Raises:
        InvalidArgumentError: an unknown format; an extent is missing.
        ShapeError: the last axis has not 4 numbers.

    >>> convert_format([[1.0, 2.0, 5.0, 4.0]], "xyxy", "center_xywh").numpy().tolist()
    [[3.0, 3.0, 4.0, 2.0]]
    """
    if isinstance(boxes, dict):
        rest = (source, target, height, width, dtype)
        return {**boxes, "boxes": convert_format(boxes["boxes"], *rest)}
    x = _checked(boxes, dtype)
    source, target = _known(source, "source"), _known(target, "target")
    relative = source.startswith("rel_"), target.startswith("rel_")
    if any(relative) and (height is None or width is None):
        raise InvalidArgumentError(
            "keras.utils.bounding_boxes.convert_format: {source!r} to {target!r} needs `height` "
            "and `width`, received height={height} and width={width}.",
            source=source,
            target=target,
            height=height,
            width=width,
        )
    if source == target:
        return x
    scale = (0 if relative[0] else 1) - (0 if relative[1] else 1)
    sizes = [cast_value(extent, x.dtype) if scale else 1.0 for extent in (width, height)]
    axes = _axes(x, source)
    if scale < 0:
        axes = [(a * size, b * size) for (a, b), size in zip(axes, sizes, strict=True)]
    kind, turned = _LAYOUTS[target.removeprefix("rel_")]
    pairs = [_said(kind, *axis) for axis in axes]
    if scale > 0:
        pairs = [(a / size, b / size) for (a, b), size in zip(pairs, sizes, strict=True)]
    (x1, x2), (y1, y2) = pairs
    return _joined(y1, x1, y2, x2) if turned else _joined(x1, y1, x2, y2)


def _axes(boxes: Any, source: str) -> list[tuple[Any, Any]]:
    """(low, high) along x, then along y."""
    kind, turned = _LAYOUTS[source.removeprefix("rel_")]
    one, two, three, four = _columns(boxes)
    pairs = ((two, four), (one, three)) if turned else ((one, three), (two, four))
    return [_ends(kind, *pair) for pair in pairs]


def _corners_only(name: str, bounding_box_format: str) -> None:
    if bounding_box_format != "xyxy":
        raise UnimplementedError(
            "keras.utils.bounding_boxes.{name}: `bounding_box_format` must be 'xyxy', received "
            "{given!r}. Convert with convert_format first.",
            name=name,
            given=bounding_box_format,
        )


def _clipped(boxes: Any, height: Any, width: Any) -> Any:
    return _joined(
        *(
            math.clip_by_value(column, cast_value(0, boxes.dtype), cast_value(most, boxes.dtype))
            for column, most in zip(_columns(boxes), (width, height) * 2, strict=True)
        )
    )


def clip_to_image_size(
    bounding_boxes: dict[str, Any],
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> dict[str, Any]:
    """A dict of "boxes" and "labels" with the boxes cut to the image.

    The label of a box of which nothing is left becomes -1. Formats: "xyxy", "rel_xyxy".

    >>> cut = clip_to_image_size({"boxes": [[-1.0, 2.0, 3.0, 9.0]], "labels": [7]}, 5, 4)
    >>> cut["boxes"].numpy().tolist(), cut["labels"].numpy().tolist()
    ([[0.0, 2.0, 3.0, 5.0]], [7])
    """
    if bounding_box_format == "rel_xyxy":
        height = width = 1
    else:
        _corners_only("clip_to_image_size", bounding_box_format)
    if height is None or width is None:
        raise InvalidArgumentError(
            "keras.utils.bounding_boxes.clip_to_image_size: `height` and `width` must be given "
            "for the format 'xyxy', received height={height} and width={width}.",
            height=height,
            width=width,
        )
    boxes = tensor(bounding_boxes["boxes"])
    boxes = _clipped(boxes, height, width)
    result = {**bounding_boxes, "boxes": boxes}
    if bounding_boxes.get("labels") is not None:
        labels = tensor(bounding_boxes["labels"])
        area = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
        result["labels"] = ops.select(area > 0, labels, cast_value(-1, labels.dtype))
    return result


def affine_transform(
    boxes: Any,
    angle: Any,
    translate_x: Any,
    translate_y: Any,
    scale: Any,
    shear_x: Any,
    shear_y: Any,
    height: Any,
    width: Any,
    center_x: Any = None,
    center_y: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The boxes around turned, shifted, scaled and sheared boxes (batch, boxes, 4).

    ``angle`` and the shears are in degrees, the translations and the centre (default: the middle)
    in parts of the image; each is one number for each image of the batch.
    """
    _corners_only("affine_transform", bounding_box_format)
    turn, sx, sy = (floating(value) * (-number.pi / 180.0) for value in (angle, shear_x, shear_y))
    kind = turn.dtype
    across, down = (cast_value(extent, kind) - 1.0 for extent in (width, height))
    cx, cy = (
        cast_value(0.5 if middle is None else middle, kind) * extent
        for middle, extent in ((center_x, across), (center_y, down))
    )
    sx, sy, size, tx, ty = (
        cast(floating(value), kind) for value in (sx, sy, scale, translate_x, translate_y)
    )
    # The inverse of scale * rotation * shear about the middle, as torchvision composes them.
    a, c = ops.cos(turn - sy) / ops.cos(sy), -ops.sin(turn - sy) / ops.cos(sy)
    tangent = math.tan(sx)
    x_of_x, x_of_y = (ops.cos(turn) - c * tangent) * size, -(a * tangent + ops.sin(turn)) * size
    y_of_x, y_of_y = -c * size, a * size
    left, top = cx - tx * across, cy - ty * down
    columns = _columns(cast(tensor(boxes), kind))
    xs, ys = _joined(columns[0], columns[2]), _joined(columns[1], columns[3])
    # The four corners: every x with every y.
    xs = _joined(xs, xs)
    ys = _joined(ys[..., 0:1], ys[..., 0:1], ys[..., 1:2], ys[..., 1:2])

    def each(value: Any) -> Any:
        return movement.reshape(value, (-1, 1, 1))

    px, py = xs - each(left), ys - each(top)
    new_x = each(x_of_x) * px + each(x_of_y) * py + each(cx)
    new_y = each(y_of_x) * px + each(y_of_y) * py + each(cy)
    ends = [fold(v, axis=-1) for fold in (math.reduce_min, math.reduce_max) for v in (new_x, new_y)]
    return movement.stack(ends, axis=-1)


def crop(
    boxes: Any, top: Any, left: Any, height: Any, width: Any, bounding_box_format: str = "xyxy"
) -> Any:
    """The boxes as seen in the block of the image at (top, left), cut to it.

    >>> crop([[2.0, 1.0, 9.0, 5.0]], 2, 1, 6, 4).numpy().tolist()
    [[1.0, 0.0, 4.0, 3.0]]
    """
    _corners_only("crop", bounding_box_format)
    return _clipped(pad(boxes, -top, -left), height, width)


def pad(
    boxes: Any,
    top: Any,
    left: Any,
    height: Any = None,
    width: Any = None,
    bounding_box_format: str = "xyxy",
) -> Any:
    """The boxes in an image with ``top`` rows above and ``left`` columns before it."""
    _corners_only("pad", bounding_box_format)
    x = tensor(boxes)
    shifts = [cast_value(by, x.dtype) for by in (left, top)] * 2
    return _joined(*(a + by for a, by in zip(_columns(x), shifts, strict=True)))


# --- regression targets -----------------------------------------------------------------------


def _encoding(name: str, form: str, variance: Any, image_shape: Any) -> tuple[Any, Any, Any]:
    """(variance, height, width), checked."""
    if form not in ("center_xywh", "center_yxhw"):
        raise InvalidArgumentError(
            "keras.utils.bounding_boxes.{name}: the encoding must be 'center_xywh' or "
            "'center_yxhw', received {form!r}.",
            name=name,
            form=form,
        )
    if variance is not None:
        variance = cast_value(convert_to_tensor(variance), "float32")
        if int(variance.shape[-1]) != 4:
            raise InvalidArgumentError(
                "keras.utils.bounding_boxes.{name}: `variance` must have 4 numbers, received "
                "shape {shape}.",
                name=name,
                shape=tuple(variance.shape),
            )
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return variance, height, width


def encode_box_to_deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """How boxes differ from anchors: the middles' distance in extents, the extents' logarithm.

    (Girshick et al., 2014.) variance: four numbers that the result is divided by.
    """
    from caudal.keras.backend import epsilon

    variance, *size = _encoding("encode_box_to_deltas", encoding_format, variance, image_shape)
    base = convert_format(anchors, anchor_format, encoding_format, *size)
    goal = convert_format(boxes, box_format, encoding_format, *size)
    least = cast_value(epsilon(), base.dtype)
    wide, aim = (math.maximum(side[..., 2:], least) for side in (base, goal))
    found = _joined((goal[..., :2] - base[..., :2]) / wide, ops.log(aim / wide))
    return found if variance is None else found / variance


def decode_deltas_to_boxes(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    """The inverse of `encode_box_to_deltas`; of two dicts, a dict with the same keys."""
    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        rest = (anchor_format, box_format, encoded_format, variance, image_shape)
        return {
            level: decode_deltas_to_boxes(anchor, boxes_delta[level], *rest)
            for level, anchor in anchors.items()
        }
    variance, *size = _encoding("decode_deltas_to_boxes", encoded_format, variance, image_shape)
    base = convert_format(anchors, anchor_format, encoded_format, *size)
    delta = cast(tensor(boxes_delta), base.dtype)
    delta = delta if variance is None else delta * variance
    middle = delta[..., :2] * base[..., 2:] + base[..., :2]
    boxes = _joined(middle, ops.exp(delta[..., 2:]) * base[..., 2:])
    return convert_format(boxes, encoded_format, box_format, *size)


_PLACES = table({"caudal.keras.utils.box_overlap": "compute_ciou compute_iou"})
__getattr__, _ = lazy(__name__, _PLACES, label="keras.utils.bounding_boxes")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
