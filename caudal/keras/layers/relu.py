"""ReLU: max(x, 0), with its variations, as a layer."""

from __future__ import annotations

from typing import Any

from caudal.keras import activations
from caudal.keras.layers.shape_preserving import ShapePreserving, number


class ReLU(ShapePreserving):
    """``max(x, 0)``; with a ceiling, a slope below the threshold, and the threshold."""

    _config_names = ("max_value", "negative_slope", "threshold")

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else number(max_value, "max_value", "ReLU", 0)
        self.negative_slope = number(negative_slope, "negative_slope", "ReLU", 0)
        self.threshold = number(threshold, "threshold", "ReLU", 0)

    def call(self, inputs: Any) -> Any:
        """The rectified input."""
        return activations.relu(
            inputs,
            negative_slope=self.negative_slope,
            max_value=self.max_value,
            threshold=self.threshold,
        )
