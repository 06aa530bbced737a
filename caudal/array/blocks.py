"""Blocks of space moved into the batch axis, and back: dilated operations made of plain ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, static, static_ints
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor


def _pairs(what: str, value: Any, count: int) -> list[tuple[int, int]]:
    found = np.asarray(static(value, what))
    if found.shape != (count, 2) or (found < 0).any():
        raise InvalidArgumentError(
            "{what}: expected {count} pairs of at least 0, received {received}.",
            what=what,
            count=count,
            received=found.tolist(),
        )
    return [(int(low), int(high)) for low, high in found]


def _blocks(what: str, x: Any, block_shape: Any) -> tuple[int, ...]:
    sizes = static_ints(block_shape, what + ": block_shape")
    if not sizes or min(sizes) < 1 or len(dims(x)) < len(sizes) + 1:
        raise ShapeError(
            "{what}: expected block sizes of at least 1 for axes that the input of shape {shape} "
            "has, received {sizes}.",
            what=what,
            shape=dims(x),
            sizes=sizes,
        )
    return sizes


def space_to_batch_nd(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Any:
    """Each element of a block becomes an image of its own, in the batch axis.

    Args:
        input: [batch, *space, ...].
        block_shape: the block's extent along each axis of space.
        paddings: zeros before and after, for each axis of space.

    Returns:
        [batch * prod(block_shape), *(space / block_shape), ...].

    >>> space_to_batch_nd([[1, 2, 3, 4]], [2], [[0, 0]]).numpy().tolist()
    [[1, 3], [2, 4]]
    """
    what = "space_to_batch"
    x = as_tensor(input)
    sizes = _blocks(what, x, block_shape)
    pairs = _pairs(what + ": paddings", paddings, len(sizes))
    rank, rest = len(sizes), len(dims(x)) - len(sizes) - 1
    low = (0, *(pair[0] for pair in pairs), *(0,) * rest)
    high = (0, *(pair[1] for pair in pairs), *(0,) * rest)
    x = ops.pad(x, low=low, high=high, interior=(0,) * len(low), value=0.0)
    batch, *space = dims(x)
    if any(n % size for n, size in zip(space, sizes, strict=False)):
        raise ShapeError(
            "{what}: expected padded extents that {sizes} divide, received {space}.",
            what=what,
            sizes=sizes,
            space=space[:rank],
        )
    split = [n for s, size in zip(space, sizes, strict=False) for n in (s // size, size)]
    x = ops.reshape(x, shape=(batch, *split, *space[rank:]))
    inner, outer = range(2, 2 * rank + 1, 2), range(1, 2 * rank, 2)
    x = ops.transpose(x, perm=(*inner, 0, *outer, *range(2 * rank + 1, len(dims(x)))))
    return ops.reshape(x, shape=(batch * math.prod(sizes), *dims(x)[rank + 1 :]))


def space_to_batch(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Any:
    """`space_to_batch_nd` under its shorter name."""
    return space_to_batch_nd(input, block_shape, paddings)


def batch_to_space(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Any:
    """The inverse of `space_to_batch`; ``crops`` is cut off before and after each axis.

    >>> batch_to_space([[1, 3], [2, 4]], [2], [[0, 0]]).numpy().tolist()
    [[1, 2, 3, 4]]
    """
    what = "batch_to_space"
    x = as_tensor(input)
    sizes = _blocks(what, x, block_shape)
    pairs = _pairs(what + ": crops", crops, len(sizes))
    rank, (batch, *space) = len(sizes), dims(x)
    if batch % math.prod(sizes):
        raise ShapeError(
            "{what}: expected a batch that {sizes} divide, received {batch}.",
            what=what,
            sizes=sizes,
            batch=batch,
        )
    x = ops.reshape(x, shape=(*sizes, batch // math.prod(sizes), *space))
    order = [rank]
    for axis in range(rank):
        order += [rank + 1 + axis, axis]
    x = ops.transpose(x, perm=(*order, *range(2 * rank + 1, len(dims(x)))))
    whole = [n * size for n, size in zip(space, sizes, strict=False)]
    x = ops.reshape(x, shape=(batch // math.prod(sizes), *whole, *space[rank:]))
    if any(low + high > n for (low, high), n in zip(pairs, whole, strict=True)):
        raise ShapeError(
            "{what}: crops {crops} leave nothing of {whole}.", what=what, crops=pairs, whole=whole
        )
    begin = (0, *(low for low, _ in pairs), *(0,) * (len(space) - rank))
    ends = [n - high for (_, high), n in zip(pairs, whole, strict=True)]
    end = (dims(x)[0], *ends, *space[rank:])
    return ops.slice(x, begin=begin, end=end, strides=(1,) * len(begin))


def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """The least (paddings, crops) that make the extents multiples of the blocks."""
    what = "required_space_to_batch_paddings"
    space, sizes = static_ints(input_shape, what), static_ints(block_shape, what)
    if len(space) != len(sizes):
        raise ShapeError(
            "{what}: expected as many extents as block sizes, received {space} and {sizes}.",
            what=what,
            space=space,
            sizes=sizes,
        )
    none = [(0, 0)] * len(sizes)
    base = none if base_paddings is None else _pairs(what, base_paddings, len(sizes))
    paddings, crops = [], []
    for n, size, (low, high) in zip(space, sizes, base, strict=True):
        extra = -(n + low + high) % size
        paddings.append((low, high + extra))
        crops.append((0, extra))
    return _as_rows(paddings), _as_rows(crops)


def _as_rows(pairs: list[tuple[int, int]]) -> Any:
    return convert_to_tensor(np.asarray(pairs, np.int32).reshape(-1, 2))
