"""SimpleRNN: a fully connected recurrence over a sequence."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.recurrent_layer import RecurrentLayer
from caudal.keras.layers.simple_rnn_cell import SimpleRNNCell


class SimpleRNN(RecurrentLayer):
    """A fully connected recurrence: the output is fed back.

    Input ``(batch, time, n)``; output ``(batch, units)``, or ``(batch, time, units)`` with
    ``return_sequences``. The arguments of the loop are those of `RNN`.

    >>> import numpy as np
    >>> SimpleRNN(4)(np.ones((2, 3, 5), "float32")).shape
    TensorShape([2, 4])
    """

    _config_names = RecurrentLayer.names(SimpleRNNCell, without="seed")

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        cell = SimpleRNNCell(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            name="simple_rnn_cell",
            **self.for_cell(kwargs),
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
