"""Which keys each query of an attention layer may see."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.errors import ShapeError
from caudal.framework import Tensor
from caudal.math.conversion import cast


def by_position(queries: int, keys: int, *, causal: bool, window: int | None) -> Any:
    """What positions alone decide, bool (1, queries, keys); None if they decide nothing.

    causal: no key after the query. window: only keys fewer than so many places away.

    >>> by_position(3, 3, causal=True, window=2).numpy().astype(int).tolist()
    [[[1, 0, 0], [1, 1, 0], [0, 1, 1]]]
    """
    if not causal and window is None:
        return None
    distance = np.arange(queries)[:, None] - np.arange(keys)[None, :]
    seen = np.ones((queries, keys), bool)
    if causal:
        seen &= distance >= 0
    if window is not None:
        seen &= np.abs(distance) < window
    return Tensor(seen[None])


def together(*masks: Any) -> Any:
    """True where all masks are; those that are None do not count. None if all are None."""
    result = None
    for mask in masks:
        if mask is not None:
            mask = cast(mask, "bool")
            result = mask if result is None else ops.bit_and(result, mask)
    return result


def as_rows(mask: Any) -> Any:
    """A mask (batch, queries) for every key."""
    return None if mask is None else movement.expand_dims(mask, -1)


def as_columns(mask: Any) -> Any:
    """A mask (batch, keys) for every query."""
    return None if mask is None else movement.expand_dims(mask, -2)


def for_heads(mask: Any, rank: int, axes: int) -> Any:
    """A mask with axes of extent 1 for the heads, before ``axes`` axes of queries and of keys."""
    if mask is None:
        return None
    while len(mask.shape) < rank:
        mask = movement.expand_dims(mask, -2 * axes - 1)
    return mask


def check_keys(layer: str, value_shape: Any, key_shape: Any) -> None:
    """Raises ShapeError unless there is a key for every value."""
    if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ShapeError(
            "Layer {layer!r}: all dimensions of `value` and `key`, except the last one, must be "
            "equal. Received: value_shape={value} and key_shape={key}",
            layer=layer,
            value=tuple(value_shape),
            key=tuple(key_shape),
        )
