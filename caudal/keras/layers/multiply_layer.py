"""Multiply: the product of several tensors."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import scalar
from caudal.keras.engine.masks import mask_of
from caudal.keras.layers.merging import Merge, wide_mask


class Multiply(Merge):
    """The elementwise product; masked places are factors of 1, or 0 where all are masked."""

    def merge(self, values: list[Any]) -> Any:
        """The product."""
        masks = [wide_mask(mask_of(value), value) for value in values]
        result = None
        for value, mask in zip(values, masks, strict=True):
            factor = value if mask is None else ops.select(mask, value, scalar(1, value))
            result = factor if result is None else result * factor
        if any(mask is None for mask in masks):
            return result
        seen = masks[0]
        for mask in masks[1:]:
            seen = ops.bit_or(seen, mask)
        return ops.select(seen, result, scalar(0, result))


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """The same as calling the layer `Multiply`."""
    return Multiply(**kwargs)(inputs)
