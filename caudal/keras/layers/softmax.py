"""Softmax as a layer."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras import activations
from caudal.keras.layers.shape_preserving import ShapePreserving
from caudal.math.conversion import cast


class Softmax(ShapePreserving):
    """``exp(x) / sum(exp(x))`` along one axis or several."""

    _config_names = ("axis",)

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The probabilities; places whose mask is false get none."""
        if mask is not None:
            away = cast(ops.bit_not(cast(mask, "bool")), inputs.dtype)
            inputs = inputs + away * (float(inputs.dtype.min) / 2)
        return activations.softmax(inputs, axis=self.axis)
