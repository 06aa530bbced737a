"""LeakyReLU: a small slope below 0."""

from __future__ import annotations

from typing import Any

from caudal.keras import activations
from caudal.keras.engine.signatures import say_once
from caudal.keras.layers.shape_preserving import ShapePreserving, number


class LeakyReLU(ShapePreserving):
    """x above 0, ``negative_slope * x`` below."""

    _config_names = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            say_once("LeakyReLU: `alpha` is Keras 2's; today it is `negative_slope`.")
        super().__init__(**kwargs)
        self.negative_slope = number(negative_slope, "negative_slope", "LeakyReLU")

    def call(self, inputs: Any) -> Any:
        """The rectified input."""
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)
