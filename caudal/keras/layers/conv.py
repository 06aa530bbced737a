"""What Conv1D, Conv2D and Conv3D share beyond other convolutions: their arguments."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.convolution import BaseConv
from caudal.keras.layers.low_rank import LowRank, great_weight


class Conv(LowRank, BaseConv):
    """A convolution (cross-correlation) over ``_rank`` spatial axes."""

    _rank: int
    kernel = great_weight("kernel")

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self._take_lora(kwargs)
        super().__init__(
            self._rank,
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            groups,
            activation,
            use_bias,
            {
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            activity_regularizer=activity_regularizer,
            **kwargs,
        )

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias, and the low-rank factors if asked for."""
        super().build(input_shape)
        self._enable_wanted_lora()
