"""Convolutions, pooling, normalisation, pictures, losses and random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import image, math, nn, ops, random
from caudal.array.arguments import cast_to, dims, scalar, static_ints
from caudal.errors import UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import float32
from caudal.saved_model.registry import reads, writes


def _padding(call: Any) -> Any:
    kind = call.text("padding", "VALID")
    if kind != "EXPLICIT":
        return kind
    flat = call["explicit_paddings"]
    return [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]


def _spatial(call: Any, key: str) -> list[int]:
    """The middle of a list attribute with an entry for each axis."""
    values = list(call.get(key) or [])
    if not values:
        return [1, 1]
    channels_first = call.text("data_format", "NHWC").startswith("NC")
    return values[2:] if channels_first else values[1:-1]


@reads("Conv2D", "Conv3D")
def _conv(call: Any, x: Any, w: Any) -> Any:
    function = nn.conv2d if call.op == "Conv2D" else nn.conv3d
    layout = call.text("data_format", "NHWC" if call.op == "Conv2D" else "NDHWC")
    spread = _spatial(call, "dilations") if call.get("dilations") else None
    return function(x, w, _spatial(call, "strides"), _padding(call), layout, spread)


@reads("DepthwiseConv2dNative")
def _depthwise(call: Any, x: Any, w: Any) -> Any:
    layout = call.text("data_format", "NHWC")
    spread = _spatial(call, "dilations") if call.get("dilations") else None
    strides = list(call["strides"])
    return nn.depthwise_conv2d(x, w, strides, _padding(call), layout, spread)


@reads("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def _transposed(call: Any, sizes: Any, w: Any, x: Any) -> Any:
    flat = call.op == "Conv2DBackpropInput"
    function = nn.conv2d_transpose if flat else nn.conv3d_transpose
    layout = call.text("data_format", "NHWC" if flat else "NDHWC")
    spread = _spatial(call, "dilations") if call.get("dilations") else None
    wanted = static_ints(sizes, call.op)
    return function(x, w, wanted, _spatial(call, "strides"), _padding(call), layout, spread)


@writes("conv")
def _write_conv(w: Any, node: Any, x: Any, kernel: Any) -> Any:
    params, groups = node.params, node.params["groups"]
    rank = len(params["strides"])
    zero = np.zeros((), node.dtype.np_dtype)
    shape, window = node.shapes
    gaps = (0, *(d - 1 for d in params["lhs_dilation"]), 0)
    x = w.spread(x, shape, gaps, zero)
    depthwise = rank == 2 and groups == shape[-1] and len(set(params["strides"])) == 1
    dilation = params["rhs_dilation"]
    if rank == 3 or depthwise:
        kernel = w.spread(kernel, window, (*(d - 1 for d in dilation), 0, 0), zero)
        dilation = (1,) * rank
    pairs, strides = params["padding"], params["strides"]
    if rank == 1:
        one = w.const(np.int32(1))
        x = w.node("ExpandDims", x, one)
        kernel = w.node("ExpandDims", kernel, w.const(np.int32(0)))
        pairs, strides, dilation = ((0, 0), *pairs), (1, *strides), (1, *dilation)
    if rank == 3:
        x = w.pad(x, (0, *(low for low, _ in pairs), 0), (0, *(high for _, high in pairs), 0), zero)
        return _write_conv3d(w, node, x, kernel, strides, groups)
    named: dict[str, Any] = {"padding": "VALID"}
    if depthwise:
        # Its own explicit padding stops TensorFlow's shape inference.
        low, high = zip(*pairs, strict=True)
        x = w.pad(x, (0, *low, 0), (0, *high, 0), zero)
        spread = [(k - 1) * d + 1 for k, d in zip(window[:2], params["rhs_dilation"], strict=True)]
        kernel = w.reshape(kernel, (*spread, shape[-1], window[-1] // groups))
    elif any(pair != (0, 0) for pair in pairs):
        flat = [0, 0, *(entry for pair in pairs for entry in pair), 0, 0]
        named = {"padding": "EXPLICIT", "explicit_paddings": flat}
    found = w.node(
        "DepthwiseConv2dNative" if depthwise else "Conv2D",
        x,
        kernel,
        strides=[1, *strides, 1],
        dilations=[1, *dilation, 1],
        data_format="NHWC",
        **named,
    )
    return w.node("Squeeze", found, squeeze_dims=[1]) if rank == 1 else found


def _write_conv3d(w: Any, node: Any, x: Any, kernel: Any, strides: Any, groups: int) -> Any:
    """Conv3D has no groups: they are cut apart and joined."""

    def conv(data: Any, filters: Any) -> Any:
        return w.node(
            "Conv3D",
            data,
            filters,
            strides=[1, *strides, 1],
            padding="VALID",
            dilations=[1] * 5,
            data_format="NDHWC",
        )

    if groups == 1:
        return conv(x, kernel)
    four, parts = w.const(np.int32(4)), range(groups)
    inputs = w.split(x, 4, groups)
    filters = w.split(kernel, 4, groups)
    return w.node("ConcatV2", *(conv(inputs[i], filters[i]) for i in parts), four, N=groups)


# --- pooling ----------------------------------------------------------------------------------


@reads("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D")
def _pool(call: Any, x: Any) -> Any:
    flat = not call.op.endswith("3D")
    kind = "max_pool" if call.op.startswith("Max") else "avg_pool"
    function = getattr(nn, kind + ("2d" if flat else "3d"))
    layout = call.text("data_format", "NHWC" if flat else "NDHWC")
    return function(x, _spatial(call, "ksize"), _spatial(call, "strides"), _padding(call), layout)


@reads("MaxPoolV2")
def _pool_by_inputs(call: Any, x: Any, ksize: Any, strides: Any) -> Any:
    layout = call.text("data_format", "NHWC")
    sizes = static_ints(ksize, call.op), static_ints(strides, call.op)
    return nn.max_pool2d(x, *sizes, _padding(call), layout)


@writes("window_max", "window_min", "window_sum")
def _write_window(w: Any, node: Any, x: Any) -> Any:
    """A pool over the windowed axes; the others are one axis before them."""
    params, shape = node.params, node.shapes[0]
    window, strides, pairs = params["window"], params["strides"], params["padding"]
    if node.op == "window_sum" and not node.dtype.is_floating:
        raise w.unwritable(node, "of integers")
    axes = [i for i, k in enumerate(window) if (k, strides[i], pairs[i]) != (1, 1, (0, 0))]
    if len(axes) > 3:
        raise w.unwritable(node, f"over {len(axes)} axes")
    neutral: Any = 0 if node.op == "window_sum" else -np.inf
    if node.op != "window_sum" and not node.dtype.is_floating:
        neutral = node.dtype.min
    if node.op == "window_min":
        x = w.node("Neg", x)
    low, high = zip(*pairs, strict=True)
    x = w.pad(x, low, high, np.asarray(neutral, node.dtype.np_dtype))
    padded = [n + a + b for n, a, b in zip(shape, low, high, strict=True)]
    others = [i for i in range(len(shape)) if i not in axes]
    pooled = axes + [None] * (2 - len(axes))
    order = (*others, *axes)
    x = w.transpose(x, order)
    rows: Any = 1
    for i in others:
        rows = rows * padded[i]
    x = w.reshape(x, (rows, *(1 if i is None else padded[i] for i in pooled), 1))
    flat = "3D" if len(axes) == 3 else ""
    y = w.node(
        ("AvgPool" if node.op == "window_sum" else "MaxPool") + flat,
        x,
        ksize=[1, *(1 if i is None else window[i] for i in pooled), 1],
        strides=[1, *(1 if i is None else strides[i] for i in pooled), 1],
        padding="VALID",
        data_format="NDHWC" if flat else "NHWC",
    )
    if node.op == "window_min":
        y = w.node("Neg", y)
    if node.op == "window_sum":
        y = w.node("Mul", y, w.const(np.asarray(np.prod(window), node.dtype.np_dtype)))
    y = w.reshape(y, tuple(node.shape[i] for i in order))
    return w.transpose(y, tuple(order.index(i) for i in range(len(shape))))


# --- normalisation ----------------------------------------------------------------------------


@reads(
    "FusedBatchNorm",
    "FusedBatchNormV2",
    "FusedBatchNormV3",
    outputs=(
        "y",
        "batch_mean",
        "batch_variance",
        "reserve_space_1",
        "reserve_space_2",
        "reserve_space_3",
    ),
)
def _fused_batch_norm(call: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any) -> Any:
    first = call.text("data_format", "NHWC") == "NCHW"
    if first:
        x = ops.transpose(x, perm=(0, 2, 3, 1))
    if call.get("is_training", True):
        wide = cast_to(x, scale.dtype)
        mean, variance = nn.moments(wide, axes=[0, 1, 2])
    y = nn.batch_normalization(x, mean, variance, offset, scale, call.get("epsilon", 1e-4))
    if call.get("is_training", True):
        count = dims(x)[0] * dims(x)[1] * dims(x)[2]
        variance = ops.mul(variance, scalar(count / max(1, count - 1), variance))
    if first:
        y = ops.transpose(y, perm=(0, 3, 1, 2))
    return (y, mean, variance, mean, variance, convert_to_tensor(np.float32(0)))


@reads("LRN")
def _local_response(call: Any, x: Any) -> Any:
    keys = {"depth_radius": 5, "bias": 1.0, "alpha": 1.0, "beta": 0.5}
    given = {key: call.get(key, value) for key, value in keys.items()}
    return nn.local_response_normalization(x, **given)


# --- pictures ---------------------------------------------------------------------------------


@reads("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea")
def _resize(call: Any, x: Any, size: Any) -> Any:
    method = call.op.removeprefix("Resize").removesuffix("Neighbor").lower()
    wanted = static_ints(size, call.op)
    if call.get("half_pixel_centers", False) or method == "area":
        return image.resize(x, wanted, method=method)
    if method == "bicubic":
        raise UnimplementedError("ResizeBicubic: only half_pixel_centers=True is supported.")
    for axis, extent in ((1, wanted[0]), (2, wanted[1])):
        x = _resized_axis(x, axis, extent, bool(call.get("align_corners", False)), method)
    return x


def _resized_axis(x: Any, axis: int, extent: int, corners: bool, method: str) -> Any:
    """TensorFlow 1's way: pixels are points, and the first ones coincide."""
    old = dims(x)[axis]
    scale = (old - 1) / (extent - 1) if corners and extent > 1 else old / extent
    at = np.arange(extent) * np.float32(scale)
    if method == "nearest":
        near = np.floor(at + 0.5) if corners else np.floor(at)
        rows = np.minimum(near, old - 1).astype(np.int32)
        return ops.gather(x, convert_to_tensor(rows), axis=axis)
    low = np.minimum(np.floor(at), old - 1).astype(np.int32)
    high = np.minimum(low + 1, old - 1).astype(np.int32)
    weight = (at - low).astype(np.float32).reshape((extent,) + (1,) * (3 - axis))
    x = cast_to(x, float32)
    first = ops.gather(x, convert_to_tensor(low), axis=axis)
    second = ops.gather(x, convert_to_tensor(high), axis=axis)
    return ops.add(first, ops.mul(ops.sub(second, first), convert_to_tensor(weight)))


@reads("AdjustContrastv2")
def _adjust_contrast(call: Any, x: Any, factor: Any) -> Any:
    return image.adjust_contrast(x, factor)


# --- losses -----------------------------------------------------------------------------------


@reads("SoftmaxCrossEntropyWithLogits", outputs=("loss", "backprop"))
def _cross_entropy(call: Any, logits: Any, labels: Any) -> Any:
    loss = nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    return loss, ops.sub(math.softmax(logits), labels)


@reads("SparseSoftmaxCrossEntropyWithLogits", outputs=("loss", "backprop"))
def _sparse_cross_entropy(call: Any, logits: Any, labels: Any) -> Any:
    from caudal.array.create import one_hot

    loss = nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    hot = one_hot(labels, dims(logits)[-1], dtype=logits.dtype)
    return loss, ops.sub(math.softmax(logits), hot)


# --- random numbers ---------------------------------------------------------------------------


@reads("RandomUniform", "RandomStandardNormal", "TruncatedNormal")
def _random(call: Any, shape: Any) -> Any:
    """Caudal's own generator: the distribution is TensorFlow's, the numbers are not."""
    functions = {
        "RandomUniform": random.uniform,
        "RandomStandardNormal": random.normal,
        "TruncatedNormal": random.truncated_normal,
    }
    return functions[call.op](static_ints(shape, call.op), dtype=call.get("dtype", float32))


@reads("RandomUniformInt")
def _random_int(call: Any, shape: Any, low: Any, high: Any) -> Any:
    return random.uniform(static_ints(shape, call.op), low, high, dtype=low.dtype)
