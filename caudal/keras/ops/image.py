"""``keras.ops.image``: sizes, crops, flips and warps of images, as gathers and products."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import linalg, math, ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras.layers.arguments import data_format as known_format
from caudal.keras.ops.promotion import cast, cast_value, floating, tensor
from caudal.keras.ops.resampling import KERNELS
from caudal.namespaces import lazy, open_to_symbols, table

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def _dims(x: Any) -> tuple[int, ...]:
    return tuple(int(extent) for extent in x.shape)


def batched(what: str, images: Any, data_format: str | None) -> tuple[Any, bool, bool]:
    """Images as (batch, height, width, channels), whether one was alone, and channels first."""
    x = tensor(images)
    alone = len(x.shape) == 3
    if len(x.shape) not in (3, 4):
        raise ShapeError(
            "{what}: expected an image of 3 axes or a batch of 4, received shape {shape}.",
            what=what,
            shape=_dims(x),
        )
    first = known_format(data_format) == "channels_first"
    x = movement.expand_dims(x, 0) if alone else x
    return (movement.transpose(x, (0, 2, 3, 1)) if first else x), alone, first


def unbatched(x: Any, alone: bool, first: bool) -> Any:
    """The inverse of `batched`."""
    x = movement.transpose(x, (0, 3, 1, 2)) if first else x
    return movement.squeeze(x, [0]) if alone else x


def _weights(old: int, new: int, interpolation: str, antialias: bool) -> Any:
    """The matrix (new, old) that resamples one axis, pixels being squares with a middle.

    The kernels: a box for "nearest", a triangle for "bilinear", Keys' cubic (a = -1/2, 1981)
    for "bicubic", Lanczos windows. Weights outside of the image are left out, the rest sum to 1.
    """
    ratio = old / new
    places = (np.arange(new) + 0.5) * ratio - 0.5
    if interpolation == "nearest":
        picks = np.minimum(np.floor((np.arange(new) + 0.5) * ratio), old - 1).astype(int)
        return np.eye(old)[picks]
    scale = max(ratio, 1.0) if antialias else 1.0
    away = np.abs(places[:, None] - np.arange(old)[None]) / scale
    rows = KERNELS[interpolation](away)
    return rows / rows.sum(axis=1, keepdims=True)


INTERPOLATIONS = ("nearest", *KERNELS)


def check_size(what: str, size: Any) -> tuple[int, int]:
    """(height, width)."""
    if not isinstance(size, list | tuple) or len(size) != 2 or min(map(int, size)) < 1:
        raise InvalidArgumentError(
            "{what}: `size` must be (height, width), received {size!r}.", what=what, size=size
        )
    return int(size[0]), int(size[1])


def _resampled(x: Any, size: tuple[int, int], interpolation: str, antialias: bool) -> Any:
    height, width = _dims(x)[1:3]
    if (height, width) == size:
        return x
    if interpolation == "nearest":
        for axis, (old, new) in enumerate(((height, size[0]), (width, size[1])), start=1):
            picks = _weights(old, new, "nearest", False).argmax(1).astype("int32")
            x = ops.gather(x, convert_to_tensor(picks), axis=axis)
        return x
    kind = x.dtype.np_dtype
    rows = _weights(height, size[0], interpolation, antialias).astype(kind)
    columns = _weights(width, size[1], interpolation, antialias).astype(kind)
    return linalg.einsum("ih,bhwc,jw->bijc", rows, x, columns)


def fit(old: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The largest extents of the wanted aspect ratio within the image."""
    height = int(float(old[1] * size[0]) / size[1])
    width = int(float(old[0] * size[1]) / size[0])
    return min(old[0], height), min(old[1], width)


def _cropped(x: Any, size: tuple[int, int]) -> Any:
    """The middle of an image, with the aspect ratio of ``size``."""
    old = _dims(x)[1:3]
    height, width = fit((old[0], old[1]), size)
    top, left = int(float(old[0] - height) / 2), int(float(old[1] - width) / 2)
    return x[:, top : top + height, left : left + width, :]


def _bordered(x: Any, size: tuple[int, int], value: float) -> Any:
    """The image with borders that give it the aspect ratio of ``size``."""
    height, width = _dims(x)[1:3]
    tall = max(height, int(float(width * size[0]) / size[1]))
    wide = max(width, int(float(height * size[1]) / size[0]))
    top, left = int(float(tall - height) / 2), int(float(wide - width) / 2)
    widths = [[0, 0], [top, tall - height - top], [left, wide - width - left], [0, 0]]
    return movement.pad(x, widths, constant_values=cast_value(value, x.dtype))


def check_resize(interpolation: str, fill_mode: str, both: bool) -> None:
    """Raise unless these arguments of `resize` are known; ``both`` aspect flags are set."""
    if interpolation not in INTERPOLATIONS:
        raise InvalidArgumentError(
            "resize: `interpolation` must be one of {known}, received {value!r}.",
            known=INTERPOLATIONS,
            value=interpolation,
        )
    if fill_mode != "constant":
        raise InvalidArgumentError(
            "resize: `fill_mode` must be 'constant', received {value!r}.", value=fill_mode
        )
    if both:
        raise InvalidArgumentError(
            "resize: only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` may be True."
        )


def output_shape(shape: Any, size: tuple[int, int], data_format: str) -> tuple[Any, ...]:
    """The shape of images, or of one, in another height and width."""
    if data_format == "channels_first":
        return (*shape[:-2], *size)
    return (*shape[:-3], *size, shape[-1])


def resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    """Images of another height and width.

    interpolation: "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5". Integers are
    rounded (and kept within their range).

    >>> resize([[[0.0], [1.0]]], (1, 4)).numpy().ravel().tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    check_resize(interpolation, fill_mode, crop_to_aspect_ratio and pad_to_aspect_ratio)
    wanted = check_size("resize", size)
    x, alone, first = batched("resize", images, data_format)
    own = x.dtype
    if crop_to_aspect_ratio:
        x = _cropped(x, wanted)
    if pad_to_aspect_ratio:
        x = _bordered(x, wanted, fill_value)
    if interpolation == "nearest" or own.is_floating:
        return unbatched(_resampled(x, wanted, interpolation, antialias), alone, first)
    y = math.round(_resampled(cast(x, "float32"), wanted, interpolation, antialias))
    if interpolation != "bilinear" or antialias:
        y = math.clip_by_value(y, float(own.min), float(own.max))
    return unbatched(cast(y, own), alone, first)


_GRAY = (0.2989, 0.5870, 0.1140)


def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """Red, green and blue weighted into one channel."""
    x, alone, first = batched("rgb_to_grayscale", images, data_format)
    own = x.dtype
    y = floating(x) * np.asarray(_GRAY, floating(x).dtype.np_dtype)
    y = math.reduce_sum(y, axis=-1, keepdims=True)
    return unbatched(cast(y, own), alone, first)


def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """A block of each image; two of the three numbers of each axis give the third."""
    x, alone, first = batched("crop_images", images, data_format)
    height, width = _dims(x)[1:3]
    top, rows = _block(height, top_cropping, bottom_cropping, target_height, "height")
    left, columns = _block(width, left_cropping, right_cropping, target_width, "width")
    return unbatched(x[:, top : top + rows, left : left + columns, :], alone, first)


def _block(
    extent: int, low: int | None, high: int | None, target: int | None, name: str
) -> tuple[int, int]:
    if [low, high, target].count(None) != 1:
        raise InvalidArgumentError(
            "crop_images: exactly two of the croppings and the target {name} must be given.",
            name=name,
        )
    if target is None:
        target = extent - int(low or 0) - int(high or 0)
    start = extent - target - int(high or 0) if low is None else low
    if start < 0 or target < 1 or start + target > extent:
        raise InvalidArgumentError(
            "crop_images: a block of {target} from {start} is not within a {name} of {extent}.",
            target=target,
            start=start,
            name=name,
            extent=extent,
        )
    return start, target


# --- warps ------------------------------------------------------------------------------------


def reflected(place: Any, extent: int, mode: str) -> Any:
    """Coordinates outside of [0, extent) brought back inside, by a fill mode."""
    if mode in ("constant", "nearest"):
        return place
    size = float(extent)
    if mode == "wrap":
        # TensorFlow counts whole turns by the distance between the first and last pixel.
        gap = max(size - 1.0, 1.0)
        below = place + (math.floor(-place / gap) + 1.0) * size
        above = place - math.floor(place / gap) * size
        inside = ops.select(place > size - 1.0, above, place)
        inside = ops.select(place < 0.0, below, inside)
        return math.clip_by_value(inside, 0.0, size - 1.0)
    if mode == "mirror":
        if extent == 1:
            return place * 0.0
        period = 2.0 * (size - 1.0)
        inside = math.abs(place)
        inside = inside - math.floor(inside / period) * period
        return math.minimum(inside, period - inside)
    period = 2.0 * size
    inside = place + 0.5
    inside = math.abs(inside - math.floor(inside / period) * period)
    return math.clip_by_value(math.minimum(inside, period - inside) - 0.5, 0.0, size - 1.0)


def sample(
    x: Any, rows: Any, columns: Any, interpolation: str, mode: str, fill_value: float
) -> Any:
    """The images (b, h, w, c) at the places (b, i, j) in pixels: (b, i, j, c)."""
    batch, height, width, channels = _dims(x)
    flat = movement.reshape(x, (batch, height * width, channels))
    rows, columns = reflected(rows, height, mode), reflected(columns, width, mode)

    def pick(row: Any, column: Any) -> Any:
        near_row = math.clip_by_value(row, 0.0, float(height - 1))
        near_column = math.clip_by_value(column, 0.0, float(width - 1))
        place = cast(near_row * float(width) + near_column, "int32")
        shape = _dims(place)
        # One gather over all images: rows of pixels, each image at its own offset.
        offsets = (np.arange(batch, dtype="int32") * (height * width)).reshape(-1, 1, 1)
        pixels = movement.reshape(flat, (batch * height * width, channels))
        found = ops.gather(
            pixels, movement.reshape(place + convert_to_tensor(offsets), (-1,)), axis=0
        )
        found = movement.reshape(found, (*shape, channels))
        if mode != "constant":
            return found
        inside = ops.bit_and(ops.equal(near_row, row), ops.equal(near_column, column))
        return ops.select(movement.expand_dims(inside, -1), found, cast_value(fill_value, x.dtype))

    if interpolation == "nearest":
        return pick(_rounded(rows), _rounded(columns))
    top, left = math.floor(rows), math.floor(columns)
    down = cast(movement.expand_dims(rows - top, -1), x.dtype)
    right = cast(movement.expand_dims(columns - left, -1), x.dtype)
    upper = pick(top, left) * (1.0 - right) + pick(top, left + 1.0) * right
    lower = pick(top + 1.0, left) * (1.0 - right) + pick(top + 1.0, left + 1.0) * right
    return upper * (1.0 - down) + lower * down


def _rounded(x: Any) -> Any:
    """The nearest whole number, halves away from 0."""
    return ops.sign(x) * math.floor(math.abs(x) + 0.5)


def check_warp(what: str, interpolation: str, fill_mode: str) -> None:
    """Raise unless both are known."""
    if interpolation not in ("nearest", "bilinear"):
        raise InvalidArgumentError(
            "{what}: `interpolation` must be 'nearest' or 'bilinear', received {value!r}.",
            what=what,
            value=interpolation,
        )
    if fill_mode not in FILL_MODES:
        raise InvalidArgumentError(
            "{what}: `fill_mode` must be one of {known}, received {value!r}.",
            what=what,
            known=FILL_MODES,
            value=fill_mode,
        )


def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Images whose pixel (x, y) comes from a place of the input, by 8 numbers a0...c1.

    The place is ``((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)``, ``k = c0 x + c1 y + 1``.
    ``transform``: one row of 8 numbers, or one for each image. Keras: only affine ones (k = 1).
    """
    check_warp("affine_transform", interpolation, fill_mode)
    x, alone, first = batched("affine_transform", images, data_format)
    own = x.dtype
    x = floating(x)
    batch, height, width = _dims(x)[:3]
    numbers = floating(transform)
    numbers = movement.reshape(numbers, (-1, 8, 1, 1))
    a0, a1, a2, b0, b1, b2, c0, c1 = movement.unstack(numbers, axis=1)
    kind = numbers.dtype.np_dtype
    across = convert_to_tensor(np.arange(width, dtype=kind).reshape(1, 1, -1))
    down = convert_to_tensor(np.arange(height, dtype=kind).reshape(1, -1, 1))
    k = c0 * across + c1 * down + 1.0
    columns, rows = (a0 * across + a1 * down + a2) / k, (b0 * across + b1 * down + b2) / k
    shape = (batch, height, width)
    rows, columns = (movement.broadcast_to(value, shape) for value in (rows, columns))
    y = sample(x, rows, columns, interpolation, fill_mode, float(fill_value))
    return unbatched(cast(y, own), alone, first)


_PLACES = table(
    {
        "caudal.keras.ops.pictures": (
            "extract_patches extract_patches_3d gaussian_blur hsv_to_rgb map_coordinates "
            "pad_images rgb_to_hsv sobel_edges ssim"
        ),
        "caudal.keras.ops.warps": "elastic_transform perspective_transform scale_and_translate",
    }
)
__getattr__, _ = lazy(__name__, _PLACES, label="keras.ops.image")


for _name in ("affine_transform", "crop_images", "resize", "rgb_to_grayscale"):
    globals()[_name] = open_to_symbols(globals()[_name])


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
