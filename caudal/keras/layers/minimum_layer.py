"""Minimum: the least of several tensors."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.layers.merging import Merge


class Minimum(Merge):
    """The elementwise minimum."""

    def merge(self, values: list[Any]) -> Any:
        """The minimum."""
        result = values[0]
        for value in values[1:]:
            result = ops.minimum(result, value)
        return result


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Minimum`."""
    return Minimum(**kwargs)(inputs)
