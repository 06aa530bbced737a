"""What Cropping1D, 2D and 3D share."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import ShapeError
from caudal.keras.layers.edges import Edges


class Cropping(Edges):
    """Cuts borders off the spatial axes."""

    _argument = "cropping"

    @property
    def cropping(self) -> Any:
        """((before, after), ...) per axis."""
        return self._widths[0] if self._rank == 1 else self._widths

    def call(self, inputs: Any) -> Any:
        """What is left."""
        end = self.compute_output_shape(tuple(inputs.shape))
        low = tuple(a for a, _ in self._all_axes())
        stop = tuple(a + n for a, n in zip(low, end, strict=True))
        return ops.slice(inputs, begin=low, end=stop, strides=(1,) * len(low))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The widths taken away."""
        result = tuple(
            None if n is None else n - low - high
            for n, (low, high) in zip(input_shape, self._all_axes(), strict=True)
        )
        if any(n is not None and n <= 0 for n in result[1:]):
            raise ShapeError(
                "Layer {layer!r}: cropping {widths} leaves nothing of an input of shape {shape}.",
                layer=self.name,
                widths=self._widths,
                shape=tuple(input_shape),
            )
        return result
