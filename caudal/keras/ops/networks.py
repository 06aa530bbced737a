"""``keras.ops``: convolutions, poolings, normalizations, crossentropies, class encodings."""

from __future__ import annotations

import math as _math
from typing import Any

import numpy as np

from caudal import linalg, math, nn, ops
from caudal.array import movement
from caudal.array.arguments import axis_of, static_int
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.keras.engine.policy import floatx
from caudal.keras.layers import arguments
from caudal.keras.losses import probabilistic
from caudal.keras.ops.promotion import cast, cast_value, common, floating, tensor


def _dims(x: Any) -> tuple[int, ...]:
    return tuple(int(extent) for extent in x.shape)


def _space(what: str, x: Any) -> int:
    rank = len(x.shape) - 2
    if not 1 <= rank <= 3:
        raise ShapeError(
            "keras.ops.{what}: expected inputs of 3 to 5 axes, received shape {shape}.",
            what=what,
            shape=_dims(x),
        )
    return rank


def _format(data_format: str | None, rank: int) -> str:
    return arguments.tensorflow_format(arguments.data_format(data_format), rank)


# --- pooling and convolution ------------------------------------------------------------------


def _pool(
    what: str, inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: str | None
) -> Any:
    x = tensor(inputs)
    rank = _space(what, x)
    window = arguments.integers(pool_size, rank, "pool_size")
    steps = window if strides is None else arguments.integers(strides, rank, "strides")
    fold = nn.max_pool if what == "max_pool" else nn.avg_pool
    pad = arguments.padding_name(padding).upper()
    return fold(x, window, steps, pad, data_format=_format(data_format, rank))


def max_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The greatest element of each window, in 1 to 3 dimensions."""
    return _pool("max_pool", inputs, pool_size, strides, padding, data_format)


def average_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The mean of each window, in 1 to 3 dimensions; what lies outside does not count."""
    return _pool("average_pool", inputs, pool_size, strides, padding, data_format)


def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """The convolution with a kernel (window..., in / groups, out), in 1 to 3 dimensions."""
    x, w = (floating(value) for value in common(inputs, kernel))
    rank = _space("conv", x)
    return nn.convolution(
        x,
        w,
        strides=arguments.integers(strides, rank, "strides"),
        padding=arguments.padding_name(padding).upper(),
        data_format=_format(data_format, rank),
        dilations=arguments.integers(dilation_rate, rank, "dilation_rate"),
    )


def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """Each channel with its own kernels (window..., in, multiplier), in 1 or 2 dimensions."""
    w = tensor(kernel)
    *window, channels, multiplier = _dims(w)
    filters = movement.reshape(w, (*window, 1, channels * multiplier))
    return conv(inputs, filters, strides, padding, data_format, dilation_rate)


def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """`depthwise_conv`, then a convolution that mixes the channels."""
    apart = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(apart, pointwise_kernel, 1, "valid", data_format)


def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """The transposed convolution with a kernel (window..., out, in), in 1 to 3 dimensions.

    output_padding: how much longer the output is than the shortest that gives the input back.
    """
    x, w = (floating(value) for value in common(inputs, kernel))
    rank = _space("conv_transpose", x)
    more: Any = [None] * rank
    if output_padding is not None:
        more = arguments.integers(output_padding, rank, "output_padding", zero=True)
    steps = arguments.integers(strides, rank, "strides")
    spread = arguments.integers(dilation_rate, rank, "dilation_rate")
    pad = arguments.padding_name(padding)
    first = arguments.data_format(data_format) == "channels_first"
    batch, space, _ = arguments.split_shape(_dims(x), first)
    wide = []
    for extent, step, size, gap, extra in zip(
        *(space, steps, _dims(w)[:rank], spread, more), strict=True
    ):
        reach = (size - 1) * gap + 1
        if extra is None:
            wide.append(extent * step + (max(reach - step, 0) if pad == "valid" else 0))
        else:
            wide.append((extent - 1) * step + (reach if pad == "valid" else reach % 2) + extra)
    shape = arguments.join_shape(batch, tuple(wide), _dims(w)[-2], first)
    return nn.conv_transpose(
        x, w, shape, steps, pad.upper(), _format(data_format, rank), dilations=spread
    )


# --- normalization ----------------------------------------------------------------------------


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Any:
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``, vectors lying along ``axis``."""
    x = floating(x)
    shape = [1] * len(x.shape)
    shape[axis] = -1

    def wide(value: Any) -> Any:
        return movement.reshape(cast_value(value, x.dtype), shape)

    factor = ops.rsqrt(wide(variance) + float(epsilon))
    factor = factor if scale is None else factor * wide(scale)
    y = (x - wide(mean)) * factor
    return y if offset is None else y + wide(offset)


def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Any:
    """Mean 0 and variance 1 over ``axis``, then ``* gamma + beta``."""
    if kwargs.pop("rms_scaling", False):
        return rms_normalization(x, gamma, axis, epsilon)
    if kwargs:
        raise InvalidArgumentError(
            "keras.ops.layer_normalization: unrecognized keyword arguments {names}.",
            names=sorted(kwargs),
        )
    x = floating(x)
    mean, variance = nn.moments(x, axis, keepdims=True)
    y = (x - mean) * ops.rsqrt(variance + float(1e-7 if epsilon is None else epsilon))
    y = y if gamma is None else y * _along(gamma, x, axis)
    return y if beta is None else y + _along(beta, x, axis)


def _along(value: Any, x: Any, axis: Any) -> Any:
    rank = len(x.shape)
    places = {one % rank for one in ([axis] if isinstance(axis, int) else axis)}
    shape = [n if i in places else 1 for i, n in enumerate(_dims(x))]
    return movement.reshape(cast_value(value, x.dtype), shape)


def rms_normalization(
    x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Any:
    """``x / sqrt(mean(x**2) + epsilon) * scale``."""
    x = floating(x)
    mean = math.reduce_mean(ops.mul(x, x), axis=axis, keepdims=True)
    y = x * ops.rsqrt(mean + float(1e-7 if epsilon is None else epsilon))
    return y if scale is None else y * _along(scale, x, axis)


# --- losses -----------------------------------------------------------------------------------


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """``-log`` of the probability of each label 0 or 1, element by element."""
    y = floating(output)
    t = cast_value(target, y.dtype)
    if _dims(t) != _dims(y):
        raise ShapeError(
            "keras.ops.binary_crossentropy: `target` and `output` must have the same shape, "
            "received {target} and {output}.",
            target=_dims(t),
            output=_dims(y),
        )
    if from_logits:
        return nn.sigmoid_cross_entropy_with_logits(t, y)
    y = math.clip_by_value(y, 1e-7, 1.0 - 1e-7)
    return -(t * ops.log(y) + (1.0 - t) * ops.log(1.0 - y))


def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """``-sum(target * log(output))`` along an axis."""
    y = floating(output)
    return probabilistic.categorical_crossentropy(
        cast_value(target, y.dtype), y, from_logits=from_logits, axis=axis
    )


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """``-log(output[target])`` of integer classes."""
    return probabilistic.sparse_categorical_crossentropy(
        tensor(target), floating(output), from_logits=from_logits, axis=axis
    )


def gelu(x: Any, approximate: bool = True) -> Any:
    """``x * P(X <= x)`` for a standard normal X; with tanh unless ``approximate`` is False."""
    return nn.gelu(floating(x), approximate=approximate)


# --- classes and channels ---------------------------------------------------------------------


def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    """1 at the place of each class and 0 elsewhere; a class below 0 gives zeros.

    >>> one_hot([1, 0], 2).numpy().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if sparse:
        raise UnimplementedError("keras.ops.one_hot: sparse=True is not implemented.")
    ids = tensor(x)
    rank = len(ids.shape) + 1
    num_classes = static_int(num_classes, "keras.ops.one_hot: num_classes")
    place = axis_of(axis, rank, "keras.ops.one_hot")
    if not ids.dtype.is_integer:
        ids = cast(ids, "int32")
    classes = np.arange(num_classes, dtype=ids.dtype.np_dtype)
    classes = classes.reshape([-1 if i == place else 1 for i in range(rank)])
    mask = ops.equal(movement.expand_dims(ids, place), convert_to_tensor(classes))
    return cast(mask, dtype or floatx())


def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Any:
    """1 at the places of all classes of each row.

    The classes lie along ``axis`` of the one-hot tensor, of which the second axis is then left out
    (the first of a vector's).
    """
    classes = kwargs.pop("num_tokens", num_classes)
    if kwargs or classes is None:
        raise InvalidArgumentError(
            "keras.ops.multi_hot: expected `num_classes`, received {names}.", names=sorted(kwargs)
        )
    ids = tensor(inputs)
    over = 1 if len(ids.shape) > 1 else 0
    found = one_hot(ids, classes, axis, dtype, sparse)
    together = math.reduce_any if found.dtype.name == "bool" else math.reduce_max
    return together(found, axis=over)


def _check_block(name: str, size: Any) -> None:
    if not isinstance(size, int) or size < 2:
        raise InvalidArgumentError(
            "keras.ops.{name}: `block_size` must be an integer of at least 2, received {size!r}.",
            name=name,
            size=size,
        )


def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Channels laid out as blocks of space."""
    _check_block("depth_to_space", block_size)
    return movement.depth_to_space(tensor(x), block_size, _format(data_format, 2))


def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Blocks of space laid out as channels."""
    _check_block("space_to_depth", block_size)
    return movement.space_to_depth(tensor(x), block_size, _format(data_format, 2))


def psnr(x1: Any, x2: Any, max_val: float) -> Any:
    """The peak signal-to-noise ratio in decibels."""
    x, y = (floating(value) for value in common(x1, x2))
    if _dims(x) != _dims(y):
        raise ShapeError(
            "keras.ops.psnr: the shapes {x1} and {x2} must be the same.", x1=_dims(x), x2=_dims(y)
        )
    error = math.reduce_mean(math.square(x - y))
    return (2.0 * _math.log(max_val) - ops.log(error)) * (10.0 / _math.log(10.0))


def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """``softmax(query key^T * scale + bias) value``, on (batch, time, heads, features).

    ``mask``: bool, (batch, heads, queries, keys), true where a key is seen. Fewer heads of keys
    than of queries are shared by groups of them.
    """
    if flash_attention:
        raise UnimplementedError("keras.ops.dot_product_attention: there is no flash attention.")
    q, k, v = (floating(x) for x in common(query, key, value))
    if not len(q.shape) == len(k.shape) == len(v.shape) == 4:
        raise ShapeError(
            "`dot_product_attention` only supports 4D inputs. Received: query.shape={query}, "
            "key.shape={key}, value.shape={value}.",
            query=_dims(q),
            key=_dims(k),
            value=_dims(v),
        )
    if _dims(k)[2] != _dims(q)[2]:
        groups = _dims(q)[2] // _dims(k)[2]
        k, v = (movement.repeat(x, groups, axis=2) for x in (k, v))
    factor = 1.0 / _math.sqrt(_dims(q)[-1]) if scale is None else float(scale)
    logits = linalg.einsum("bthd,bshd->bhts", q, k)
    if logits.dtype.size < 4:
        # Weights of narrow floats are found in float32.
        logits = cast(logits, "float32")
    logits = logits * factor
    if attn_logits_soft_cap is not None:
        logits = ops.tanh(logits / float(attn_logits_soft_cap)) * float(attn_logits_soft_cap)
    if bias is not None:
        logits = logits + cast_value(bias, logits.dtype)
    seen = None if mask is None else cast_value(mask, "bool")
    if is_causal:
        steps = convert_to_tensor(np.tri(*_dims(logits)[-2:], dtype=bool))
        seen = steps if seen is None else ops.bit_and(seen, steps)
    if seen is not None:
        low = cast_value(0.7 * logits.dtype.min, logits.dtype)
        logits = ops.select(seen, logits, low)
    return linalg.einsum("bhts,bshd->bthd", cast(nn.softmax(logits), k.dtype), v)
