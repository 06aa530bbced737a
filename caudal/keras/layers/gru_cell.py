"""GRUCell: one step of a gated recurrent unit."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.framework import convert_to_tensor
from caudal.keras import activations
from caudal.keras.layers.recurrence import part, split
from caudal.keras.layers.recurrent_cell import RecurrentCell
from caudal.keras.layers.recurrent_product import Product, matmul


class GRUCell(RecurrentCell):
    """Update and reset gates; gates in the order z, r, h.

    ``reset_after``: the reset gate comes after the recurrent product, and the bias is
    (2, 3 * units); otherwise before it. Cho and others, "Learning phrase representations using
    RNN encoder-decoder", 2014.
    """

    _gates = 3
    _config_names = (*RecurrentCell._config_names, "recurrent_activation", "reset_after")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
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
        self.reset_after = reset_after

    def _bias_shape(self) -> tuple[int, ...]:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def _bias_row(self, row: int) -> Any:
        bias = convert_to_tensor(self.bias)
        return ops.reshape(part(bias, 0, row, row + 1), shape=(3 * self.units,))

    def _input_bias(self) -> Any:
        return self._bias_row(0) if self.reset_after else self.bias

    def product(self, state: Any) -> Any:
        """What a state adds to the gates, with ``reset_after``."""
        found = super().product(state)
        return found if self.bias is None else found + self._bias_row(1)

    def step(
        self, gates: Any, states: list[Any], training: Any, product: Product
    ) -> tuple[Any, list[Any]]:
        """The output, which is the state."""
        h = states[0]
        kept = self._thin(h, training)
        x_z, x_r, x_h = split(gates, 3)
        sigmoid, units = self.recurrent_activation, self.units
        if self.reset_after:
            u_z, u_r, u_h = split(product(kept), 3)
            candidate = sigmoid(x_r + u_r) * u_h
        else:
            kernel = convert_to_tensor(self.recurrent_kernel)
            u_z, u_r = split(matmul(kept, part(kernel, 1, 0, 2 * units)), 2)
            reset = sigmoid(x_r + u_r) * kept
            candidate = matmul(reset, part(kernel, 1, 2 * units, 3 * units))
        z = sigmoid(x_z + u_z)
        y = z * h + (1.0 - z) * self.activation(x_h + candidate)
        return y, [y]
