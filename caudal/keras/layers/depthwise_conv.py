"""What the depthwise convolutions share."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.depthwise import BaseDepthwise
from caudal.keras.layers.weight_arguments import add_named_weight


class BaseDepthwiseConv(BaseDepthwise):
    """A convolution that does not mix channels."""

    _config_names = (
        "depth_multiplier",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "activation",
        "use_bias",
        "depthwise_initializer",
        "bias_initializer",
        "depthwise_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "depthwise_constraint",
        "bias_constraint",
    )

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
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
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            bias_constraint=bias_constraint,
        )

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias."""
        channels = self._channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = add_named_weight(self, "kernel", shape, role="depthwise")
        if self.use_bias:
            self.bias = add_named_weight(self, "bias", (channels * self.depth_multiplier,))

    def call(self, inputs: Any) -> Any:
        """The convolution, the bias, the activation."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        return self._finish(self._depthwise(x, self.kernel))
