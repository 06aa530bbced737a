"""LSTMCell: one step of a long short-term memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.framework import convert_to_tensor, init_scope
from caudal.keras import activations
from caudal.keras.layers.recurrence import split
from caudal.keras.layers.recurrent_cell import RecurrentCell
from caudal.keras.layers.recurrent_product import Product


class LSTMCell(RecurrentCell):
    """Input, forget and output gates around a carried state; gates in the order i, f, c, o.

    States: ``[h, c]``, (batch, units) each; the output is ``h``. Hochreiter and Schmidhuber,
    "Long short-term memory", 1997. ``unit_forget_bias`` starts the forget gate's bias at 1.
    """

    _gates, _states = 4, 2
    _config_names = (*RecurrentCell._config_names, "recurrent_activation", "unit_forget_bias")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation,
            use_bias,
            {
                "kernel_initializer": kernel_initializer,
                "recurrent_initializer": recurrent_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "recurrent_regularizer": recurrent_regularizer,
                "bias_regularizer": bias_regularizer,
                "kernel_constraint": kernel_constraint,
                "recurrent_constraint": recurrent_constraint,
                "bias_constraint": bias_constraint,
            },
            dropout,
            recurrent_dropout,
            seed,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def build(self, input_shape: Any) -> None:
        """Makes the weights; the forget gate's bias starts at 1 if asked for."""
        super().build(input_shape)
        if self.use_bias and self.unit_forget_bias:
            with init_scope():
                start = np.array(convert_to_tensor(self.bias.value))
                start[self.units : 2 * self.units] = 1
                self.bias.assign(start)

    def step(
        self, gates: Any, states: list[Any], training: Any, product: Product
    ) -> tuple[Any, list[Any]]:
        """The output ``h`` and the states ``[h, c]``."""
        h, c = states
        z = gates + product(self._thin(h, training))
        i, f, g, o = split(z, 4)
        sigmoid = self.recurrent_activation
        c = sigmoid(f) * c + sigmoid(i) * self.activation(g)
        h = sigmoid(o) * self.activation(c)
        return h, [h, c]
