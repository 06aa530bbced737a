"""AlphaDropout: dropout that keeps mean and variance, for selu networks."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.layers.dropout import Dropout
from caudal.random import bits

# -scale * alpha of selu: the value that it saturates at.
_SATURATED = -1.0507009873554805 * 1.6732632423543772


class AlphaDropout(Dropout):
    """Sets inputs to selu's saturation value and restores mean and variance.

    Klambauer and others, "Self-Normalizing Neural Networks", 2017.
    """

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The input, thinned out while training."""
        if not training or self.rate == 0:
            return inputs
        shape = self._mask_shape(tuple(inputs.shape))
        kept = bits.below(self.seed_generator.next(), shape, 1.0 - self.rate)
        a = ((1 - self.rate) * (1 + self.rate * _SATURATED**2)) ** -0.5
        b = -a * _SATURATED * self.rate
        return ops.select(kept, inputs, _SATURATED) * a + b
