"""SimpleRNNCell: one step of a fully connected recurrence."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.recurrent_cell import RecurrentCell
from caudal.keras.layers.recurrent_product import Product


class SimpleRNNCell(RecurrentCell):
    """``activation(inputs @ kernel + bias + state @ recurrent_kernel)``; that is also the state."""

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
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

    def step(
        self, gates: Any, states: list[Any], training: Any, product: Product
    ) -> tuple[Any, list[Any]]:
        """The output, which is the state."""
        y = self.activation(gates + product(self._thin(states[0], training)))
        return y, [y]
