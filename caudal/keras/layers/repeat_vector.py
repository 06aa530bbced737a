"""RepeatVector: a vector n times, as a sequence."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers.arguments import integer, positive


class RepeatVector(Layer):
    """``(batch, features)`` becomes ``(batch, n, features)``."""

    _config_names = ("n",)

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = positive(integer(n, "n", "RepeatVector"), "n", "RepeatVector")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        """The repeated vectors."""
        batch, features = tuple(inputs.shape)
        rows = ops.reshape(inputs, shape=(batch, 1, features))
        return ops.broadcast_to(rows, shape=(batch, self.n, features))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """``n`` in the second place."""
        return (input_shape[0], self.n, input_shape[1])

    def compute_output_dtype(self, inputs: Any) -> str:
        """The input's."""
        return str(inputs.dtype)
