"""Convolutions and their transposes, in 1 to 3 spatial axes, NHWC or NCHW, HWIO kernels."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import dims, floating, static_ints, unify
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.nn.geometry import (
    batched,
    channels_first,
    padding_pairs,
    spatial,
    to_first,
    to_last,
)


def _groups(what: str, shape: tuple[int, ...], filters: tuple[int, ...]) -> int:
    """How often the filters' input channels go into the input's."""
    channels, depth = shape[-1], filters[-2]
    groups, rest = divmod(channels, depth) if depth else (0, 1)
    if rest or not groups or filters[-1] % groups:
        raise ShapeError(
            "{what}: expected an input with {depth} channels (or a multiple that divides the "
            "filters), received shape {shape} and filters {filters}.",
            what=what,
            depth=depth,
            shape=shape,
            filters=filters,
        )
    return groups


def _convolve(
    what: str,
    rank: int,
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
) -> Any:
    x, w = unify(what, input, filters)
    floating(what, x)
    if len(w.shape) != rank + 2:
        raise ShapeError(
            "{what}: expected filters of {rank} axes (space, input, output channels), received "
            "shape {received}.",
            what=what,
            rank=rank + 2,
            received=dims(w),
        )
    first = channels_first(data_format, rank, what)
    if first:
        x = to_last(x)
    x, lead = batched(x, rank, what)
    step = spatial(strides, rank, what + ": strides", first=first)
    spread = spatial(dilations, rank, what + ": dilations", first=first)
    window = dims(w)[:rank]
    pairs = padding_pairs(padding, dims(x)[1:-1], window, step, spread, what, first=first)
    y = ops.conv(
        x,
        w,
        strides=step,
        padding=pairs,
        lhs_dilation=(1,) * rank,
        rhs_dilation=spread,
        groups=_groups(what, dims(x), dims(w)),
    )
    if len(lead) > 1:
        y = ops.reshape(y, shape=lead + dims(y)[1:])
    return to_first(y) if first else y


def conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Input ``[batch, width, in]``, filters ``[width, in, out]``."""
    return _convolve("conv1d", 1, input, filters, stride, padding, data_format, dilations)


def conv2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Input ``[batch, height, width, in]``, filters ``[height, width, in, out]``.

    Filters with fewer input channels than the input convolve in groups.

    Args:
        strides, dilations: a number, ``[height, width]`` or ``[1, height, width, 1]``.
        padding: "SAME", "VALID", or a pair (before, after) per axis.
    """
    return _convolve("conv2d", 2, input, filters, strides, padding, data_format, dilations)


def conv3d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Input ``[batch, depth, height, width, in]``, filters ``[depth, height, width, in, out]``."""
    return _convolve("conv3d", 3, input, filters, strides, padding, data_format, dilations)


def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """`conv1d`, `conv2d` or `conv3d`, by the filters' number of axes."""
    rank = len(floating("convolution", filters).shape) - 2
    if not 1 <= rank <= 3:
        raise ShapeError(
            "convolution: expected filters of 3 to 5 axes, received {rank}.", rank=rank + 2
        )
    return _convolve("convolution", rank, input, filters, strides, padding, data_format, dilations)


def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Each input channel with its own filters: ``[height, width, in, multiplier]``.

    Output channel ``c * multiplier + m`` comes from input channel c.
    """
    _, w = unify("depthwise_conv2d", input, filter)
    height, width, channels, multiplier = dims(w)
    w = ops.reshape(w, shape=(height, width, 1, channels * multiplier))
    return _convolve("depthwise_conv2d", 2, input, w, strides, padding, data_format, dilations)


def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """`depthwise_conv2d`, then a 1 x 1 convolution that mixes the channels."""
    spread = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return _convolve("separable_conv2d", 2, spread, pointwise_filter, 1, "VALID", data_format, None)


def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: Any, name: str | None = None
) -> Any:
    """`conv2d` with holes: a dilation of ``rate``."""
    return conv2d(value, filters, 1, padding, dilations=rate)


# --- transposed -------------------------------------------------------------------------------


def _output_shape(
    what: str, given: Any, shape: tuple[int, ...], filters: tuple[int, ...], first: bool
) -> tuple[int, ...]:
    """The whole output shape, channels last, of the whole one or of the spatial extents."""
    wanted = static_ints(given, what + ": output_shape")
    if len(wanted) == len(shape) - 2:
        return (shape[0], *wanted, filters[-2])
    return (wanted[0], *wanted[2:], wanted[1]) if first else wanted


def _transposed(
    what: str,
    rank: int,
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
) -> Any:
    """The gradient of a convolution of ``output_shape`` that gives the input's shape."""
    x, w = unify(what, input, filters)
    floating(what, x)
    first = channels_first(data_format, rank, what)
    if first:
        x = to_last(x)
    wanted = _output_shape(what, output_shape, dims(x), dims(w), first)
    step = spatial(strides, rank, what + ": strides", first=first)
    spread = spatial(dilations, rank, what + ": dilations", first=first)
    window = dims(w)[:rank]
    forward = padding_pairs(padding, wanted[1:-1], window, step, spread, what, first=first)
    small = tuple(
        (n + low + high - (k - 1) * d - 1) // s + 1
        for n, (low, high), k, s, d in zip(wanted[1:-1], forward, window, step, spread, strict=True)
    )
    if small != dims(x)[1:-1] or dims(x)[-1] != dims(w)[-1] or wanted[-1] != dims(w)[-2]:
        raise InvalidArgumentError(
            "{what}: the output shape {wanted} does not belong to an input of shape {shape} and "
            "filters {filters} (space, output, input channels) with strides {strides} and "
            "padding {padding}.",
            what=what,
            wanted=wanted,
            shape=dims(x),
            filters=dims(w),
            strides=step,
            padding=padding,
        )
    pairs = tuple(
        ((k - 1) * d - low, big - (n - 1) * s - 1 + low)
        for n, big, (low, _), k, s, d in zip(
            small, wanted[1:-1], forward, window, step, spread, strict=True
        )
    )
    space = tuple(range(rank))
    kernel = ops.transpose(ops.reverse(w, axes=space), perm=(*space, rank + 1, rank))
    y = ops.conv(
        x,
        kernel,
        strides=(1,) * rank,
        padding=pairs,
        lhs_dilation=step,
        rhs_dilation=spread,
        groups=1,
    )
    return to_first(y) if first else y


def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `conv1d`; filters ``[width, out, in]``."""
    return _transposed(
        "conv1d_transpose",
        1,
        input,
        filters,
        output_shape,
        strides,
        padding,
        data_format,
        dilations,
    )


def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `conv2d`; filters ``[height, width, out, in]``."""
    return _transposed(
        "conv2d_transpose",
        2,
        input,
        filters,
        output_shape,
        strides,
        padding,
        data_format,
        dilations,
    )


def conv3d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `conv3d`; filters ``[depth, height, width, out, in]``."""
    return _transposed(
        "conv3d_transpose",
        3,
        input,
        filters,
        output_shape,
        strides,
        padding,
        data_format,
        dilations,
    )


def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transposed convolution for 1 to 3 spatial axes, by the filters' number of axes."""
    rank = len(floating("conv_transpose", filters).shape) - 2
    if not 1 <= rank <= 3:
        raise ShapeError(
            "conv_transpose: expected filters of 3 to 5 axes, received {rank}.", rank=rank + 2
        )
    return _transposed(
        "conv_transpose",
        rank,
        input,
        filters,
        output_shape,
        strides,
        padding,
        data_format,
        dilations,
    )
