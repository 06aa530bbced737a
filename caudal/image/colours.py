"""Dtypes and colours of images: value ranges, grey, HSV, YUV, YIQ."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, scalar
from caudal.errors import DTypeError
from caudal.framework import convert_to_tensor
from caudal.image.arguments import channels, float_image, require_channels
from caudal.ir.dtypes import as_dtype, float32
from caudal.math.conversion import saturate_cast


def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Any:
    """The image in another dtype, with values scaled from range to range.

    Floats lie in [0, 1), integers in [0, their maximum]. ``saturate`` clips before the cast.

    >>> convert_image_dtype(as_tensor(np.uint8([0, 255])), "float32").numpy().tolist()
    [0.0, 1.0]
    """
    x = as_tensor(image)
    kind = as_dtype(dtype)
    for found in (x.dtype, kind):
        if not (found.is_floating or found.is_integer):
            raise DTypeError(
                "convert_image_dtype: expected float or integer dtypes, received {received}.",
                received=found.name,
            )
    if x.dtype is kind:
        return x
    change = saturate_cast if saturate else cast_to
    if x.dtype.is_integer and kind.is_integer:
        old, new = int(x.dtype.max), int(kind.max)
        if old > new:
            step = (old + 1) // (new + 1)
            return change(ops.floor_div(x, scalar(step, x)), kind)
        wide = change(x, kind)
        return ops.mul(wide, scalar((new + 1) // (old + 1), wide))
    if x.dtype.is_floating and kind.is_floating:
        return cast_to(x, kind)
    if x.dtype.is_integer:
        wide = cast_to(x, kind)
        return ops.mul(wide, scalar(1.0 / int(x.dtype.max), wide))
    return change(ops.mul(x, scalar(int(kind.max) + 0.5, x)), kind)


def as_float(image: Any) -> Any:
    """The image in float32 (float16 and float32 as they are), values in [0, 1)."""
    x = as_tensor(image)
    return x if x.dtype.name in ("float16", "float32") else convert_image_dtype(x, float32)


def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """One channel: 0.2989 red + 0.587 green + 0.114 blue."""
    x = as_tensor(images)
    require_channels("rgb_to_grayscale", x, 3)
    wide = convert_image_dtype(x, float32)
    red, green, blue = channels(wide)
    grey = ops.add(ops.mul(red, scalar(0.2989, red)), ops.mul(green, scalar(0.587, red)))
    grey = ops.add(grey, ops.mul(blue, scalar(0.114, red)))
    return convert_image_dtype(grey, x.dtype)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """Three equal channels."""
    x = as_tensor(images)
    require_channels("grayscale_to_rgb", x, 1)
    return ops.concat(x, x, x, axis=len(x.shape) - 1)


def rgb_to_hsv(images: Any, name: str | None = None) -> Any:
    """Hue, saturation and value in [0, 1] (Smith 1978).

    >>> rgb_to_hsv([[[1.0, 0.0, 0.0]]]).numpy().ravel().tolist()
    [0.0, 1.0, 1.0]
    """
    x = float_image("rgb_to_hsv", images)
    require_channels("rgb_to_hsv", x, 3)
    red, green, blue = channels(x)
    value = ops.maximum(red, ops.maximum(green, blue))
    span = ops.sub(value, ops.minimum(red, ops.minimum(green, blue)))
    zero, one = scalar(0, x), scalar(1, x)
    coloured = ops.greater(span, zero)
    bright = ops.greater(value, zero)
    saturation = ops.select(bright, ops.div(span, ops.select(bright, value, one)), zero)
    sixth = ops.div(scalar(1 / 6, x), ops.select(coloured, span, one))
    from_green = ops.add(ops.mul(sixth, ops.sub(blue, red)), scalar(2 / 6, x))
    from_blue = ops.add(ops.mul(sixth, ops.sub(red, green)), scalar(4 / 6, x))
    hue = ops.select(ops.equal(green, value), from_green, from_blue)
    hue = ops.select(ops.equal(red, value), ops.mul(sixth, ops.sub(green, blue)), hue)
    hue = ops.select(coloured, hue, zero)
    hue = ops.select(ops.less(hue, zero), ops.add(hue, one), hue)
    return ops.concat(hue, saturation, value, axis=len(x.shape) - 1)


def hsv_to_rgb(images: Any, name: str | None = None) -> Any:
    """The inverse of `rgb_to_hsv`."""
    x = float_image("hsv_to_rgb", images)
    require_channels("hsv_to_rgb", x, 3)
    hue, saturation, value = channels(x)
    zero, one = scalar(0, x), scalar(1, x)
    six = ops.mul(hue, scalar(6, x))

    def clipped(number: Any) -> Any:
        return ops.minimum(ops.maximum(number, zero), one)

    def part(centre: int, sign: int) -> Any:
        distance = ops.abs(ops.sub(six, scalar(centre, x)))
        shifted = ops.sub(distance, one) if sign > 0 else ops.sub(scalar(2, x), distance)
        pure = clipped(shifted)
        rest = ops.sub(one, saturation)
        return ops.mul(ops.add(rest, ops.mul(saturation, pure)), value)

    return ops.concat(part(3, 1), part(2, -1), part(4, -1), axis=len(x.shape) - 1)


# Rows are the sources, columns the results: ITU-R BT.601 and NTSC 1953.
_YUV = [
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
]
_RGB_OF_YUV = [[1.0, 1.0, 1.0], [0.0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0.0]]
_YIQ = [
    [0.299, 0.59590059, 0.2115],
    [0.587, -0.27455667, -0.52273617],
    [0.114, -0.32134392, 0.31119955],
]
_RGB_OF_YIQ = [
    [1.0, 1.0, 1.0],
    [0.95598634, -0.27201283, -1.10674021],
    [0.6208248, -0.64720424, 1.70423049],
]


def _product(what: str, images: Any, matrix: list[list[float]]) -> Any:
    x = float_image(what, images)
    require_channels(what, x, 3)
    kernel = convert_to_tensor(np.asarray(matrix, x.dtype.np_dtype))
    last = len(dims(x)) - 1
    return ops.dot_general(x, kernel, contract=((last,), (0,)), batch=((), ()))


def rgb_to_yuv(images: Any) -> Any:
    """Luma and two chroma channels."""
    return _product("rgb_to_yuv", images, _YUV)


def yuv_to_rgb(images: Any) -> Any:
    """The inverse of `rgb_to_yuv`."""
    return _product("yuv_to_rgb", images, _RGB_OF_YUV)


def rgb_to_yiq(images: Any) -> Any:
    """Luma, in-phase and quadrature chroma."""
    return _product("rgb_to_yiq", images, _YIQ)


def yiq_to_rgb(images: Any) -> Any:
    """The inverse of `rgb_to_yiq`."""
    return _product("yiq_to_rgb", images, _RGB_OF_YIQ)
