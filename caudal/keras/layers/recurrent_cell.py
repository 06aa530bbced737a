"""What the cells of SimpleRNN, LSTM and GRU share."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import ShapeError, UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras import activations
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.seeds import SeedGenerator
from caudal.keras.layers.arguments import positive
from caudal.keras.layers.dense import known_last, to_compute_dtype
from caudal.keras.layers.dropout_masks import DropoutMasks
from caudal.keras.layers.noise import check_rate
from caudal.keras.layers.recurrent_product import Product, matmul
from caudal.keras.layers.weight_arguments import add_named_weight, take_weight_arguments


class RecurrentCell(Layer):
    """One step: ``cell(inputs (batch, n), states) -> (output (batch, units), states)``.

    ``kernel`` (n, gates * units), ``recurrent_kernel`` (units, gates * units) and ``bias``. A
    step is `project`, which `run` does for all steps at once, and `step`.
    """

    _gates = 1
    _states = 1
    _config_names: tuple[str, ...] = (
        "units",
        "activation",
        "use_bias",
        "kernel_initializer",
        "recurrent_initializer",
        "bias_initializer",
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
        units: int,
        activation: Any,
        use_bias: bool,
        weights: dict[str, Any],
        dropout: float,
        recurrent_dropout: float,
        seed: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive(units, "units", type(self).__name__)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        take_weight_arguments(self, **weights)
        self.dropout = check_rate(dropout)
        self.recurrent_dropout = check_rate(recurrent_dropout)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.dropout_masks = DropoutMasks()
        self.bias: Any = None

    @property
    def state_size(self) -> Any:
        """The extent of each state: a number, or a list of them."""
        return self.units if self._states == 1 else [self.units] * self._states

    @property
    def output_size(self) -> int:
        """The extent of the output."""
        return self.units

    def _bias_shape(self) -> tuple[int, ...]:
        return (self._gates * self.units,)

    def build(self, input_shape: Any) -> None:
        """Makes the kernels and the bias."""
        columns = self._gates * self.units
        add = add_named_weight
        self.kernel = add(self, "kernel", (known_last(self.name, input_shape), columns))
        self.recurrent_kernel = add(self, "recurrent_kernel", (self.units, columns), "recurrent")
        if self.use_bias:
            self.bias = add(self, "bias", self._bias_shape())

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Zeros, (batch_size, units) each."""
        shape = (int(batch_size or 0), self.units)
        dtype = as_dtype(self.compute_dtype).np_dtype
        return [convert_to_tensor(np.zeros(shape, dtype)) for _ in range(self._states)]

    def _input_bias(self) -> Any:
        return self.bias

    def project(self, inputs: Any, training: Any) -> Any:
        """What the inputs add to the gates: ``inputs @ kernel + bias``, for any leading axes."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        if training and self.dropout:
            x = self.dropout_masks.apply(x, self.dropout, self.seed_generator, "inputs")
        y = matmul(x, self.kernel)
        return y if self.bias is None else y + self._input_bias()

    def _thin(self, state: Any, training: Any) -> Any:
        """The state that goes into the recurrent product."""
        if not training or not self.recurrent_dropout:
            return state
        rate, seeds = self.recurrent_dropout, self.seed_generator
        return self.dropout_masks.apply(state, rate, seeds, "states")

    def run(self, x: Any, training: Any) -> tuple[Any, Any]:
        """For `scan`: what to run over for inputs (batch, time, n), and a step of it."""
        gates = self.project(x, training)
        return gates, lambda row, states: self.step(row, states, training, self.product)

    def product(self, state: Any) -> Any:
        """What a state adds to the gates."""
        return matmul(state, self.recurrent_kernel)

    def step(
        self, gates: Any, states: list[Any], training: Any, product: Product
    ) -> tuple[Any, list[Any]]:
        """The output and the states after projected inputs."""
        raise UnimplementedError("{cls} has no step().", cls=type(self).__name__)

    def call(self, inputs: Any, states: Any, training: Any = False) -> tuple[Any, Any]:
        """One step."""
        given = list(states) if isinstance(states, list | tuple) else [states]
        if len(given) != self._states:
            raise ShapeError(
                "{cls}: expected {expected} state(s), received {received}.",
                cls=type(self).__name__,
                expected=self._states,
                received=len(given),
            )
        output, after = self.step(self.project(inputs, training), given, training, self.product)
        return output, after if isinstance(states, list | tuple) else after[0]
