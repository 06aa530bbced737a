"""What ZeroPadding1D, 2D and 3D share."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.layers.edges import Edges


class ZeroPadding(Edges):
    """Adds zeros around the spatial axes."""

    _argument = "padding"

    @property
    def padding(self) -> Any:
        """((before, after), ...) per axis."""
        return self._widths[0] if self._rank == 1 else self._widths

    def call(self, inputs: Any) -> Any:
        """The padded tensor."""
        widths = self._all_axes()
        low, high = tuple(a for a, _ in widths), tuple(b for _, b in widths)
        return ops.pad(inputs, low=low, high=high, interior=(0,) * len(widths), value=0.0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The widths added."""
        return tuple(
            None if n is None else n + low + high
            for n, (low, high) in zip(input_shape, self._all_axes(), strict=True)
        )
