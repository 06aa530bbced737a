"""Minimum: the least of several tensors."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.layers.merging import Merge, choose_unmasked


class Minimum(Merge):
    """The elementwise minimum; masked places of one input take the other's value."""

    def merge(self, values: list[Any]) -> Any:
        """The minimum."""
        return choose_unmasked(ops.minimum, values)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Minimum`."""
    return Minimum(**kwargs)(inputs)
