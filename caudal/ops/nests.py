"""Small pieces of loop nests that several structured ops write with codegen's NestBuilder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from caudal.ir.dtypes import bool_, int64
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
    *,
    vector: bool = False,
) -> None:
    """Runs ``body`` at every index of a box, in row-major order.

    ``at`` gives the leading indices, which get no loop; ``vector`` says that the elements of the
    last axis are contiguous and independent.
    """
    axis = len(at)
    if axis == len(shape):
        body(at)
    elif shape[axis] == 1:
        every_index(n, shape, body, (*at, 0), vector=vector)
    else:
        loop = n.vector if vector and axis == len(shape) - 1 else n.loop
        with loop(shape[axis]) as i:
            every_index(n, shape, body, (*at, i), vector=vector)


def inside(n: Any, index: Any, low: int, high: int) -> Any:
    """Whether ``low <= index < high``, as a bool value."""
    value = n.from_index(index, int64)
    above = n.ge(value, n.const(low, int64))
    return n.and_(above, n.lt(value, n.const(high, int64)))


def all_inside(n: Any, index: Sequence[Any], shape: Sequence[int]) -> Any:
    """Whether an index lies in a box, as a bool value."""
    result = n.const(True, bool_)
    for i, extent in zip(index, shape, strict=True):
        result = n.and_(result, inside(n, i, 0, extent))
    return result


def every_line(
    n: Any, shape: Sequence[int], axis: int, body: Callable[[Callable[[Any], Any]], None]
) -> None:
    """Runs ``body(at)`` for every line along ``axis``, in parallel; ``at(i)`` indexes the line."""
    rest = (*shape[:axis], *shape[axis + 1 :])
    if 0 in shape:
        return
    with n.parallel(math.prod(rest)) as position:
        place = unravel(position, rest)
        body(lambda i: (*place[:axis], i, *place[axis:]))
