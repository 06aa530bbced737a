"""Multiply: the product of several tensors."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.merging import Merge


class Multiply(Merge):
    """The elementwise product."""

    def merge(self, values: list[Any]) -> Any:
        """The product."""
        result = values[0]
        for value in values[1:]:
            result = result * value
        return result


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Multiply`."""
    return Multiply(**kwargs)(inputs)
