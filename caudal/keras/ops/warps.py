"""``keras.ops.image``: images seen askew, pulled about at random, scaled and moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import linalg, math, ops
from caudal.array import indexing, movement
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras import random
from caudal.keras.ops import networks
from caudal.keras.ops.image import _dims as dims
from caudal.keras.ops.image import affine_transform, batched, check_warp, unbatched
from caudal.keras.ops.pictures import inside
from caudal.keras.ops.promotion import cast, cast_value, floating, tensor
from caudal.keras.ops.resampling import KERNELS
from caudal.keras.ops.shapes import moveaxis

_TRIANGLE = ("linear", "bilinear", "trilinear", "triangle")
METHODS = (*_TRIANGLE, "cubic", "bicubic", "tricubic", "lanczos3", "lanczos5")


# --- perspective ------------------------------------------------------------------------------


def homography(start_points: Any, end_points: Any) -> Any:
    """The 8 numbers (n, 8) of the projection that takes each end point to its start point.

    The points: (n, 4, 2) or (4, 2), (x, y) each. Two equations for each pair of points
    (Hartley and Zisserman, "Multiple View Geometry", 4.1).
    """
    start, end = (floating(points) for points in (start_points, end_points))
    for name, points in (("start_points", start), ("end_points", end)):
        if len(points.shape) not in (2, 3) or dims(points)[-2:] != (4, 2):
            raise ShapeError(
                "perspective_transform: `{name}` must have shape (4, 2) or (n, 4, 2), received "
                "{shape}.",
                name=name,
                shape=dims(points),
            )
    start, end = (movement.reshape(points, (-1, 4, 2)) for points in (start, end))
    # Half precision has no solver, and too few digits for a projection.
    wide = start.dtype if start.dtype.name == "float64" else "float32"
    start, end = cast(start, wide), cast(end, wide)
    one, none = end[..., :1] * 0.0 + 1.0, end * 0.0
    rows = []
    for axis in range(2):
        place = start[..., axis : axis + 1]
        own = ops.concat(end, one, axis=2)
        blank = ops.concat(none, one * 0.0, axis=2)
        left = (own, blank) if axis == 0 else (blank, own)
        rows.append(ops.concat(*left, end * (-place), axis=2))
    solved = linalg.solve(
        ops.concat(*rows, axis=1), ops.concat(start[..., :1], start[..., 1:], axis=1)
    )
    return movement.reshape(solved, (-1, 8))


def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Any:
    """Images in which four points have moved from ``start_points`` to ``end_points``.

    images: (height, width, channels) or a batch; the points: (4, 2) or (batch, 4, 2), as (x, y).
    What lies outside of the image is ``fill_value``.

    >>> square = [[0, 0], [1, 0], [0, 1], [1, 1]]
    >>> moved = [[1, 0], [2, 0], [1, 1], [2, 1]]
    >>> perspective_transform([[[1.0], [2.0], [3.0]]], square, moved).numpy().ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    check_warp("perspective_transform", interpolation, "constant")
    numbers = homography(start_points, end_points)
    return affine_transform(
        images, numbers, interpolation, "constant", fill_value, data_format=data_format
    )


# --- elastic ----------------------------------------------------------------------------------


def elastic_transform(
    images: Any,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Any:
    """Images whose pixels are pulled about by smooth random fields (Simard et al., 2003).

    A pixel moves by ``alpha`` times normal numbers of deviation ``sigma`` smoothed by a Gauss
    kernel of ``sigma``; the moves are drawn for each image.
    """
    check_warp("elastic_transform", interpolation, fill_mode)
    reach = 3 * int(sigma)
    rest = (interpolation, fill_mode, fill_value, seed, data_format)
    return pulled(images, alpha, sigma, reach, *rest)


def pulled(
    images: Any,
    alpha: Any,
    sigma: Any,
    reach: int,
    interpolation: str,
    fill_mode: str,
    fill_value: float,
    seed: Any,
    data_format: str | None,
) -> Any:
    """`elastic_transform` for an ``alpha`` and a ``sigma`` that only the run knows.

    reach: the most that three whole deviations can be, which bounds the kernel.
    """
    x, alone, first = batched("elastic_transform", images, data_format)
    own, x = x.dtype, floating(x)
    shape = dims(x)[:3]
    places = []
    # One seed, one draw: Keras moves rows and columns by the same field.
    drawn = random.normal(shape, dtype=x.dtype, seed=seed)
    field = _smoothed(drawn * cast_value(sigma, x.dtype), sigma, reach)
    for axis in (1, 2):
        line = np.arange(shape[axis], dtype=x.dtype.np_dtype)
        line = line.reshape([-1 if at == axis else 1 for at in range(3)])
        places.append(field * cast_value(alpha, x.dtype) + line)
    found = _between(x, places, interpolation, fill_mode, fill_value)
    return unbatched(cast(found, own), alone, first)


def _smoothed(field: Any, sigma: Any, reach: int) -> Any:
    """A field (batch, height, width) after a Gauss kernel along each axis; outside are zeros."""
    away = np.arange(-reach, reach + 1, dtype=field.dtype.np_dtype)
    width = cast_value(sigma, field.dtype)
    line = ops.exp((cast_value(away, field.dtype) / width) ** 2 * -0.5)
    limit = math.floor(width) * 3.0
    line = ops.select(limit >= np.abs(away), line, cast_value(0, line.dtype))
    line = line / math.reduce_sum(line)
    x = movement.expand_dims(field, -1)
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        x = networks.conv(x, movement.reshape(line, shape), 1, "same", "channels_last")
    return movement.squeeze(x, [-1])


def _between(x: Any, places: list[Any], interpolation: str, mode: str, fill: float) -> Any:
    """The pixels (b, h, w, c) at rows and columns (b, i, j); places are brought in one by one."""
    count, *extents = dims(x)[:3]
    which = np.arange(count, dtype="int32").reshape(-1, 1, 1)
    which = movement.broadcast_to(cast_value(which, "int32"), dims(places[0]))

    def pick(corner: list[Any]) -> Any:
        inner = [inside(place, n, mode) for place, n in zip(corner, extents, strict=True)]
        found = indexing.gather_nd(x, movement.stack([which, *inner], axis=-1))
        if mode != "constant":
            return found
        seen = ops.bit_and(*(ops.equal(a, b) for a, b in zip(corner, inner, strict=True)))
        return ops.select(movement.expand_dims(seen, -1), found, cast_value(fill, x.dtype))

    if interpolation == "nearest":
        return pick([cast(ops.round(place), "int32") for place in places])
    low = [math.floor(place) for place in places]
    down, right = (movement.expand_dims(a - b, -1) for a, b in zip(places, low, strict=True))
    top, left = (cast(place, "int32") for place in low)
    upper = pick([top, left]) * (1.0 - right) + pick([top, left + 1]) * right
    lower = pick([top + 1, left]) * (1.0 - right) + pick([top + 1, left + 1]) * right
    return upper * (1.0 - down) + lower * down


# --- scale and translate ----------------------------------------------------------------------


def scale_and_translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    antialias: bool = True,
) -> Any:
    """An array whose place x along each of ``spatial_dims`` comes to ``x * scale + translation``.

    scale, translation: one number for each spatial axis. method: "linear", "cubic", "lanczos3",
    "lanczos5" or their other names. A pixel's middle is half a pixel from its edge; what comes
    from outside is 0. ``antialias`` widens the kernel where the image shrinks.

    >>> x = np.arange(3, dtype="float32").reshape(1, 3)
    >>> scale_and_translate(x, (1, 5), [2.0], [-0.5], (1,), "linear").numpy().tolist()
    [[0.0, 0.5, 1.0, 1.5, 2.0]]
    """
    if method not in METHODS:
        raise InvalidArgumentError(
            "scale_and_translate: `method` must be one of {known}, received {method!r}.",
            known=METHODS,
            method=method,
        )
    x = tensor(images)
    axes = [int(axis) % len(x.shape) for axis in spatial_dims]
    factors, shifts = floating(scale), floating(translation)
    if len(output_shape) != len(x.shape) or dims(factors) != dims(shifts) != (len(axes),):
        raise ShapeError(
            "scale_and_translate: `output_shape` must have {rank} extents, `scale` and "
            "`translation` {count} numbers, received {shape}, {scale} and {translation}.",
            rank=len(x.shape),
            count=len(axes),
            shape=tuple(output_shape),
            scale=dims(factors),
            translation=dims(shifts),
        )
    y = floating(x)
    for at, axis in enumerate(axes):
        rest = (factors[at], shifts[at], method, antialias)
        matrix = cast(_moved(dims(x)[axis], int(output_shape[axis]), *rest), y.dtype)
        y = moveaxis(linalg.tensordot(y, matrix, axes=[[axis], [0]]), -1, axis)
    if x.dtype.is_floating or not axes:
        return y if axes else x
    ends = [cast(fold(x), y.dtype) for fold in (math.reduce_min, math.reduce_max)]
    return cast(math.clip_by_value(math.round(y), *ends), x.dtype)


def _moved(old: int, new: int, scale: Any, shift: Any, method: str, antialias: bool) -> Any:
    """The matrix (old, new) that resamples one axis."""
    kind = scale.dtype
    inverse = 1.0 / scale
    middle = np.arange(new, dtype=kind.np_dtype) + 0.5
    places = inverse * middle - cast(shift, kind) * inverse - 0.5
    away = movement.expand_dims(places, 0) - np.arange(old, dtype=kind.np_dtype)[:, None]
    away = math.abs(away)
    if antialias:
        away = away / math.maximum(inverse, cast_value(1, kind))
    name = "bilinear" if method in _TRIANGLE else method
    weights = KERNELS["bicubic" if name.endswith("cubic") else name](away)
    total = math.reduce_sum(weights, axis=0, keepdims=True)
    zero = cast_value(0, kind)
    known = math.abs(total) > 1000.0 * float(np.finfo(np.float32).eps)
    weights = ops.select(known, weights / ops.select(known, total, zero + 1.0), zero)
    within = math.logical_and(places >= -0.5, places <= old - 0.5)
    return ops.select(movement.expand_dims(within, 0), weights, zero)
