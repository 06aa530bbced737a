"""What the convolution layers share."""

from __future__ import annotations

from typing import Any

from caudal import nn, ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras import activations
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.weight_arguments import add_named_weight, take_weight_arguments


class BaseConv(Layer):
    """A convolution over ``rank`` spatial axes.

    The kernel has the shape ``(*kernel_size, channels // groups, filters)``.
    """

    _config_names: tuple[str, ...] = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "groups",
        "activation",
        "use_bias",
        "kernel_initializer",
        "bias_initializer",
        "kernel_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
    )

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str | None,
        dilation_rate: Any,
        groups: int,
        activation: Any,
        use_bias: bool,
        weights: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.rank = rank
        self.filters = arguments.positive(filters, "filters", kind)
        self.groups = arguments.positive(groups, "groups", kind)
        self.kernel_size = arguments.integers(kernel_size, rank, "kernel_size")
        self.strides = arguments.integers(strides, rank, "strides")
        self.dilation_rate = arguments.integers(dilation_rate, rank, "dilation_rate")
        self.padding = arguments.padding_name(padding, causal=rank == 1)
        self.data_format = arguments.data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        take_weight_arguments(self, **weights)
        self.bias: Any = None
        self.input_spec = InputSpec(ndim=rank + 2)
        self._check(kind)

    def _check(self, kind: str) -> None:
        if self.filters % self.groups:
            raise InvalidArgumentError(
                "{kind}: the number of filters must be divisible by the number of groups. "
                "Received: groups={groups}, filters={filters}.",
                kind=kind,
                groups=self.groups,
                filters=self.filters,
            )
        arguments.check_steps(kind, self.strides, self.dilation_rate)

    @property
    def _first(self) -> bool:
        return self.data_format == "channels_first"

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias."""
        axis = 1 if self._first else -1
        channels = input_shape[axis]
        if channels is None or channels % self.groups:
            raise ShapeError(
                "Layer {layer!r}: the number of input channels must be known and divisible by "
                "groups={groups}, received input shape {shape}.",
                layer=self.name,
                groups=self.groups,
                shape=input_shape,
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = add_named_weight(self, "kernel", shape)
        if self.use_bias:
            self.bias = add_named_weight(self, "bias", (self.filters,))
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={axis: channels})

    def call(self, inputs: Any) -> Any:
        """The convolution, the bias, the activation."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        self.compute_output_shape(tuple(x.shape))
        padding = self.padding.upper()
        if self.padding == "causal":
            x = arguments.pad_left(
                x, self.dilation_rate[0] * (self.kernel_size[0] - 1), self._first
            )
            padding = "VALID"
        y = nn.convolution(
            x,
            self.kernel,
            strides=self.strides,
            padding=padding,
            data_format=arguments.tensorflow_format(self.data_format, self.rank),
            dilations=self.dilation_rate,
        )
        return self.activation(self._with_bias(y))

    def _with_bias(self, y: Any) -> Any:
        if self.bias is None:
            return y
        if not self._first:
            return y + self.bias
        bias = to_compute_dtype(self.bias, self.compute_dtype)
        return y + ops.reshape(bias, shape=(1, self.filters, *(1,) * self.rank))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The spatial extents after the window, and ``filters`` channels."""
        batch, space, _ = arguments.split_shape(input_shape, self._first)
        space = arguments.windowed(
            self.name, space, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        return arguments.join_shape(batch, space, self.filters, self._first)
