"""What the separable convolutions share."""

from __future__ import annotations

from typing import Any

from caudal import nn
from caudal.keras.layers.arguments import positive, tensorflow_format
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.depthwise import BaseDepthwise
from caudal.keras.layers.weight_arguments import add_named_weight


class BaseSeparable(BaseDepthwise):
    """A depthwise convolution, then one that mixes the channels."""

    _config_names = (
        "depth_multiplier",
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "activation",
        "use_bias",
        "depthwise_initializer",
        "pointwise_initializer",
        "bias_initializer",
        "depthwise_regularizer",
        "pointwise_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "depthwise_constraint",
        "pointwise_constraint",
        "bias_constraint",
    )

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters = positive(filters, "filters", type(self).__name__)
        self._take(
            kernel_size,
            strides,
            padding,
            depth_multiplier,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            depthwise_initializer=depthwise_initializer,
            depthwise_regularizer=depthwise_regularizer,
            depthwise_constraint=depthwise_constraint,
            pointwise_initializer=pointwise_initializer,
            pointwise_regularizer=pointwise_regularizer,
            pointwise_constraint=pointwise_constraint,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: Any) -> None:
        """Makes both kernels and the bias."""
        channels, window = self._channels(input_shape), self.kernel_size
        multiplier = self.depth_multiplier
        first = (*window, channels, multiplier)
        second = (*(1,) * len(window), channels * multiplier, self.filters)
        self.depthwise_kernel = add_named_weight(self, "depthwise_kernel", first, "depthwise")
        self.pointwise_kernel = add_named_weight(self, "pointwise_kernel", second, "pointwise")
        if self.use_bias:
            self.bias = add_named_weight(self, "bias", (self.filters,))

    def call(self, inputs: Any) -> Any:
        """Both convolutions, the bias, the activation."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        x = self._depthwise(x, self.depthwise_kernel)
        layout = tensorflow_format(self.data_format, self._rank)
        ones = (1,) * self._rank
        y = nn.convolution(x, self.pointwise_kernel, ones, "VALID", data_format=layout)
        return self._finish(y)

    def _output_channels(self, channels: Any) -> Any:
        return self.filters
