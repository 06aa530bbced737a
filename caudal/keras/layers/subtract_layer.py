"""Subtract: the difference of two tensors."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.layers.merging import Merge


class Subtract(Merge):
    """The first input minus the second."""

    _fewest = 2

    def merge(self, values: list[Any]) -> Any:
        """The difference."""
        if len(values) != 2:
            raise InvalidArgumentError(
                "A `Subtract` layer should be called on exactly 2 inputs, received {count}.",
                count=len(values),
            )
        return values[0] - values[1]


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Subtract`."""
    return Subtract(**kwargs)(inputs)
