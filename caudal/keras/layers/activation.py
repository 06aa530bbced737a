"""Activation: an activation function as a layer."""

from __future__ import annotations

from typing import Any

from caudal.keras import activations
from caudal.keras.engine.layer import Layer


class Activation(Layer):
    """Applies an activation function, given by name or as a function."""

    _config_names = ("activation",)

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """The function's value."""
        return self.activation(inputs)
