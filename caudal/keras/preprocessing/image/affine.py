"""Affine maps of pictures: the matrix, and the values between pixels, in NumPy."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from caudal.errors import DTypeError, InvalidArgumentError, ShapeError, UnimplementedError
from caudal.keras.utils.image_utils import check_choice

Array = np.ndarray[Any, Any]

FILL_MODES = ("nearest", "constant", "reflect", "wrap")


def transform_matrix(theta: float, tx: float, ty: float, shear: float, zx: float, zy: float) -> Any:
    """Rotation by ``theta`` degrees, then shift, shear (degrees) and zoom, about the origin.

    (3, 3) float64, or None where nothing is to be done. It leads from the new picture's (row,
    column) to the old one's.
    """
    factors = []
    if theta != 0:
        a = np.deg2rad(theta)
        factors.append([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    if tx != 0 or ty != 0:
        factors.append([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear != 0:
        a = np.deg2rad(shear)
        factors.append([[1, -np.sin(a), 0], [0, np.cos(a), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        factors.append([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    if not factors:
        return None
    found = np.array(factors[0], np.float64)
    for factor in factors[1:]:
        found = found @ np.array(factor, np.float64)
    return found


def about_centre(matrix: Array, height: int, width: int) -> Array:
    """The same map about the middle of the picture instead of the first pixel."""
    to, back = np.eye(3), np.eye(3)
    middle = (height / 2 - 0.5, width / 2 - 0.5)
    to[:2, 2] = middle
    back[:2, 2] = -middle[0], -middle[1]
    found: Array = to @ matrix @ back
    return found


def apply_affine_transform(
    x: Any,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> Array:
    """A picture turned, shifted, sheared and zoomed about its middle.

    Args:
        x: one picture, rank 3.
        theta: angle in degrees.
        tx: shift in pixels, along the columns (x). As in Keras, x and y change places where
            ``col_axis < row_axis``.
        ty: shift in pixels, along the rows.
        shear: angle in degrees.
        zx: zoom along the columns; below 1 the picture grows.
        zy: zoom along the rows.
        row_axis: where the rows are.
        col_axis: where the columns are.
        channel_axis: where the channels are, 0 or 2.
        fill_mode: what lies outside: "nearest", "constant", "reflect" or "wrap".
        cval: the value outside, for "constant".
        order: of the interpolation: 0 nearest, 1 linear; 2 to 5 (splines) need SciPy.

    Raises:
        ShapeError: another rank.
        InvalidArgumentError: axes that are not 0, 1 and 2, or an unknown ``fill_mode``.
        UnimplementedError: ``order`` above 1 without SciPy.

    >>> picture = np.arange(4.0).reshape(2, 2, 1)
    >>> apply_affine_transform(picture, tx=1, row_axis=0, col_axis=1, channel_axis=2)[..., 0]
    array([[1., 1.],
           [3., 3.]])
    """
    picture: Array = np.asarray(x)
    if picture.ndim != 3:
        raise ShapeError(
            "apply_affine_transform: expected one image of rank 3, received shape {shape}.",
            shape=picture.shape,
        )
    if {row_axis, col_axis, channel_axis} != {0, 1, 2} or channel_axis == 1:
        raise InvalidArgumentError(
            "apply_affine_transform: row_axis, col_axis and channel_axis must be 0, 1 and 2 in "
            "some order, channels first or last; received {row}, {column}, {channel}.",
            row=row_axis,
            column=col_axis,
            channel=channel_axis,
        )
    check_choice("apply_affine_transform", "fill_mode", fill_mode, FILL_MODES)
    try:
        matrix = transform_matrix(theta, tx, ty, shear, zx, zy)
    except TypeError as error:
        raise DTypeError(
            "apply_affine_transform: angles, shifts and zooms must be numbers, received {values}.",
            values=(theta, tx, ty, shear, zx, zy),
        ) from error
    if matrix is None:
        return picture
    matrix = about_centre(matrix, picture.shape[row_axis], picture.shape[col_axis])
    if col_axis > row_axis:
        # The matrix is written in (x, y); planes are indexed (y, x).
        matrix = matrix[[1, 0, 2]][:, [1, 0, 2]]
    planes = np.moveaxis(picture, channel_axis, 0)
    found = resample(planes, matrix[:2, :2], matrix[:2, 2], fill_mode, cval, order)
    return np.moveaxis(found, 0, channel_axis)


def resample(
    planes: Array, matrix: Array, offset: Array, mode: str, cval: float, order: int
) -> Array:
    """Each plane of (n, height, width) at ``matrix @ (row, column) + offset``; the same shape."""
    if order not in range(6):
        raise InvalidArgumentError(
            "apply_affine_transform: order must be an integer from 0 to 5, received {order!r}.",
            order=order,
        )
    if order > 1:
        return _splines(planes, matrix, offset, mode, cval, order)
    height, width = planes.shape[1:]
    rows, columns = np.arange(height)[:, None], np.arange(width)
    inside: Any = True
    corners = []
    for axis, size in enumerate((height, width)):
        place = matrix[axis, 0] * rows + (matrix[axis, 1] * columns + offset[axis])
        place, valid = _into(place, size, mode)
        inside = inside & valid
        low = np.floor(place + 0.5 if order == 0 else place)
        share = np.zeros_like(place) if order == 0 else place - low
        first = low.astype(np.int64)
        corners.append((_index(first, size, mode), _index(first + 1, size, mode), share))
    (top, bottom, down), (left, right, across) = corners
    source = planes.astype(np.float64, copy=False)
    if order == 0:
        found = source[:, top, left]
    else:
        found = source[:, top, left] * ((1 - down) * (1 - across))
        found += source[:, top, right] * ((1 - down) * across)
        found += source[:, bottom, left] * (down * (1 - across))
        found += source[:, bottom, right] * (down * across)
    if inside is not True:
        found = np.where(inside, found, cval)
    return _as(found, planes.dtype)


def _into(place: Array, size: int, mode: str) -> tuple[Array, Any]:
    """Coordinates brought near [0, size - 1], and which of them lie in the picture at all."""
    if mode == "constant":
        valid = (place >= 0) & (place <= size - 1)
        return np.where(valid, place, 0.0), valid
    if mode == "nearest" or size == 1:
        return np.clip(place, 0, size - 1), True
    if mode == "wrap":
        # The first and last pixel are the same place: the period is size - 1.
        outside = (place < 0) | (place > size - 1)
        return np.where(outside, np.mod(place, size - 1), place), True
    # Mirrored about the outer edge of the last pixel: the period is 2 * size.
    folded = np.mod(place + 0.5, 2 * size)
    return np.where(folded > size, 2 * size - folded, folded) - 0.5, True


def _index(index: Array, size: int, mode: str) -> Array:
    """Neighbours of a coordinate; at most one lies outside."""
    return np.clip(index, 0, size - 1)


def _as(values: Array, dtype: Any) -> Array:
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        values = np.clip(np.trunc(values + np.copysign(0.5, values)), info.min, info.max)
    return values.astype(dtype)


def _splines(
    planes: Array, matrix: Array, offset: Array, mode: str, cval: float, order: int
) -> Array:
    try:
        ndimage = importlib.import_module("scipy.ndimage")
    except ImportError:
        raise UnimplementedError(
            "interpolation_order={order}: Caudal itself has 0 (nearest) and 1 (linear); the "
            "splines of order 2 to 5 need SciPy: pip install scipy.",
            order=order,
        ) from None
    return np.stack(
        [
            ndimage.affine_transform(plane, matrix, offset, order=order, mode=mode, cval=cval)
            for plane in planes
        ]
    )
