"""ConvLSTMCell: one step of an LSTM whose products are convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import nn
from caudal.framework import convert_to_tensor, init_scope
from caudal.keras import activations
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.seeds import SeedGenerator
from caudal.keras.layers import arguments
from caudal.keras.layers.dense import known_last, to_compute_dtype
from caudal.keras.layers.dropout_masks import DropoutMasks
from caudal.keras.layers.noise import check_rate
from caudal.keras.layers.recurrence import split
from caudal.keras.layers.weight_arguments import add_named_weight, take_weight_arguments


class ConvLSTMCell(Layer):
    """``cell(inputs (batch, ..., channels), [h, c]) -> (h, [h, c])``; channels are last.

    Gates in the order i, f, c, o. Only the inputs' convolution has strides and dilation; the
    states' keeps their extents.
    """

    _config_names = (
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
        "activation",
        "recurrent_activation",
        "use_bias",
        "kernel_initializer",
        "recurrent_initializer",
        "bias_initializer",
        "unit_forget_bias",
        "kernel_regularizer",
        "recurrent_regularizer",
        "bias_regularizer",
        "kernel_constraint",
        "recurrent_constraint",
        "bias_constraint",
        "dropout",
        "recurrent_dropout",
        "seed",
    )

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        unit_forget_bias: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        *,
        weights: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rank = rank
        self.filters = arguments.positive(filters, "filters", f"ConvLSTM{rank}D")
        self.kernel_size = arguments.integers(kernel_size, rank, "kernel_size")
        self.strides = arguments.integers(strides, rank, "strides")
        self.padding = arguments.padding_name(padding)
        self.data_format = arguments.data_format(data_format)
        self.dilation_rate = arguments.integers(dilation_rate, rank, "dilation_rate")
        arguments.check_steps(f"ConvLSTM{rank}D", self.strides, self.dilation_rate)
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias, self.unit_forget_bias = use_bias, unit_forget_bias
        take_weight_arguments(self, **weights)
        self.dropout = check_rate(dropout)
        self.recurrent_dropout = check_rate(recurrent_dropout)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.dropout_masks = DropoutMasks()
        self.bias: Any = None

    @property
    def state_size(self) -> list[int]:
        """The channels of the two states."""
        return [self.filters, self.filters]

    def build(self, input_shape: Any) -> None:
        """Makes the kernels and the bias, the forget gate's bias 1 if asked for."""
        columns, add = 4 * self.filters, add_named_weight
        channels = known_last(self.name, input_shape)
        self.kernel = add(self, "kernel", (*self.kernel_size, channels, columns))
        shape = (*self.kernel_size, self.filters, columns)
        self.recurrent_kernel = add(self, "recurrent_kernel", shape, "recurrent")
        if not self.use_bias:
            return
        self.bias = add(self, "bias", (columns,))
        if self.unit_forget_bias:
            with init_scope():
                start = np.array(convert_to_tensor(self.bias.value))
                start[self.filters : 2 * self.filters] = 1
                self.bias.assign(start)

    def state_shape(self, space: Any) -> tuple[Any, ...]:
        """(..., filters): the extents of a state for those of an input, without the batch."""
        found = arguments.windowed(
            self.name, space, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        return (*found, self.filters)

    def project(self, inputs: Any, training: Any) -> Any:
        """What the inputs (batch, ..., channels) add to the gates."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        if training and self.dropout:
            x = self.dropout_masks.apply(x, self.dropout, self.seed_generator, "inputs")
        kernel = to_compute_dtype(self.kernel, self.compute_dtype)
        y = nn.convolution(
            x, kernel, self.strides, self.padding.upper(), dilations=self.dilation_rate
        )
        return y if self.bias is None else y + to_compute_dtype(self.bias, self.compute_dtype)

    def step(self, gates: Any, states: list[Any], training: Any) -> tuple[Any, list[Any]]:
        """The output ``h`` and the states ``[h, c]`` after projected inputs."""
        h, c = states
        if training and self.recurrent_dropout:
            rate, seeds = self.recurrent_dropout, self.seed_generator
            h = self.dropout_masks.apply(h, rate, seeds, "states")
        kernel = to_compute_dtype(self.recurrent_kernel, self.compute_dtype)
        i, f, g, o = split(gates + nn.convolution(h, kernel, padding="SAME"), 4)
        sigmoid = self.recurrent_activation
        c = sigmoid(f) * c + sigmoid(i) * self.activation(g)
        h = sigmoid(o) * self.activation(c)
        return h, [h, c]

    def call(self, inputs: Any, states: Any, training: Any = None) -> tuple[Any, list[Any]]:
        """One step."""
        return self.step(self.project(inputs, training), list(states), training)
