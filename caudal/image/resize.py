"""Images in other sizes: each axis is a weighted sum of neighbours, with weights known in advance.

A method is a table of sources and weights per output row; where it reads few rows they are
gathered and added, where it reads many the table is a matrix.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import cast_to, dims, static_ints
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.image.arguments import batched, cut, unbatched
from caudal.ir.dtypes import float32

Array = np.ndarray[Any, Any]
Table = tuple[Array, Array]
"""(sources, weights): int64 and float32 [rows, taps]."""


class ResizeMethod:
    """The names of the methods of `resize`."""

    AREA = "area"
    BICUBIC = "bicubic"
    BILINEAR = "bilinear"
    GAUSSIAN = "gaussian"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    MITCHELLCUBIC = "mitchellcubic"
    NEAREST_NEIGHBOR = "nearest"


_FEW = 4
"""Up to so many taps are gathered one by one."""


# --- kernels, each with its radius -------------------------------------------------------------


def _triangle(x: Array) -> Array:
    return np.asarray(np.maximum(0.0, 1 - np.abs(x)))


def _cubic(b: float, c: float) -> Callable[[Array], Array]:
    """The cubic filters of Mitchell and Netravali (1988)."""

    def kernel(x: Array) -> Array:
        x = np.abs(x)
        near = ((12 - 9 * b - 6 * c) * x + (-18 + 12 * b + 6 * c)) * x * x + (6 - 2 * b)
        far = (((-b - 6 * c) * x + (6 * b + 30 * c)) * x + (-12 * b - 48 * c)) * x
        far = far + (8 * b + 24 * c)
        return np.where(x < 1, near, np.where(x < 2, far, 0.0)) / 6

    return kernel


def _lanczos(radius: float) -> Callable[[Array], Array]:
    return lambda x: np.where(np.abs(x) < radius, np.sinc(x) * np.sinc(x / radius), 0.0)


def _gaussian(x: Array) -> Array:
    sigma = 0.5
    return np.where(np.abs(x) < 3 * sigma, np.exp(-(x * x) / (2 * sigma * sigma)), 0.0)


_KERNELS: dict[str, tuple[Callable[[Array], Array], float]] = {
    "bilinear": (_triangle, 1.0),
    "bicubic": (_cubic(0.0, 0.5), 2.0),
    "lanczos3": (_lanczos(3.0), 3.0),
    "lanczos5": (_lanczos(5.0), 5.0),
    "gaussian": (_gaussian, 1.5),
    "mitchellcubic": (_cubic(1 / 3, 1 / 3), 2.0),
}


# --- tables -------------------------------------------------------------------------------------


def _nearest_table(size: int, new: int) -> Table:
    centre = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * np.float32(size / new)
    return np.minimum(np.floor(centre).astype(np.int64), size - 1)[:, None], np.ones((new, 1))


def _bilinear_table(size: int, new: int) -> Table:
    scale = np.float32(size) / np.float32(new)
    at = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)
    below = np.floor(at)
    part = at - below
    low = np.maximum(below, 0).astype(np.int64)
    high = np.minimum(np.ceil(at), size - 1).astype(np.int64)
    return np.stack([low, high], 1), np.stack([1 - part, part], 1)


def _bicubic_table(size: int, new: int) -> Table:
    """Keys's kernel at steps of 1/1024, as TensorFlow tabulates it; none reads past an edge."""
    scale = np.float32(size) / np.float32(new)
    at = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)
    below = np.floor(at)
    part = np.rint((at - below) * 1024) / 1024
    sources = below.astype(np.int64)[:, None] + np.arange(-1, 3)
    weights = _KERNELS["bicubic"][0](part[:, None] - np.arange(-1, 3))
    weights = np.where((sources >= 0) & (sources < size), weights, 0.0)
    return np.clip(sources, 0, size - 1), weights / weights.sum(1, keepdims=True)


def _area_table(size: int, new: int) -> Table:
    """The share of each source row in the interval that an output row covers."""
    scale = size / new
    start = np.arange(new) * scale
    first = np.floor(start).astype(np.int64)
    taps = int(np.max(np.ceil(start + scale).astype(np.int64) - first))
    sources = first[:, None] + np.arange(max(1, taps))
    overlap = np.minimum(sources + 1, (start + scale)[:, None]) - np.maximum(
        sources, start[:, None]
    )
    return np.minimum(sources, size - 1), np.maximum(overlap, 0) / scale


def _scaled_table(size: int, new: int, method: str, antialias: bool) -> Table:
    """A kernel around each output's centre, as wide as the scale when images shrink."""
    kernel, radius = _KERNELS[method]
    inverse = size / new
    wide = max(inverse, 1.0) if antialias else 1.0
    centre = (np.arange(new) + 0.5) * inverse
    reach = radius * wide
    first = np.ceil(centre - reach - 0.5).astype(np.int64)
    taps = math.floor(2 * reach) + 2
    sources = first[:, None] + np.arange(taps)
    weights = kernel((sources + 0.5 - centre[:, None]) / wide)
    weights = np.where((sources >= 0) & (sources < size), weights, 0.0)
    total = weights.sum(1, keepdims=True)
    safe = np.abs(total) >= 1000 * np.finfo(np.float32).tiny
    weights = np.where(safe, weights / np.where(safe, total, 1.0), 0.0)
    used = np.flatnonzero(weights.any(0))
    keep = slice(used[0], used[-1] + 1) if used.size else slice(0, 1)
    return np.clip(sources, 0, size - 1)[:, keep], weights[:, keep]


@functools.lru_cache(maxsize=256)
def _table(size: int, new: int, method: str, antialias: bool) -> Table:
    if method == "nearest":
        return _nearest_table(size, new)
    if method == "area":
        return _area_table(size, new)
    if not antialias and method == "bilinear":
        return _bilinear_table(size, new)
    if not antialias and method == "bicubic":
        return _bicubic_table(size, new)
    return _scaled_table(size, new, method, antialias)


def _along(image: Any, axis: int, table: Table) -> Any:
    """The image with an axis replaced by the table's weighted sums."""
    sources, weights = table
    rows, taps = sources.shape
    if taps <= _FEW:
        shape = [1] * len(image.shape)
        shape[axis] = rows
        total: Any = None
        for tap in range(taps):
            part = ops.gather(image, convert_to_tensor(sources[:, tap]), axis=axis)
            share = convert_to_tensor(weights[:, tap].astype(np.float32).reshape(shape))
            part = ops.mul(part, share)
            total = part if total is None else ops.add(total, part)
        return total
    matrix = np.zeros((rows, dims(image)[axis]))
    np.add.at(matrix, (np.arange(rows)[:, None], sources), weights)
    moved = ops.dot_general(
        image,
        convert_to_tensor(matrix.astype(np.float32)),
        contract=((axis,), (1,)),
        batch=((), ()),
    )
    last = len(image.shape) - 1
    order = [*range(axis), last, *range(axis, last)]
    return ops.transpose(moved, perm=tuple(order))


def _method(method: Any) -> str:
    name = str(getattr(method, "value", method)).lower()
    names = [*_KERNELS, "nearest", "area"]
    if name not in names:
        raise InvalidArgumentError(
            "resize: expected a method of {known}, received {received!r}.",
            known=", ".join(sorted(names)),
            received=method,
        )
    return name


def _size(size: Any, what: str) -> tuple[int, int]:
    found = static_ints(size, what + ": size")
    if len(found) != 2 or min(found) < 1:
        raise InvalidArgumentError(
            "{what}: expected a size of two positive integers, (height, width), received "
            "{received}.",
            what=what,
            received=size,
        )
    return found[0], found[1]


def _keep_ratio(height: int, width: int, new: tuple[int, int]) -> tuple[int, int]:
    scale = min(new[0] / height, new[1] / width)
    return round(height * scale), round(width * scale)


def resize(
    images: Any,
    size: Any,
    method: Any = ResizeMethod.BILINEAR,
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Any:
    """The images in a new size, `(height, width)`.

    ``method``: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or
    "mitchellcubic". The result is float32, but "nearest" keeps the dtype. ``antialias`` widens
    the kernel where images shrink. ``preserve_aspect_ratio`` gives the largest size within
    ``size`` with the images' own ratio.

    >>> resize([[[0.0], [2.0]]], (1, 4)).numpy().ravel().tolist()
    [0.0, 0.5, 1.5, 2.0]
    """
    image, added = batched("resize", images)
    _, height, width, _ = dims(image)
    new = _size(size, "resize")
    kind = _method(method)
    if preserve_aspect_ratio:
        new = _keep_ratio(height, width, new)
    if not height or not width:
        raise InvalidArgumentError(
            "resize: expected images with at least one pixel, received shape {shape}.",
            shape=dims(image),
        )
    if kind == "nearest":
        for axis, (old, extent) in ((1, (height, new[0])), (2, (width, new[1]))):
            rows = convert_to_tensor(_table(old, extent, kind, False)[0][:, 0])
            image = ops.gather(image, rows, axis=axis)
        return unbatched(image, added)
    image = cast_to(image, float32)
    for axis, (old, extent) in ((1, (height, new[0])), (2, (width, new[1]))):
        image = _along(image, axis, _table(old, extent, kind, bool(antialias)))
    return unbatched(image, added)


# --- with padding or cropping -------------------------------------------------------------------


def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """The image in the midst of zeros: at an offset within a larger box."""
    x, added = batched("pad_to_bounding_box", image)
    _, height, width, _ = dims(x)
    top, left, new_height, new_width = static_ints(
        [offset_height, offset_width, target_height, target_width], "pad_to_bounding_box"
    )
    bottom, right = new_height - height - top, new_width - width - left
    if min(top, left, bottom, right) < 0:
        raise InvalidArgumentError(
            "pad_to_bounding_box: expected a box around the image of {height} x {width} at offset "
            "({top}, {left}), received {new_height} x {new_width}.",
            height=height,
            width=width,
            top=top,
            left=left,
            new_height=new_height,
            new_width=new_width,
        )
    low, high = (0, top, left, 0), (0, bottom, right, 0)
    padded = ops.pad(x, low=low, high=high, interior=(0, 0, 0, 0), value=0.0)
    return unbatched(padded, added)


def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Any:
    """The part of the image in a box: its upper left corner, then its extents."""
    x, added = batched("crop_to_bounding_box", image)
    _, height, width, _ = dims(x)
    top, left, new_height, new_width = static_ints(
        [offset_height, offset_width, target_height, target_width], "crop_to_bounding_box"
    )
    fits = top >= 0 and left >= 0 and top + new_height <= height and left + new_width <= width
    if not fits or new_height < 1 or new_width < 1:
        raise InvalidArgumentError(
            "crop_to_bounding_box: expected a box inside the image of {height} x {width}, received "
            "{new_height} x {new_width} at offset ({top}, {left}).",
            height=height,
            width=width,
            top=top,
            left=left,
            new_height=new_height,
            new_width=new_width,
        )
    return unbatched(cut(cut(x, 1, top, new_height), 2, left, new_width), added)


def resize_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Any:
    """The image's middle, cropped or padded with zeros to a size."""
    x, added = batched("resize_with_crop_or_pad", image)
    new = _size([target_height, target_width], "resize_with_crop_or_pad")
    for axis, extent in ((1, new[0]), (2, new[1])):
        size = dims(x)[axis]
        if extent < size:
            x = cut(x, axis, (size - extent) // 2, extent)
        elif extent > size:
            low, high = [0] * 4, [0] * 4
            low[axis] = (extent - size) // 2
            high[axis] = extent - size - low[axis]
            x = ops.pad(x, low=tuple(low), high=tuple(high), interior=(0,) * 4, value=0.0)
    return unbatched(x, added)


def resize_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: Any = ResizeMethod.BILINEAR,
    antialias: bool = False,
) -> Any:
    """The whole image in its own ratio, within a size, with zeros at two sides."""
    x, added = batched("resize_with_pad", image)
    _, height, width, _ = dims(x)
    new = _size([target_height, target_width], "resize_with_pad")
    ratio = max(width / new[1], height / new[0])
    inner = (math.floor(height / ratio), math.floor(width / ratio))
    inner = (max(1, inner[0]), max(1, inner[1]))
    x = resize(x, inner, method, antialias=antialias)
    top = max(0, math.floor((new[0] - height / ratio) / 2))
    left = max(0, math.floor((new[1] - width / ratio) / 2))
    return unbatched(pad_to_bounding_box(x, top, left, *new), added)


def central_crop(image: Any, central_fraction: Any) -> Any:
    """The middle of the image: a fraction of its height and width."""
    fraction = float(central_fraction)
    if not 0 < fraction <= 1:
        raise InvalidArgumentError(
            "central_crop: expected a fraction in (0, 1], received {received}.",
            received=central_fraction,
        )
    x, added = batched("central_crop", image)
    for axis in (1, 2):
        extent = dims(x)[axis]
        begin = int((extent - extent * fraction) / 2)
        x = cut(x, axis, begin, extent - 2 * begin)
    return unbatched(x, added)
