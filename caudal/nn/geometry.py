"""Windows, strides, padding and layouts, as TensorFlow's arguments give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.array.arguments import dims, static_ints
from caudal.errors import InvalidArgumentError, ShapeError

Pairs = tuple[tuple[int, int], ...]


def spatial(value: Any, rank: int, what: str, *, first: bool = False) -> tuple[int, ...]:
    """One number, ``rank`` numbers, or numbers for batch and channel too, as ``rank`` ints.

    >>> spatial([1, 2, 2, 1], 2, "strides")
    (2, 2)
    """
    given = (1,) if value is None else static_ints(value, what)
    if len(given) == 1:
        return given * rank
    if len(given) == rank:
        return given
    if len(given) == rank + 2:
        inner = given[2:] if first else given[1:-1]
        outer = given[:2] if first else (given[0], given[-1])
        if outer != (1, 1):
            raise InvalidArgumentError(
                "{what}: expected 1 for the batch and the channels, received {received}.",
                what=what,
                received=list(given),
            )
        return inner
    raise InvalidArgumentError(
        "{what}: expected 1, {rank} or {most} numbers, received {received}.",
        what=what,
        rank=rank,
        most=rank + 2,
        received=list(given),
    )


def channels_first(data_format: str | None, rank: int, what: str) -> bool:
    """Whether the channels are axis 1."""
    letters = "DHW"[3 - rank :]
    last, first = f"N{letters}C", f"NC{letters}"
    if data_format in (None, last):
        return False
    if data_format == first:
        return True
    raise InvalidArgumentError(
        "{what}: expected data_format {last} or {first}, received {received!r}.",
        what=what,
        last=last,
        first=first,
        received=data_format,
    )


def to_last(x: Any) -> Any:
    """NC… to N…C."""
    rank = len(x.shape)
    return ops.transpose(x, perm=(0, *range(2, rank), 1))


def to_first(x: Any) -> Any:
    """N…C to NC…."""
    rank = len(x.shape)
    return ops.transpose(x, perm=(0, rank - 1, *range(1, rank - 1)))


def same_padding(extent: int, window: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after, for ``ceil(extent / stride)`` outputs; the odd one goes after."""
    count = -(-extent // stride)
    total = max((count - 1) * stride + (window - 1) * dilation + 1 - extent, 0)
    return total // 2, total - total // 2


def padding_pairs(
    padding: Any,
    extents: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    what: str,
    *,
    first: bool = False,
) -> Pairs:
    """ "SAME", "VALID" or explicit pairs (for all axes or the spatial ones), as spatial pairs."""
    rank = len(extents)
    if isinstance(padding, str):
        kind = padding.upper()
        if kind == "VALID":
            return ((0, 0),) * rank
        if kind == "SAME":
            return tuple(
                same_padding(*parts)
                for parts in zip(extents, window, strides, dilations, strict=True)
            )
    elif isinstance(padding, list | tuple):
        pairs = tuple((int(low), int(high)) for low, high in padding)
        if len(pairs) == rank + 2:
            pairs = pairs[2:] if first else pairs[1:-1]
        if len(pairs) == rank:
            return pairs
    raise InvalidArgumentError(
        "{what}: expected padding 'SAME', 'VALID' or a pair per axis, received {received!r}.",
        what=what,
        received=padding,
    )


def batched(x: Any, rank: int, what: str, *, once: bool = False) -> tuple[Any, tuple[int, ...]]:
    """The input with one batch axis, and the batch axes that it had; ``once`` allows one only."""
    shape = dims(x)
    if once and len(shape) > rank + 2:
        raise ShapeError(
            "{what}: expected {rank} axes (batch, space, channels), received {shape}.",
            what=what,
            rank=rank + 2,
            shape=shape,
        )
    if len(shape) < rank + 2:
        raise ShapeError(
            "{what}: expected at least {rank} axes (batch, space, channels), received {shape}.",
            what=what,
            rank=rank + 2,
            shape=shape,
        )
    lead = shape[: len(shape) - rank - 1]
    if len(lead) == 1:
        return x, lead
    count = 1
    for n in lead:
        count *= n
    return ops.reshape(x, shape=(count, *shape[len(lead) :])), lead
