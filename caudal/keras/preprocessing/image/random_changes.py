"""One random change of one picture, drawn with ``numpy.random``."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.keras.preprocessing.image.affine import apply_affine_transform
from caudal.keras.preprocessing.image.colour import (
    apply_brightness_shift,
    apply_channel_shift,
    check_picture,
)

Array = np.ndarray[Any, Any]


def check_pair(doing: str, name: str, value: Any) -> tuple[float, float]:
    """(low, high).

    Raises:
        InvalidArgumentError: ``value`` is no pair of numbers.
    """
    try:
        low, high = (float(bound) for bound in value)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            "{doing}: {name} must be a list or tuple of two numbers, received {value!r}.",
            doing=doing,
            name=name,
            value=value,
        ) from None
    return low, high


def random_rotation(
    x: Any,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Array:
    """Turned by at most ``rg`` degrees; the rest as in `apply_affine_transform`."""
    theta = np.random.uniform(-rg, rg)
    axes = row_axis, col_axis, channel_axis
    return _affine(x, axes, fill_mode, cval, interpolation_order, theta=theta)


def random_shift(
    x: Any,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Array:
    """Shifted by at most the fractions ``wrg`` of the width and ``hrg`` of the height."""
    shape = check_picture("random_shift", x).shape
    tx = np.random.uniform(-hrg, hrg) * shape[row_axis]
    ty = np.random.uniform(-wrg, wrg) * shape[col_axis]
    axes = row_axis, col_axis, channel_axis
    return _affine(x, axes, fill_mode, cval, interpolation_order, tx=tx, ty=ty)


def random_shear(
    x: Any,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Array:
    """Sheared by at most ``intensity`` degrees."""
    shear = np.random.uniform(-intensity, intensity)
    axes = row_axis, col_axis, channel_axis
    return _affine(x, axes, fill_mode, cval, interpolation_order, shear=shear)


def random_zoom(
    x: Any,
    zoom_range: Any,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Array:
    """Zoomed by two factors between those of the pair ``zoom_range``."""
    low, high = check_pair("random_zoom", "zoom_range", zoom_range)
    zx, zy = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
    axes = row_axis, col_axis, channel_axis
    return _affine(x, axes, fill_mode, cval, interpolation_order, zx=zx, zy=zy)


def _affine(
    x: Any, axes: tuple[int, int, int], fill_mode: str, cval: float, order: int, **change: float
) -> Array:
    row, column, channel = axes
    return apply_affine_transform(
        x,
        **change,
        row_axis=row,
        col_axis=column,
        channel_axis=channel,
        fill_mode=fill_mode,
        cval=cval,
        order=order,
    )


def random_channel_shift(x: Any, intensity_range: float, channel_axis: int = 0) -> Array:
    """A random number of at most ``intensity_range`` added, within the picture's own range."""
    intensity = np.random.uniform(-intensity_range, intensity_range)
    return apply_channel_shift(x, intensity, channel_axis)


def random_brightness(x: Any, brightness_range: Any, scale: bool = True) -> Array:
    """The brightness multiplied by a factor between those of the pair ``brightness_range``."""
    low, high = check_pair("random_brightness", "brightness_range", brightness_range)
    return apply_brightness_shift(x, np.random.uniform(low, high), scale)
