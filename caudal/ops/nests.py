"""Small pieces of loop nests that several structured ops write with codegen's NestBuilder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from caudal.ops.contract import strides_of


def unravel(position: Any, shape: Sequence[int]) -> tuple[Any, ...]:
    """The index tuple of a row-major position.

    >>> unravel(7, (2, 5))
    (1, 2)
    """
    steps = strides_of(shape)
    return tuple(
        0 if extent == 1 else (position // step) % extent if axis else position // step
        for axis, (extent, step) in enumerate(zip(shape, steps, strict=True))
    )


def every_index(
    n: Any,
    shape: Sequence[int],
    body: Callable[[tuple[Any, ...]], None],
    at: tuple[Any, ...] = (),
    fixed: Mapping[int, Any] = MappingProxyType({}),
) -> None:
    """Runs ``body`` at every index of a box, in row-major order.

    ``at`` gives the leading indices and ``fixed`` those of some axes; they get no loop.
    """
    axis = len(at)
    if axis == len(shape):
        body(at)
    elif axis in fixed or shape[axis] == 1:
        every_index(n, shape, body, (*at, fixed.get(axis, 0)), fixed)
    else:
        with n.loop(shape[axis]) as i:
            every_index(n, shape, body, (*at, i), fixed)


def every_line(
    n: Any, shape: Sequence[int], axis: int, body: Callable[[Callable[[Any], Any]], None]
) -> None:
    """Runs ``body(at)`` for every line along ``axis``, in parallel; ``at(i)`` indexes the line."""
    rest = (*shape[:axis], *shape[axis + 1 :])
    with n.parallel(math.prod(rest)) as position:
        place = unravel(position, rest)
        body(lambda i: (*place[:axis], i, *place[axis:]))
