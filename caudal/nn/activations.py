"""Activation functions, softmax, dropout and normalisation."""

from __future__ import annotations

import math as _math
from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    axes_of,
    axis_of,
    cast_to,
    dims,
    floating,
    keep,
    numeric,
    scalar,
    static,
    unify,
)
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import is_symbolic, stop_gradient
from caudal.ir.dtypes import float32
from caudal.math.elementwise import log_sigmoid, sigmoid, softplus, softsign, tanh
from caudal.math.reduce import reduce_mean
from caudal.math.softmax import log_softmax, softmax

__all__ = [
    "batch_normalization",
    "bias_add",
    "crelu",
    "dropout",
    "elu",
    "gelu",
    "l2_loss",
    "leaky_relu",
    "local_response_normalization",
    "log_sigmoid",
    "log_softmax",
    "moments",
    "normalize_moments",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "sufficient_statistics",
    "swish",
    "tanh",
    "weighted_moments",
]

# Klambauer and others, "Self-Normalizing Neural Networks", 2017, section 2.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def relu(features: Any, name: str | None = None) -> Any:
    """``max(x, 0)``; its derivative at 0 is 0, and NaN stays NaN.

    >>> relu([-1.0, 2.0]).numpy().tolist()
    [0.0, 2.0]
    """
    x = numeric("relu", features)
    zero = scalar(0, x)
    # Not maximum: that one's derivative at a tie belongs to x.
    return ops.select(ops.less_equal(x, zero), zero, x)


def relu6(features: Any, name: str | None = None) -> Any:
    """``min(max(x, 0), 6)``; the derivative is 0 at both ends."""
    x = numeric("relu6", features)
    six = scalar(6, x)
    return ops.select(ops.greater_equal(x, six), six, relu(x))


def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> Any:
    """``x`` above 0, ``alpha * x`` below."""
    x = as_tensor(features)
    if x.dtype.is_integer:
        x = ops.cast(x, dtype=float32)
    return ops.select(ops.greater(x, scalar(0, x)), x, ops.mul(x, as_tensor(alpha, x.dtype)))


def elu(features: Any, name: str | None = None) -> Any:
    """``x`` above 0, ``exp(x) - 1`` below."""
    x = floating("elu", features, complex_too=False)
    zero = scalar(0, x)
    # exp never sees a large x, so that no inf * 0 enters the derivative.
    return ops.select(ops.greater(x, zero), x, ops.expm1(ops.minimum(x, zero)))


def selu(features: Any, name: str | None = None) -> Any:
    """The self-normalising `elu`: scaled by 1.0507, its lower branch by 1.7581."""
    x = floating("selu", features, complex_too=False)
    zero = scalar(0, x)
    lower = ops.mul(ops.expm1(ops.minimum(x, zero)), scalar(_SELU_SCALE * _SELU_ALPHA, x))
    return ops.select(ops.greater_equal(x, zero), ops.mul(x, scalar(_SELU_SCALE, x)), lower)


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """``x * P(X <= x)`` for a standard normal X; ``approximate`` uses tanh.

    Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, section 2.
    """
    x = floating("gelu", features, complex_too=False)
    half, one = scalar(0.5, x), scalar(1, x)
    if approximate:
        cube = ops.mul(ops.mul(ops.mul(x, x), x), scalar(0.044715, x))
        inner = ops.tanh(ops.mul(ops.add(x, cube), scalar(_math.sqrt(2 / _math.pi), x)))
    else:
        inner = ops.erf(ops.mul(x, scalar(_math.sqrt(0.5), x)))
    return ops.mul(ops.mul(x, half), ops.add(inner, one))


def silu(features: Any, beta: Any = 1.0) -> Any:
    """``x * sigmoid(beta * x)``, also called swish."""
    x = floating("silu", features, complex_too=False)
    plain = isinstance(beta, int | float) and beta == 1
    inner = x if plain else ops.mul(x, as_tensor(beta, x.dtype))
    return ops.mul(x, ops.sigmoid(inner))


swish = silu


def crelu(features: Any, axis: Any = -1, name: str | None = None) -> Any:
    """``relu(x)`` and ``relu(-x)`` side by side along an axis."""
    x = numeric("crelu", features)
    place = axis_of(axis, len(x.shape), "crelu")
    return relu(ops.concat(x, ops.neg(x), axis=place))


def l2_loss(t: Any, name: str | None = None) -> Any:
    """Half the sum of squares."""
    x = floating("l2_loss", t, complex_too=False)
    total = ops.reduce_sum(ops.mul(x, x), axes=tuple(range(len(x.shape))))
    return ops.mul(total, scalar(0.5, x))


def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    """A vector added along the channels: the last axis, or axis 1 for "NC…"."""
    x, b = unify("bias_add", value, bias)
    first = (data_format or "N...C").startswith("NC")
    channels = dims(x)[1 if first else -1] if len(x.shape) > 1 else -1
    if dims(b) != (channels,):
        raise ShapeError(
            "bias_add: expected a bias of {channels} elements, received shape {received}.",
            channels=channels,
            received=dims(b),
        )
    if first:
        b = ops.reshape(b, shape=(channels,) + (1,) * (len(x.shape) - 2))
    return ops.add(x, b)


def noise_extents(x: Any, noise_shape: Any) -> tuple[int, ...]:
    """The shape of a mask for ``x``; ``None`` entries mean x's extent."""
    shape = dims(x)
    if noise_shape is None:
        return shape
    given = noise_shape if isinstance(noise_shape, list | tuple) else static(noise_shape, "x")
    return tuple(
        shape[i] if entry is None else int(static(entry, "dropout: noise_shape"))
        for i, entry in enumerate(given)
    )


def dropped(x: Any, rate: Any, mask: Callable[[], Any]) -> Any:
    """What a mask keeps of ``x``, scaled by ``1 / (1 - rate)``; zeros elsewhere."""
    if not is_symbolic(as_tensor(rate)):
        known = float(static(rate, "dropout: rate"))
        if not 0 <= known < 1:
            raise InvalidArgumentError(
                "dropout: expected a rate from 0 to below 1, received {rate}.", rate=known
            )
        if known == 0:
            return x
    left = ops.sub(scalar(1, x), cast_to(as_tensor(rate), x.dtype))
    return ops.select(mask(), ops.div(x, left), scalar(0, x))


def dropout(
    x: Any, rate: Any, noise_shape: Any = None, seed: Any = None, name: str | None = None
) -> Any:
    """Zeros with probability ``rate``; what is left is scaled by ``1 / (1 - rate)``.

    ``noise_shape``: the shape of the mask, which broadcasts; ``None`` entries mean x's extent.
    """
    from caudal.random.sampling import keep_mask

    x = floating("dropout", x, complex_too=False)
    return dropped(x, rate, lambda: keep_mask(noise_extents(x, noise_shape), rate, seed))


# --- normalisation ----------------------------------------------------------------------------


def moments(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Any]:
    """The mean and the (population) variance along axes; 16-bit floats add up in float32.

    >>> [float(m) for m in moments([1.0, 3.0], [0])]
    [2.0, 1.0]
    """
    x = floating("moments", x)
    kind = x.dtype
    if kind.size == 2:
        x = ops.cast(x, dtype=float32)
    mean = reduce_mean(x, axes, keepdims=True)
    # The variance is stationary in the mean: no derivative needs to go through it.
    distance = ops.sub(x, stop_gradient(mean))
    variance = reduce_mean(ops.mul(distance, distance), axes, keepdims=keepdims)
    if not keepdims:
        mean = ops.reshape(mean, shape=dims(variance))
    return cast_to(mean, kind), cast_to(variance, kind)


def weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Any]:
    """The mean and variance along axes, each element counted as often as its weight says."""
    x = floating("weighted_moments", x)
    weights = ops.broadcast_to(cast_to(as_tensor(frequency_weights), x.dtype), shape=dims(x))
    places = axes_of(axes, len(x.shape), "weighted_moments")

    def total(value: Any) -> Any:
        return keep(ops.reduce_sum(value, axes=places), dims(x), places)

    count = total(weights)
    mean = ops.div(total(ops.mul(weights, x)), count)
    distance = ops.sub(x, mean)
    variance = ops.div(total(ops.mul(weights, ops.mul(distance, distance))), count)
    if keepdims:
        return mean, variance
    shape = tuple(n for i, n in enumerate(dims(x)) if i not in places)
    return ops.reshape(mean, shape=shape), ops.reshape(variance, shape=shape)


def sufficient_statistics(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Any, Any, Any, Any]:
    """(count, sum, sum of squares, shift) of ``x - shift`` along axes."""
    x = floating("sufficient_statistics", x)
    places = axes_of(axes, len(x.shape), "sufficient_statistics")
    count = _math.prod(dims(x)[i] for i in places)
    if shift is not None:
        shift = as_tensor(shift, x.dtype)
        x = ops.sub(x, shift)
    sums = [ops.reduce_sum(value, axes=places) for value in (x, ops.mul(x, x))]
    if keepdims:
        sums = [keep(value, dims(x), places) for value in sums]
    return scalar(count, x), sums[0], sums[1], shift


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Any, Any]:
    """The mean and variance of what `sufficient_statistics` returns."""
    divisor = ops.div(scalar(1, as_tensor(counts)), as_tensor(counts))
    inner = ops.mul(as_tensor(mean_ss), divisor)
    mean = inner if shift is None else ops.add(inner, as_tensor(shift))
    return mean, ops.sub(ops.mul(as_tensor(variance_ss), divisor), ops.mul(inner, inner))


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: float,
    name: str | None = None,
) -> Any:
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``."""
    x = floating("batch_normalization", x)
    variance = as_tensor(variance)
    factor = ops.rsqrt(ops.add(variance, as_tensor(variance_epsilon, variance.dtype)))
    if scale is not None:
        factor = ops.mul(factor, as_tensor(scale))
    shift = ops.mul(as_tensor(mean), factor)
    rest = ops.neg(shift) if offset is None else ops.sub(as_tensor(offset), shift)
    return ops.add(ops.mul(x, cast_to(factor, x.dtype)), cast_to(rest, x.dtype))


def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Any:
    """``x / (bias + alpha * sum of the neighbouring channels' squares) ** beta``.

    Krizhevsky and others, "ImageNet Classification with Deep CNNs", 2012, section 3.3.
    """
    x = floating("local_response_normalization", input, complex_too=False)
    rank = len(x.shape)
    window = (1,) * (rank - 1) + (2 * depth_radius + 1,)
    padding = ((0, 0),) * (rank - 1) + ((depth_radius, depth_radius),)
    total = ops.window_sum(ops.mul(x, x), window=window, strides=(1,) * rank, padding=padding)
    base = ops.add(ops.mul(total, scalar(alpha, x)), scalar(bias, x))
    return ops.div(x, ops.sqrt(base) if beta == 0.5 else ops.pow(base, scalar(beta, x)))


def batch_norm_with_global_normalization(
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: Any,
    scale_after_normalization: bool,
    name: str | None = None,
) -> Any:
    """`batch_normalization`, scaled by ``gamma`` only with ``scale_after_normalization``."""
    scale = gamma if scale_after_normalization else None
    return batch_normalization(input, mean, variance, beta, scale, variance_epsilon)
