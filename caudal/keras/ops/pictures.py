"""``keras.ops.image``: colours, patches, borders, blurs, edges and values between pixels."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from caudal import image, math, ops
from caudal.array import indexing, movement
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras.layers import arguments
from caudal.keras.ops import networks
from caudal.keras.ops.image import FILL_MODES, _dims, batched, unbatched
from caudal.keras.ops.promotion import cast, cast_value, floating, tensor


def _in_colour(function: Any, what: str, images: Any, data_format: str | None) -> Any:
    x, alone, first = batched(what, images, data_format)
    if not x.dtype.is_floating:
        raise InvalidArgumentError(
            "keras.ops.image.{what}: expected images of floats, received {dtype}.",
            what=what,
            dtype=x.dtype.name,
        )
    return unbatched(function(x), alone, first)


def rgb_to_hsv(images: Any, data_format: str | None = None) -> Any:
    """Red, green and blue from 0 to 1 as hue, saturation and value."""
    return _in_colour(image.rgb_to_hsv, "rgb_to_hsv", images, data_format)


def hsv_to_rgb(images: Any, data_format: str | None = None) -> Any:
    """Hue, saturation and value from 0 to 1 as red, green and blue."""
    return _in_colour(image.hsv_to_rgb, "hsv_to_rgb", images, data_format)


# --- patches and borders ----------------------------------------------------------------------


def _patches(
    what: str,
    volumes: Any,
    size: Any,
    strides: Any,
    dilation_rate: Any,
    padding: str,
    data_format: str | None,
    rank: int,
) -> Any:
    x = tensor(volumes)
    if isinstance(size, str | bytes | float):
        raise DTypeError(
            "keras.ops.image.{what}: `size` must be an integer or a tuple, received {size!r}.",
            what=what,
            size=size,
        )
    sizes = arguments.integers(size, rank, "size")
    if len(x.shape) not in (rank + 1, rank + 2):
        raise ShapeError(
            "keras.ops.image.{what}: expected {few} or {many} axes, received shape {shape}.",
            what=what,
            few=rank + 1,
            many=rank + 2,
            shape=_dims(x),
        )
    alone = len(x.shape) == rank + 1
    x = movement.expand_dims(x, 0) if alone else x
    first = arguments.data_format(data_format) == "channels_first"
    channels = _dims(x)[1 if first else -1]
    count = int(np.prod(sizes)) * channels
    # A convolution whose every filter picks one element of the patch.
    kernel = np.eye(count, dtype=x.dtype.np_dtype).reshape(*sizes, channels, count)
    steps = sizes if strides is None else strides
    found = networks.conv(x, convert_to_tensor(kernel), steps, padding, data_format, dilation_rate)
    return movement.squeeze(found, [0]) if alone else found


def extract_patches(
    images: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Patches of ``size`` laid out as channels: (batch, rows, columns, size * size * channels)."""
    if isinstance(size, list | tuple) and len(size) == 3:
        return extract_patches_3d(images, size, strides, dilation_rate, padding, data_format)
    rest = (size, strides, dilation_rate, padding, data_format)
    return _patches("extract_patches", images, *rest, 2)


def extract_patches_3d(
    volumes: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Blocks of volumes laid out as channels."""
    rest = (size, strides, dilation_rate, padding, data_format)
    return _patches("extract_patches_3d", volumes, *rest, 3)


def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Zeros around each image; two of the three numbers of each axis give the third."""
    x, alone, first = batched("pad_images", images, data_format)
    height, width = _dims(x)[1:3]
    rows = _border(height, top_padding, bottom_padding, target_height, "height")
    columns = _border(width, left_padding, right_padding, target_width, "width")
    return unbatched(movement.pad(x, [[0, 0], rows, columns, [0, 0]]), alone, first)


def _border(
    extent: int, low: int | None, high: int | None, target: int | None, name: str
) -> list[int]:
    if [low, high, target].count(None) != 1:
        raise InvalidArgumentError(
            "pad_images: exactly two of the paddings and the target {name} must be given.",
            name=name,
        )
    rest = None if target is None else target - extent
    before = low if low is not None else int(rest or 0) - int(high or 0)
    after = high if high is not None else int(rest or 0) - int(low or 0)
    if before < 0 or after < 0:
        raise InvalidArgumentError(
            "pad_images: the paddings of the {name} must be >= 0, received {before} and {after}.",
            name=name,
            before=before,
            after=after,
        )
    return [before, after]


# --- filters ----------------------------------------------------------------------------------


def gaussian_blur(
    images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: str | None = None
) -> Any:
    """Each channel smoothed by a Gauss kernel of that size; what lies outside is 0."""
    x, alone, first = batched("gaussian_blur", floating(images), data_format)
    size = arguments.integers(kernel_size, 2, "kernel_size")
    widths = movement.broadcast_to(cast_value(sigma, x.dtype), (2,))
    lines = []
    for axis, n in enumerate(size):
        away = np.arange(n, dtype=x.dtype.np_dtype) - (n - 1) / 2
        line = ops.exp((cast_value(away, x.dtype) / widths[axis]) ** 2 * -0.5)
        lines.append(line / math.reduce_sum(line))
    # Keras 3.15 lays the outer product of the second and the first line out in rows of the size.
    kernel = movement.expand_dims(lines[1], 1) * movement.expand_dims(lines[0], 0)
    kernel = movement.tile(movement.reshape(kernel, (*size, 1, 1)), (1, 1, _dims(x)[-1], 1))
    blurred = networks.depthwise_conv(x, kernel, 1, "same", "channels_last")
    return unbatched(blurred, alone, first)


def sobel_edges(images: Any, data_format: str | None = None) -> Any:
    """The changes down and across of each channel, on a new last axis."""
    x = floating(images)
    first = arguments.data_format(data_format) == "channels_first"
    edges = image.sobel_edges(movement.transpose(x, (0, 2, 3, 1)) if first else x)
    return movement.transpose(edges, (0, 3, 1, 2, 4)) if first else edges


def ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Any:
    """The structural similarity of two images or batches, 1 for equal ones (Wang et al., 2004)."""
    x, alone, _ = batched("ssim", floating(image1), data_format)
    y, _, _ = batched("ssim", floating(image2), data_format)
    found = image.ssim(x, y, max_val, filter_size, filter_sigma, k1, k2)
    return movement.squeeze(found, [0]) if alone else found


# --- between pixels ---------------------------------------------------------------------------


def inside(place: Any, extent: int, mode: str) -> Any:
    """Whole places brought into [0, extent) by a fill mode."""
    if mode in ("constant", "nearest"):
        return math.clip_by_value(place, 0, extent - 1)
    if mode == "wrap":
        return ops.floor_mod(place, cast_value(extent, place.dtype))
    if mode == "mirror":
        return _mirrored(place, extent)
    turned = _mirrored(place * 2 + 1, 2 * extent + 1) - 1
    return ops.floor_div(turned, cast_value(2, place.dtype))


def _mirrored(place: Any, extent: int) -> Any:
    last = extent - 1
    if last == 0:
        return place * 0
    turned = ops.floor_mod(place + last, cast_value(2 * last, place.dtype))
    return ops.abs(turned - last)


def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: Any = 0
) -> Any:
    """The values at ``coordinates``, one row of them per axis of the inputs.

    order: 0 for the nearest element, 1 for linear interpolation.

    >>> map_coordinates([[0.0, 2.0], [4.0, 6.0]], [[0.5], [0.5]], order=1).numpy().tolist()
    [3.0]
    """
    x, places = tensor(inputs), floating(coordinates)
    if fill_mode not in FILL_MODES:
        raise InvalidArgumentError(
            "keras.ops.image.map_coordinates: `fill_mode` must be one of {known}, received "
            "{value!r}.",
            known=FILL_MODES,
            value=fill_mode,
        )
    if order not in (0, 1):
        raise InvalidArgumentError(
            "keras.ops.image.map_coordinates: `order` must be 0 or 1, received {order!r}.",
            order=order,
        )
    if len(places.shape) < 2 or int(places.shape[0]) != len(x.shape):
        raise ShapeError(
            "keras.ops.image.map_coordinates: expected one row of coordinates for each of {rank} "
            "axes, received shape {shape}.",
            rank=len(x.shape),
            shape=_dims(places),
        )
    nodes = []
    for place in movement.unstack(places, axis=0):
        if order == 0:
            nodes.append([(cast(ops.round(place), "int32"), None)])
            continue
        low = math.floor(place)
        share = place - low
        low = cast(low, "int32")
        nodes.append([(low, 1.0 - share), (low + 1, share)])
    result = None
    for corner in itertools.product(*nodes):
        found = _value_at(x, [place for place, _ in corner], fill_mode, fill_value)
        if order == 1:
            found = cast(found, places.dtype)
        for _, share in corner:
            found = found if share is None else found * share
        result = found if result is None else result + found
    if order == 1 and not x.dtype.is_floating:
        result = math.round(result)
    return cast(result, x.dtype)


def _value_at(x: Any, corner: list[Any], mode: str, fill_value: Any) -> Any:
    extents = _dims(x)
    inner = [inside(p, n, mode) for p, n in zip(corner, extents, strict=True)]
    found = indexing.gather_nd(x, movement.stack(inner, axis=-1))
    if mode != "constant":
        return found
    seen = None
    for place, kept in zip(corner, inner, strict=True):
        same = ops.equal(place, kept)
        seen = same if seen is None else ops.bit_and(seen, same)
    return ops.select(seen, found, cast_value(fill_value, x.dtype))
