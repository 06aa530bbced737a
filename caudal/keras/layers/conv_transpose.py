"""What the transposed convolutions share."""

from __future__ import annotations

from typing import Any

from caudal import nn
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.layers import arguments
from caudal.keras.layers.convolution import BaseConv
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.weight_arguments import add_named_weight


class BaseConvTranspose(BaseConv):
    """The gradient of a convolution as a layer: it makes images larger.

    The kernel has the shape ``(*kernel_size, filters, channels)``.
    """

    _config_names: tuple[str, ...] = (
        *(name for name in BaseConv._config_names if name != "groups"),
        "output_padding",
    )

    def __init__(self, rank: int, output_padding: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(rank, *args, **kwargs)
        self.output_padding = None
        if output_padding is not None:
            self.output_padding = arguments.integers(
                output_padding, rank, "output_padding", zero=True
            )
            if any(a >= b for a, b in zip(self.output_padding, self.strides, strict=True)):
                raise InvalidArgumentError(
                    "{kind}: the `output_padding` must be smaller than the strides. Received: "
                    "output_padding={padding}, strides={strides}.",
                    kind=type(self).__name__,
                    padding=self.output_padding,
                    strides=self.strides,
                )

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias."""
        axis = 1 if self._first else -1
        channels = input_shape[axis]
        if channels is None:
            raise ShapeError(
                "Layer {layer!r}: the number of input channels must be known, received {shape}.",
                layer=self.name,
                shape=input_shape,
            )
        shape = (*self.kernel_size, self.filters, channels)
        self.kernel = add_named_weight(self, "kernel", shape)
        if self.use_bias:
            self.bias = add_named_weight(self, "bias", (self.filters,))
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})

    def call(self, inputs: Any) -> Any:
        """The transposed convolution, the bias, the activation."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        y = nn.conv_transpose(
            x,
            self.kernel,
            self.compute_output_shape(tuple(x.shape)),
            self.strides,
            padding=self.padding.upper(),
            data_format=arguments.tensorflow_format(self.data_format, self.rank),
            dilations=self.dilation_rate,
        )
        return self.activation(self._with_bias(y))

    def _extent(self, extent: Any, axis: int) -> Any:
        """An output extent: the smallest whose convolution gives the input's, or as asked for."""
        if extent is None:
            return None
        step = self.strides[axis]
        reach = (self.kernel_size[axis] - 1) * self.dilation_rate[axis] + 1
        if self.output_padding is None:
            return extent * step + (max(reach - step, 0) if self.padding == "valid" else 0)
        cut = 2 * (reach // 2) if self.padding == "same" else 0
        return (extent - 1) * step + reach - cut + self.output_padding[axis]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The enlarged spatial extents, and ``filters`` channels."""
        batch, space, _ = arguments.split_shape(input_shape, self._first)
        space = tuple(self._extent(extent, axis) for axis, extent in enumerate(space))
        return arguments.join_shape(batch, space, self.filters, self._first)
