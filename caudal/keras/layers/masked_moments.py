"""Mean and variance over the places that a mask leaves."""

from __future__ import annotations

from typing import Any

from caudal import math, nn, ops
from caudal.array.arguments import scalar
from caudal.errors import ShapeError
from caudal.keras.engine.policy import epsilon
from caudal.keras.layers.merging import wide_mask
from caudal.math import conversion


def moments(x: Any, axes: list[int], mask: Any, layer: str) -> tuple[Any, Any]:
    """(mean, variance) of x over ``axes``; ``mask``: x's shape without its last axis, or None.

    Raises:
        ShapeError: the mask has another rank.
    """
    if mask is None:
        found: tuple[Any, Any] = nn.moments(x, axes)
        return found
    if len(mask.shape) != len(x.shape) - 1:
        raise ShapeError(
            "Layer {layer!r}: the mask must have one axis less than the inputs, received "
            "mask.shape={mask} and inputs.shape={inputs}.",
            layer=layer,
            mask=tuple(mask.shape),
            inputs=tuple(x.shape),
        )
    seen = wide_mask(conversion.cast(mask, "bool"), x)
    zero = scalar(0, x)
    count = math.reduce_sum(conversion.cast(seen, x.dtype), axis=axes, keepdims=True) + epsilon()
    mean = math.reduce_sum(ops.select(seen, x, zero), axis=axes, keepdims=True) / count
    distance = ops.select(seen, x - mean, zero)
    variance = math.reduce_sum(distance * distance, axis=axes, keepdims=True) / count
    shape = tuple(n for axis, n in enumerate(x.shape) if axis not in axes)
    return ops.reshape(mean, shape=shape), ops.reshape(variance, shape=shape)
