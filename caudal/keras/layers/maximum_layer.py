"""Maximum: the greatest of several tensors."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras.layers.merging import Merge, choose_unmasked


class Maximum(Merge):
    """The elementwise maximum; masked places of one input take the other's value."""

    def merge(self, values: list[Any]) -> Any:
        """The maximum."""
        return choose_unmasked(ops.maximum, values)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Maximum`."""
    return Maximum(**kwargs)(inputs)
