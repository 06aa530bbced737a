"""Identity: the input as it is."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.shape_preserving import ShapePreserving


class Identity(ShapePreserving):
    """Returns its input."""

    def call(self, inputs: Any) -> Any:
        """The input."""
        return inputs

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
