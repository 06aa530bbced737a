"""What the depthwise and separable convolutions share."""

from __future__ import annotations

from typing import Any

from caudal import nn, ops
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras import activations
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.weight_arguments import take_weight_arguments


class BaseDepthwise(Layer):
    """A convolution of each channel with its own ``depth_multiplier`` filters."""

    _rank = 2

    def _take(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        depth_multiplier: int,
        data_format: str | None,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        **weights: Any,
    ) -> None:
        """Reads the arguments that all of them have."""
        rank, kind = self._rank, type(self).__name__
        self.depth_multiplier = arguments.positive(depth_multiplier, "depth_multiplier", kind)
        self.kernel_size = arguments.integers(kernel_size, rank, "kernel_size")
        self.strides = arguments.integers(strides, rank, "strides")
        self.dilation_rate = arguments.integers(dilation_rate, rank, "dilation_rate")
        self.padding = arguments.padding_name(padding, causal=rank == 1)
        self.data_format = arguments.data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.bias: Any = None
        take_weight_arguments(self, **weights)
        self.input_spec = InputSpec(ndim=rank + 2)

    @property
    def _first(self) -> bool:
        return self.data_format == "channels_first"

    def _channels(self, input_shape: Any) -> int:
        """The number of input channels, which must be known."""
        axis = 1 if self._first else -1
        channels = input_shape[axis]
        if channels is None:
            raise ShapeError(
                "Layer {layer!r}: the number of input channels must be known, received {shape}.",
                layer=self.name,
                shape=input_shape,
            )
        self.input_spec = InputSpec(min_ndim=self._rank + 2, axes={axis: channels})
        return int(channels)

    def _depthwise(self, x: Any, kernel: Any) -> Any:
        """The convolution channel by channel."""
        self._space(tuple(x.shape))
        kernel = convert_to_tensor(kernel)
        *window, channels, multiplier = tuple(kernel.shape)
        filters = ops.reshape(kernel, shape=(*window, 1, channels * multiplier))
        padding = self.padding.upper()
        if self.padding == "causal":
            x = arguments.pad_left(
                x, self.dilation_rate[0] * (self.kernel_size[0] - 1), self._first
            )
            padding = "VALID"
        return nn.convolution(
            x,
            filters,
            strides=self.strides,
            padding=padding,
            data_format=arguments.tensorflow_format(self.data_format, self._rank),
            dilations=self.dilation_rate,
        )

    def _finish(self, y: Any) -> Any:
        """Bias and activation."""
        if self.bias is not None:
            bias = to_compute_dtype(self.bias, self.compute_dtype)
            if self._first:
                bias = ops.reshape(bias, shape=(1, int(bias.shape[0]), *(1,) * self._rank))
            y = y + bias
        return self.activation(y)

    def _space(self, input_shape: Any) -> Any:
        """The spatial extents of the output."""
        space = arguments.split_shape(input_shape, self._first)[1]
        return arguments.windowed(
            self.name, space, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )

    def _output_channels(self, channels: Any) -> Any:
        return None if channels is None else channels * self.depth_multiplier

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The spatial extents after the window, and the output channels."""
        batch, _, channels = arguments.split_shape(input_shape, self._first)
        space = self._space(input_shape)
        return arguments.join_shape(batch, space, self._output_channels(channels), self._first)
