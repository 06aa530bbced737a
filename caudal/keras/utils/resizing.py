"""Pictures of another size, in NumPy, with the filters of tf.image.resize; `smart_resize`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import ShapeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.keras.utils.image_utils import (
    check_choice,
    check_data_format,
    check_size,
    crop_box,
)

Array = np.ndarray[Any, Any]


def _triangle(x: Array) -> Array:
    found: Array = np.maximum(0, 1 - np.abs(x))
    return found


def _cubic(b: float, c: float) -> Callable[[Array], Array]:
    """The family of Mitchell and Netravali (1988), formula 8."""

    def kernel(x: Array) -> Array:
        x = np.abs(x)
        near = ((12 - 9 * b - 6 * c) * x + (-18 + 12 * b + 6 * c)) * x * x + 6 - 2 * b
        far = (((-b - 6 * c) * x + 6 * b + 30 * c) * x - 12 * b - 48 * c) * x + 8 * b + 24 * c
        return np.where(x < 1, near, np.where(x < 2, far, 0)) / 6

    return kernel


def _lanczos(radius: int) -> Callable[[Array], Array]:
    return lambda x: np.where(np.abs(x) < radius, np.sinc(x) * np.sinc(x / radius), 0)


def _gaussian(x: Array) -> Array:
    return np.exp(-x * x / (2 * 0.5**2))


_KERNELS: dict[str, tuple[float, Callable[[Array], Array]]] = {
    "bilinear": (1, _triangle),
    "bicubic": (2, _cubic(0, 0.5)),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
    "gaussian": (1.5, _gaussian),
    "mitchellcubic": (2, _cubic(1 / 3, 1 / 3)),
}
_BLURRING = ("gaussian", "mitchellcubic")
"""Methods that change a picture even where its size stays."""
_CUBIC_STEPS = 1024
"""TensorFlow tabulates the bicubic kernel at as many places between two pixels."""
RESIZE_METHODS = ("nearest", "area", *_KERNELS)


def _weights(method: str, size: int, new_size: int) -> Array:
    """(new_size, size): what each old pixel contributes to each new one; rows sum to 1."""
    step = size / new_size
    if method == "area":
        begin = np.arange(new_size)[:, None] * step
        old = np.arange(size)
        shared = np.minimum(begin + step, old + 1) - np.maximum(begin, old)
        weights = np.maximum(shared, 0)
    else:
        radius, kernel = _KERNELS[method]
        place = (np.arange(new_size)[:, None] + 0.5) * step - 0.5
        if method == "bicubic":
            place = np.round(place * _CUBIC_STEPS) / _CUBIC_STEPS
        distance = np.arange(size) - place
        weights = np.where(np.abs(distance) <= radius, kernel(distance), 0)
        if method == "bilinear":
            # Beyond the middle of the outermost pixel there is only that pixel.
            weights[distance[:, 0] > 0, 0] = 1
            weights[distance[:, -1] < 0, -1] = 1
    found: Array = weights / weights.sum(axis=1, keepdims=True)
    return found


def resize(x: Array, height: int, width: int, method: str) -> Array:
    """(..., height, width, channels) of another size; float32, except that "nearest" keeps the
    dtype. Pixel centres are half pixels in; no smoothing when it gets smaller, except by "area".
    """
    old_height, old_width = x.shape[-3:-1]
    if method == "nearest":
        rows = ((np.arange(height) + 0.5) * (old_height / height)).astype(np.int64)
        columns = ((np.arange(width) + 0.5) * (old_width / width)).astype(np.int64)
        return x[..., rows[:, None], columns, :]
    found = x.astype(np.float32)
    if (old_height, old_width) == (height, width) and method not in _BLURRING:
        return found
    vertical = _weights(method, old_height, height).astype(np.float32)
    horizontal = _weights(method, old_width, width).astype(np.float32)
    found = np.moveaxis(np.tensordot(vertical, found, (1, -3)), 0, -3)
    return np.moveaxis(np.tensordot(horizontal, found, (1, -2)), 0, -2)


def smart_resize(
    x: Any,
    size: Any,
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    backend_module: Any = None,
) -> Any:
    """Resized without distortion: the largest middle part of the new proportions is kept.

    Args:
        x: one picture (rank 3) or several (rank 4); an array or a tensor.
        size: (height, width).
        interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5",
            "gaussian" or "mitchellcubic".
        data_format: "channels_last" or "channels_first".
        backend_module: only for Keras's sake; there is one backend.

    Returns:
        An array for an array, a tensor for a tensor; float32, of the rank of ``x``.

    Raises:
        ShapeError: ``x`` is not of rank 3 or 4, or has no pixels.
        InvalidArgumentError: wrong ``size`` or ``interpolation``.

    >>> smart_resize(np.ones((4, 6, 1)), (2, 2)).shape
    (2, 2, 1)
    """
    doing = "smart_resize"
    height, width = check_size(doing, "size", size)
    check_choice(doing, "interpolation", interpolation, RESIZE_METHODS)
    check_data_format(doing, data_format)
    array = x.numpy() if isinstance(x, Tensor) else np.asarray(x)
    if array.ndim not in (3, 4) or not array.size:
        raise ShapeError(
            "smart_resize: expected one picture (rank 3) or a batch (rank 4), received shape "
            "{shape}.",
            shape=array.shape,
        )
    first = data_format == "channels_first"
    array = np.moveaxis(array, -3, -1) if first else array
    left, top, right, bottom = crop_box(array.shape[-3], array.shape[-2], height, width)
    array = resize(array[..., top:bottom, left:right, :], height, width, interpolation)
    array = np.moveaxis(array, -1, -3) if first else array
    return convert_to_tensor(array) if isinstance(x, Tensor) else array
