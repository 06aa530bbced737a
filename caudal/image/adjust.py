"""Brightness, contrast, saturation, hue and gamma, by a given amount or a random one."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, scalar, static
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, is_symbolic
from caudal.image.arguments import channels, image_of, require_channels, stacked
from caudal.image.codecs import decode_jpeg, encode_jpeg
from caudal.image.colours import as_float, convert_image_dtype, hsv_to_rgb, rgb_to_hsv
from caudal.ir.dtypes import float32, int32
from caudal.math.reduce import reduce_mean, reduce_sum
from caudal.random import bits
from caudal.random.sampling import op_key


def _back(result: Any, image: Any) -> Any:
    return convert_image_dtype(result, image.dtype, saturate=True)


def _amount(value: Any, like: Any) -> Any:
    """A factor or shift in the image's dtype."""
    return cast_to(as_tensor(value), like.dtype)


def adjust_brightness(image: Any, delta: Any) -> Any:
    """The image plus ``delta``, on the scale [0, 1)."""
    x = as_tensor(image)
    wide = as_float(x)
    return _back(ops.add(wide, _amount(delta, wide)), x)


def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """The distance to each channel's mean, times a factor."""
    x = stacked("adjust_contrast", images)
    wide = as_float(x)
    mean = cast_to(reduce_mean(cast_to(wide, float32), axis=[-3, -2], keepdims=True), wide.dtype)
    moved = ops.mul(ops.sub(wide, mean), _amount(contrast_factor, wide))
    return _back(ops.add(moved, mean), x)


def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """``gain * image ** gamma`` on the scale [0, 1)."""
    x = as_tensor(image)
    for what, value in (("gamma", gamma),):
        known = None if isinstance(value, Tensor) and is_symbolic(value) else static(value, what)
        if known is not None and float(known) < 0:
            raise InvalidArgumentError(
                "adjust_gamma: expected gamma of 0 or more, received {received}.", received=value
            )
    wide = as_float(x)
    return _back(ops.mul(ops.pow(wide, _amount(gamma, wide)), _amount(gain, wide)), x)


def _in_hsv(what: str, image: Any, change: Any) -> Any:
    x = stacked(what, image)
    require_channels(what, x, 3)
    wide = as_float(x)
    hue, saturation, value = channels(rgb_to_hsv(cast_to(wide, float32)))
    parts = change(hue, saturation, value)
    result = hsv_to_rgb(ops.concat(*parts, axis=len(x.shape) - 1))
    return _back(cast_to(result, wide.dtype), x)


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Any:
    """The saturation in HSV, times a factor, at most 1."""

    def change(hue: Any, saturation: Any, value: Any) -> tuple[Any, ...]:
        scaled = ops.mul(saturation, _amount(saturation_factor, saturation))
        return hue, ops.minimum(ops.maximum(scaled, scalar(0, scaled)), scalar(1, scaled)), value

    return _in_hsv("adjust_saturation", image, change)


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """The hue turned by ``delta``, in [-1, 1]: 1 is the full circle."""
    known = None if isinstance(delta, Tensor) and is_symbolic(delta) else static(delta, "delta")
    if known is not None and not -1 <= float(known) <= 1:
        raise InvalidArgumentError(
            "adjust_hue: expected delta in [-1, 1], received {received}.", received=delta
        )

    def change(hue: Any, saturation: Any, value: Any) -> tuple[Any, ...]:
        turned = ops.add(hue, _amount(delta, hue))
        return ops.sub(turned, ops.floor(turned)), saturation, value

    return _in_hsv("adjust_hue", image, change)


def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Any:
    """The image after encoding as JPEG of a quality (0 to 100) and decoding; eager only."""
    x = image_of("adjust_jpeg_quality", image, ranks=(3,))
    quality = int(static(jpeg_quality, "adjust_jpeg_quality: jpeg_quality"))
    small = convert_image_dtype(x, "uint8", saturate=True)
    again = decode_jpeg(encode_jpeg(small, quality=quality), channels=dims(x)[-1])
    return convert_image_dtype(again, x.dtype, saturate=True)


def per_image_standardization(image: Any) -> Any:
    """Each image with mean 0 and variance 1; the deviation is at least ``1 / sqrt(elements)``."""
    x = stacked("per_image_standardization", image)
    if x.dtype.name != "float16":
        x = cast_to(x, float32)
    axes = [-3, -2, -1]
    count = 1
    for extent in dims(x)[-3:]:
        count *= extent
    wide = cast_to(x, float32)
    mean = reduce_mean(wide, axis=axes, keepdims=True)
    centred = ops.sub(wide, mean)
    variance = ops.div(
        reduce_sum(ops.mul(centred, centred), axis=axes, keepdims=True),
        scalar(max(1, count), centred),
    )
    least = scalar(max(1, count) ** -0.5, centred)
    return cast_to(ops.div(centred, ops.maximum(ops.sqrt(variance), least)), x.dtype)


# --- by a random amount --------------------------------------------------------------------------


def _span(what: str, lower: Any, upper: Any, least: float | None = 0.0) -> None:
    if upper <= lower or (least is not None and lower < least):
        raise InvalidArgumentError(
            "{what}: expected 0 <= lower < upper, received lower={lower} and upper={upper}.",
            what=what,
            lower=lower,
            upper=upper,
        )


def _delta_span(what: str, max_delta: Any, most: float | None = None) -> None:
    if max_delta < 0 or (most is not None and max_delta > most):
        raise InvalidArgumentError(
            "{what}: expected max_delta {range}, received {received}.",
            what=what,
            range="of 0 or more" if most is None else f"in [0, {most}]",
            received=max_delta,
        )


def _drawn(key: Any, low: Any, high: Any) -> Any:
    return bits.uniform_of(key, (), float32, float(low), float(high))


def random_brightness(image: Any, max_delta: Any, seed: Any = None) -> Any:
    """`adjust_brightness` by a number from [-max_delta, max_delta)."""
    _delta_span("random_brightness", max_delta)
    return adjust_brightness(image, _drawn(op_key(seed), -max_delta, max_delta))


def stateless_random_brightness(image: Any, max_delta: Any, seed: Any) -> Any:
    """`random_brightness` as a function of two seed integers."""
    _delta_span("stateless_random_brightness", max_delta)
    return adjust_brightness(image, _drawn(bits.key_of(seed), -max_delta, max_delta))


def random_contrast(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """`adjust_contrast` by a factor from [lower, upper)."""
    _span("random_contrast", lower, upper)
    return adjust_contrast(image, _drawn(op_key(seed), lower, upper))


def stateless_random_contrast(image: Any, lower: Any, upper: Any, seed: Any) -> Any:
    """`random_contrast` as a function of two seed integers."""
    _span("stateless_random_contrast", lower, upper)
    return adjust_contrast(image, _drawn(bits.key_of(seed), lower, upper))


def random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """`adjust_saturation` by a factor from [lower, upper)."""
    _span("random_saturation", lower, upper)
    return adjust_saturation(image, _drawn(op_key(seed), lower, upper))


def stateless_random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    """`random_saturation` as a function of two seed integers."""
    _span("stateless_random_saturation", lower, upper)
    return adjust_saturation(image, _drawn(bits.key_of(seed), lower, upper))


def random_hue(image: Any, max_delta: Any, seed: Any = None) -> Any:
    """`adjust_hue` by a number from [-max_delta, max_delta), at most 0.5."""
    _delta_span("random_hue", max_delta, 0.5)
    return adjust_hue(image, _drawn(op_key(seed), -max_delta, max_delta))


def stateless_random_hue(image: Any, max_delta: Any, seed: Any) -> Any:
    """`random_hue` as a function of two seed integers."""
    _delta_span("stateless_random_hue", max_delta, 0.5)
    return adjust_hue(image, _drawn(bits.key_of(seed), -max_delta, max_delta))


def _quality(what: str, low: Any, high: Any, key: Any) -> Any:
    if not 0 <= low < high <= 100:
        raise InvalidArgumentError(
            "{what}: expected 0 <= min_jpeg_quality < max_jpeg_quality <= 100, received {low} "
            "and {high}.",
            what=what,
            low=low,
            high=high,
        )
    return bits.uniform_of(key, (), int32, low, high)


def random_jpeg_quality(
    image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any = None
) -> Any:
    """`adjust_jpeg_quality` with a quality from [min, max)."""
    quality = _quality("random_jpeg_quality", min_jpeg_quality, max_jpeg_quality, op_key(seed))
    return adjust_jpeg_quality(image, quality)


def stateless_random_jpeg_quality(
    image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any
) -> Any:
    """`random_jpeg_quality` as a function of two seed integers."""
    key = bits.key_of(seed)
    what = "stateless_random_jpeg_quality"
    return adjust_jpeg_quality(image, _quality(what, min_jpeg_quality, max_jpeg_quality, key))
