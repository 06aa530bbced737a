"""ELU: exponential below 0."""

from __future__ import annotations

from typing import Any

from caudal.keras import activations
from caudal.keras.layers.shape_preserving import ShapePreserving, number


class ELU(ShapePreserving):
    """x above 0, ``alpha * (exp(x) - 1)`` below."""

    _config_names = ("alpha",)

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = number(alpha, "alpha", "ELU")

    def call(self, inputs: Any) -> Any:
        """The activated input."""
        return activations.elu(inputs, alpha=self.alpha)
