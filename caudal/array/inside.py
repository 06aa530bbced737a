"""Indices that must lie inside: at once where they are known, after the run where they are not."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import scalar
from caudal.errors import InvalidArgumentError
from caudal.framework import is_symbolic
from caudal.framework.late_check import check_later
from caudal.ir.dtypes import int64


def must_be_inside(
    what: str, ids: Any, limit: int, *, label: str = "indices", negative: bool = False
) -> None:
    """Raise for an index outside [0, limit), now or when the program has run.

    ``negative`` indices may be let through, where a function leaves them out.

    Raises:
        InvalidArgumentError: with the place, the index and the limit.
    """

    def fail(place: tuple[int, ...], index: Any) -> None:
        raise InvalidArgumentError(
            "{what}: {label}{place} = {index} is not in [0, {limit}).",
            what=what,
            label=label,
            place=list(place) if place else "",
            index=index,
            limit=limit,
        )

    if is_symbolic(ids):
        outside = ops.greater_equal(ids, scalar(limit, ids)) if _fits(limit, ids) else None
        if not negative and not ids.dtype.is_unsigned:
            below = ops.less(ids, scalar(0, ids))
            outside = below if outside is None else ops.bit_or(below, outside)
        if outside is not None:
            # 0 means that all is well: it is outside of an empty axis alone.
            check_later(ops.select(outside, ids, scalar(0, ids)), fail)
        return
    known = np.asarray(ids.numpy())
    bad = known >= limit
    if not negative:
        bad |= known < 0
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        fail(place, int(known[place]))


def _fits(limit: int, ids: Any) -> bool:
    """Whether the limit is a number of the indices' dtype; otherwise none of them reaches it."""
    return bool(limit <= ids.dtype.max)


def vectors_must_be_inside(what: str, ids: Any, extents: tuple[int, ...]) -> None:
    """Raise for an index vector (the last axis) that names no place of a shape.

    Raises:
        InvalidArgumentError: with the place of the vector, and the number that is outside.
    """

    def fail(place: tuple[int, ...], index: Any) -> None:
        where = list(place[:-1])
        raise InvalidArgumentError(
            "{what}: indices{place} does not index into the shape {shape}: its entry {axis} is "
            "{index}.",
            what=what,
            place=where if where else "",
            shape=list(extents),
            axis=place[-1] if place else 0,
            index=index,
        )

    if not extents:
        return
    if is_symbolic(ids):
        wide = ids if ids.dtype is int64 else ops.cast(ids, dtype=int64)
        limits = np.asarray(extents, np.int64)
        bad = ops.bit_or(ops.less(wide, np.int64(0)), ops.greater_equal(wide, limits))
        check_later(ops.select(bad, wide, np.int64(0)), fail)
        return
    known = np.asarray(ids.numpy()).astype(np.int64)
    bad = (known < 0) | (known >= np.asarray(extents))
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        fail(place, int(known[place]))
