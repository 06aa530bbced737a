"""Places of extremes, sorting, search in sorted arrays, different values."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from caudal import ops
from caudal.array import indexing
from caudal.array.arguments import static
from caudal.array_api.array import Array
from caudal.array_api.movement import axis_of
from caudal.array_api.promotion import INDEX, cast, tensor_of, together
from caudal.errors import ShapeError
from caudal.framework import Tensor


def _place(op: Any, x: Any, axis: int | None, keepdims: bool, what: str) -> Array:
    found = tensor_of(x, what, "real numeric")
    shape = tuple(int(n) for n in found.shape)
    if axis is None:
        found, kept = ops.reshape(found, shape=(math.prod(shape),)), (1,) * len(shape)
        places = op(found, axis=0, dtype=INDEX)
    else:
        place = axis_of(axis, len(shape), what)
        kept = tuple(1 if i == place else n for i, n in enumerate(shape))
        places = op(found, axis=place, dtype=INDEX)
    return Array(ops.reshape(places, shape=kept) if keepdims else places)


def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The place of the greatest element, the first of equal ones; flat by default."""
    return _place(ops.argmax, x, axis, keepdims, "argmax")


def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The place of the least element, the first of equal ones; flat by default."""
    return _place(ops.argmin, x, axis, keepdims, "argmin")


def nonzero(x: Any, /) -> tuple[Array, ...]:
    """The places of all elements that differ from 0, axis by axis.

    Raises:
        UnimplementedError: inside a traced function, where the count is not known.
    """
    found = static(tensor_of(x, "nonzero"), "nonzero")
    if found.ndim == 0:
        raise ShapeError("nonzero: expected at least one axis, received a scalar.")
    return tuple(Array(Tensor(place.astype(np.int64))) for place in np.nonzero(found))


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Array:
    """Where each element of x2 would be inserted in the sorted vector x1.

    >>> from caudal import array_api as xp
    >>> xp.searchsorted(xp.asarray([1, 3, 5]), xp.asarray([3, 6]))
    Array([1, 3], dtype=int64)
    """
    edges, values = together(
        "searchsorted",
        "real numeric",
        tensor_of(x1, "searchsorted"),
        x2 if isinstance(x2, int | float) else tensor_of(x2, "searchsorted"),
    )
    if len(edges.shape) != 1:
        raise ShapeError("searchsorted: expected a vector, received {s}.", s=tuple(edges.shape))
    if sorter is not None:
        edges = ops.gather(edges, tensor_of(sorter, "searchsorted", "integral"), axis=0)
    shape = tuple(int(n) for n in values.shape)
    flat = ops.reshape(values, shape=(math.prod(shape),))
    return Array(
        ops.reshape(indexing.searchsorted(edges, flat, side=side, out_type=INDEX), shape=shape)
    )


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """Sorted along an axis; always stable."""
    found = tensor_of(x, "sort", "real numeric")
    place = axis_of(axis, len(found.shape), "sort")
    return Array(ops.sort(found, axis=place, descending=descending))


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The places that sort an array along an axis; always stable."""
    found = tensor_of(x, "argsort", "real numeric")
    place = axis_of(axis, len(found.shape), "argsort")
    return Array(cast(ops.argsort(found, axis=place, descending=descending), INDEX))


# --- different values -------------------------------------------------------------------------


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: Array
    counts: Array


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: Array
    inverse_indices: Array


def unique_all(x: Any, /) -> UniqueAll:
    """The different values in rising order, their first places, each element's place, the counts.

    Every NaN differs from every other.

    Raises:
        UnimplementedError: inside a traced function, where the count is not known.
    """
    found = static(tensor_of(x, "unique"), "unique")
    values, first, inverse, counts = np.unique(
        found, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    indices = (part.astype(np.int64) for part in (first, inverse.reshape(found.shape), counts))
    return UniqueAll(Array(Tensor(values)), *(Array(Tensor(part)) for part in indices))


def unique_counts(x: Any, /) -> UniqueCounts:
    """The different values and how often each occurs."""
    found = unique_all(x)
    return UniqueCounts(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverse:
    """The different values and each element's place among them."""
    found = unique_all(x)
    return UniqueInverse(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> Array:
    """The different values.

    >>> from caudal import array_api as xp
    >>> xp.unique_values(xp.asarray([7, 3, 7]))
    Array([3, 7], dtype=int64)
    """
    return unique_all(x).values


__all__ = [
    "argmax",
    "argmin",
    "argsort",
    "nonzero",
    "searchsorted",
    "sort",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]
