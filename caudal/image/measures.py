"""How alike two images are, and how they change from pixel to pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import cast_to, dims, scalar, unify
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.image.arguments import cut, image_of, stacked
from caudal.image.colours import convert_image_dtype
from caudal.ir.dtypes import float32
from caudal.math.reduce import reduce_mean, reduce_sum
from caudal.nn.convolution import depthwise_conv2d
from caudal.nn.pooling import avg_pool2d


def _two(what: str, a: Any, b: Any, max_val: Any) -> tuple[Any, Any, Any]:
    """Both images and the greatest value, as float32 on the scale [0, 1)."""
    x, y = unify(what, a, b)
    for image in (x, y):
        stacked(what, image)
    if dims(x)[-3:] != dims(y)[-3:]:
        raise ShapeError(
            "{what}: expected images of one size, received shapes {first} and {second}.",
            what=what,
            first=dims(x),
            second=dims(y),
        )
    most = convert_image_dtype(scalar(max_val, x), float32)
    return convert_image_dtype(x, float32), convert_image_dtype(y, float32), most


def psnr(a: Any, b: Any, max_val: Any, name: str | None = None) -> Any:
    """The peak signal-to-noise ratio in decibels: ``20 log10(max) - 10 log10(mse)``, per image."""
    x, y, most = _two("psnr", a, b, max_val)
    error = ops.sub(x, y)
    mse = reduce_mean(ops.mul(error, error), axis=[-3, -2, -1])
    decibel = 10 / math.log(10)
    peak = ops.mul(ops.log(most), scalar(2 * decibel, mse))
    return ops.sub(peak, ops.mul(ops.log(mse), scalar(decibel, mse)))


def _gauss(size: int, sigma: float) -> np.ndarray[Any, Any]:
    """A Gaussian window of sum 1."""
    x = np.arange(size, dtype=np.float32) - np.float32(size - 1) / 2
    logits = -(x * x) / (2 * sigma * sigma)
    window = np.exp(logits[:, None] + logits[None, :])
    return np.asarray(window / window.sum(), np.float32)


def _ssim_parts(
    x: Any, y: Any, most: Any, size: int, sigma: float, k1: float, k2: float
) -> tuple[Any, Any]:
    """The maps of SSIM and of its contrast part, [..., height, width, channels].

    Wang, Bovik, Sheikh and Simoncelli (2004), with Gaussian windows.
    """
    lead = dims(x)[:-3]
    x = ops.reshape(x, shape=(math.prod(lead), *dims(x)[-3:]))
    y = ops.reshape(y, shape=dims(x))
    count = dims(x)[-1]
    kernel = np.repeat(_gauss(size, sigma)[:, :, None, None], count, axis=2)

    def blur(image: Any) -> Any:
        return depthwise_conv2d(image, convert_to_tensor(kernel), [1, 1, 1, 1], "VALID")

    c1 = ops.mul(most, most)
    c1, c2 = ops.mul(c1, scalar(k1 * k1, c1)), ops.mul(c1, scalar(k2 * k2, c1))
    two = scalar(2, x)
    mean_x, mean_y = blur(x), blur(y)
    means = ops.mul(ops.mul(mean_x, mean_y), two)
    squares = ops.add(ops.mul(mean_x, mean_x), ops.mul(mean_y, mean_y))
    luminance = ops.div(ops.add(means, c1), ops.add(squares, c1))
    cross = ops.mul(blur(ops.mul(x, y)), two)
    energy = blur(ops.add(ops.mul(x, x), ops.mul(y, y)))
    contrast = ops.div(ops.add(ops.sub(cross, means), c2), ops.add(ops.sub(energy, squares), c2))
    whole = ops.mul(luminance, contrast)
    shape = (*lead, *dims(whole)[-3:])
    return ops.reshape(whole, shape=shape), ops.reshape(contrast, shape=shape)


def _fits(what: str, image: Any, size: int) -> None:
    if min(dims(image)[-3:-1]) < size:
        raise InvalidArgumentError(
            "{what}: expected images of at least {size} x {size} pixels (filter_size), received "
            "shape {shape}.",
            what=what,
            size=size,
            shape=dims(image),
        )


def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Any:
    """The structural similarity of images, at most 1, per image; or a map of it."""
    x, y, most = _two("ssim", img1, img2, max_val)
    _fits("ssim", x, filter_size)
    whole, _ = _ssim_parts(x, y, most, filter_size, filter_sigma, k1, k2)
    if return_index_map:
        return reduce_mean(whole, axis=[-1])
    return reduce_mean(reduce_mean(whole, axis=[-3, -2]), axis=[-1])


_MSSSIM = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Sequence[float] = _MSSSIM,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Any:
    """SSIM over several scales, each half the one before (Wang, Simoncelli and Bovik 2003)."""
    x, y, most = _two("ssim_multiscale", img1, img2, max_val)
    factors = []
    for level in range(len(power_factors)):
        if level:
            x, y = _half(x), _half(y)
        _fits("ssim_multiscale", x, filter_size)
        whole, contrast = _ssim_parts(x, y, most, filter_size, filter_sigma, k1, k2)
        part = whole if level == len(power_factors) - 1 else contrast
        mean = reduce_mean(part, axis=[-3, -2])
        factors.append(ops.maximum(mean, scalar(0, mean)))
    product: Any = None
    for factor, power in zip(factors, power_factors, strict=True):
        term = ops.pow(factor, scalar(power, factor))
        product = term if product is None else ops.mul(product, term)
    return reduce_mean(product, axis=[-1])


def _half(image: Any) -> Any:
    """Means of 2 x 2 pixels; an odd edge is mirrored first."""
    shape = dims(image)
    flat = ops.reshape(image, shape=(math.prod(shape[:-3]), *shape[-3:]))
    for axis in (1, 2):
        extent = dims(flat)[axis]
        if extent % 2:
            flat = ops.concat(flat, cut(flat, axis, extent - 1, 1), axis=axis)
    small = avg_pool2d(flat, 2, 2, "VALID")
    return ops.reshape(small, shape=(*shape[:-3], *dims(small)[1:]))


def _differences(image: Any, axis: int) -> Any:
    extent = dims(image)[axis]
    return ops.sub(cut(image, axis, 1, extent - 1), cut(image, axis, 0, extent - 1))


def total_variation(images: Any, name: str | None = None) -> Any:
    """The sum of the absolute differences between neighbouring pixels, per image."""
    x = image_of("total_variation", images)
    lead = len(x.shape) - 3
    axes = [lead, lead + 1, lead + 2]
    rows = reduce_sum(ops.abs(_differences(x, lead)), axis=axes)
    return ops.add(rows, reduce_sum(ops.abs(_differences(x, lead + 1)), axis=axes))


def image_gradients(image: Any) -> tuple[Any, Any]:
    """(dy, dx) of a batch of images: the next pixel less this one, 0 at the end."""
    x = image_of("image_gradients", image, ranks=(4,))
    found = []
    for axis in (1, 2):
        high = [0] * 4
        high[axis] = 1
        steps = _differences(x, axis)
        found.append(ops.pad(steps, low=(0,) * 4, high=tuple(high), interior=(0,) * 4, value=0.0))
    return found[0], found[1]


def sobel_edges(image: Any) -> Any:
    """Sobel's gradients, (dy, dx) in a new last axis; edges are mirrored."""
    from caudal.array.movement import pad

    x = cast_to(image_of("sobel_edges", image, ranks=(4,)), float32)
    down = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float32)
    count = dims(x)[-1]
    kernel = np.stack([down, down.T], -1)[:, :, None, :].repeat(count, axis=2)
    mirrored = pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT")
    found = depthwise_conv2d(mirrored, convert_to_tensor(kernel), [1, 1, 1, 1], "VALID")
    return ops.reshape(found, shape=(*dims(x), 2))
