"""ThresholdedReLU: Keras 2's layer that tf.keras still has."""

from __future__ import annotations

from typing import Any

from caudal.keras import ops as k
from caudal.keras.layers.shape_preserving import ShapePreserving, number


class ThresholdedReLU(ShapePreserving):
    """x above ``theta``, 0 elsewhere; NaN stays NaN.

    >>> import numpy as np
    >>> ThresholdedReLU(theta=1.0)(np.array([0.5, 1.0, 1.5])).numpy().tolist()
    [0.0, 0.0, 1.5]

    Raises:
        InvalidArgumentError: ``theta`` is no number of at least 0.
    """

    _config_names = ("theta",)

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.theta = float(number(theta, "theta", "ThresholdedReLU", 0))

    def call(self, inputs: Any) -> Any:
        """The rectified input."""
        above = k.greater(inputs, self.theta)
        return k.multiply(inputs, k.cast(above, self.compute_dtype))
