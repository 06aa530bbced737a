"""Maximum: the greatest of several tensors."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.layers.merging import Merge


class Maximum(Merge):
    """The elementwise maximum."""

    def merge(self, values: list[Any]) -> Any:
        """The maximum."""
        result = values[0]
        for value in values[1:]:
            result = ops.maximum(result, value)
        return result


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Maximum`."""
    return Maximum(**kwargs)(inputs)
