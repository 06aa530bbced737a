"""Gradients of convolutions as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, static_ints
from caudal.framework import GradientTape, convert_to_tensor
from caudal.nn.convolution import conv2d, depthwise_conv2d


def _pulled(function: Callable[[Any], Any], shape: Any, like: Any, upstream: Any) -> Any:
    """The gradient of a linear function at an argument of that shape."""
    zeros = convert_to_tensor(np.zeros(static_ints(shape, "shape"), like.dtype.np_dtype))
    with GradientTape() as tape:
        tape.watch(zeros)
        y = function(zeros)
    return tape.gradient(y, zeros, upstream)


def depthwise_conv2d_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """The gradient of `depthwise_conv2d` by an input of shape ``input_sizes``."""
    g = as_tensor(out_backprop)

    def run(x: Any) -> Any:
        return depthwise_conv2d(x, filter, strides, padding, data_format, list(dilations))

    return _pulled(run, input_sizes, g, g)


def depthwise_conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """The gradient of `depthwise_conv2d` by a filter of shape ``filter_sizes``."""
    g = as_tensor(out_backprop)

    def run(w: Any) -> Any:
        return depthwise_conv2d(input, w, strides, padding, data_format, list(dilations))

    return _pulled(run, filter_sizes, g, g)


def _given(padding: Any, explicit: Any) -> Any:
    if padding != "EXPLICIT":
        return padding
    numbers = static_ints(explicit, "explicit_paddings")
    return [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]


def conv2d_backprop_input_v2(
    input: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: str,
    use_cudnn_on_gpu: bool = True,
    explicit_paddings: Any = (),
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """The gradient of `conv2d` by an input of the shape of ``input``."""
    around = _given(padding, explicit_paddings)

    def run(x: Any) -> Any:
        return conv2d(x, filter, strides, around, data_format, list(dilations))

    return _pulled(run, dims(as_tensor(input)), as_tensor(out_backprop), as_tensor(out_backprop))


def conv2d_backprop_filter_v2(
    input: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: str,
    use_cudnn_on_gpu: bool = True,
    explicit_paddings: Any = (),
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """The gradient of `conv2d` by a filter of the shape of ``filter``."""
    around = _given(padding, explicit_paddings)

    def run(w: Any) -> Any:
        return conv2d(input, w, strides, around, data_format, list(dilations))

    return _pulled(run, dims(as_tensor(filter)), as_tensor(out_backprop), as_tensor(out_backprop))
