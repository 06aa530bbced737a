"""Add: the sum of several tensors."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.merging import Merge


class Add(Merge):
    """The elementwise sum."""

    def merge(self, values: list[Any]) -> Any:
        """The sum."""
        result = values[0]
        for value in values[1:]:
            result = result + value
        return result


def add(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Add`."""
    return Add(**kwargs)(inputs)
