"""Average: the mean of several tensors."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.merging import Merge


class Average(Merge):
    """The elementwise mean."""

    def merge(self, values: list[Any]) -> Any:
        """The mean."""
        result = values[0]
        for value in values[1:]:
            result = result + value
        return result / len(values)


def average(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Average`."""
    return Average(**kwargs)(inputs)
