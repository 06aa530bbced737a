"""The manipulation functions: shapes, axes, joining and repeating."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.array_api.array import Array
from caudal.array_api.promotion import tensor_of, together
from caudal.errors import DTypeError, InvalidArgumentError, OutOfRangeError, ShapeError


def axis_of(axis: Any, rank: int, what: str) -> int:
    """One axis, counted from the front.

    Raises:
        OutOfRangeError: there is no such axis.
    """
    found = operator.index(axis)
    if not -rank <= found < rank:
        raise OutOfRangeError(
            "{what}: expected an axis from {low} to {high}, received {axis}.",
            what=what,
            low=-rank,
            high=rank - 1,
            axis=found,
        )
    return found % rank


def axes_of(axis: Any, rank: int, what: str) -> tuple[int, ...]:
    """Axes counted from the front, in their order; None means all.

    Raises:
        OutOfRangeError: an axis is outside.
        InvalidArgumentError: an axis is named twice.
    """
    if axis is None:
        return tuple(range(rank))
    named = axis if isinstance(axis, tuple | list) else (axis,)
    found = tuple(axis_of(part, rank, what) for part in named)
    if len(set(found)) != len(found):
        raise InvalidArgumentError(
            "{what}: expected different axes, received {a}.", what=what, a=axis
        )
    return found


def spread(what: str, *tensors: Any) -> list[Any]:
    """Tensors in their common shape.

    Raises:
        ShapeError: they have none.
    """
    shapes = [tuple(x.shape) for x in tensors]
    try:
        wide = np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise ShapeError(
            "{what}: the shapes {shapes} do not broadcast.", what=what, shapes=shapes
        ) from error
    return [x if tuple(x.shape) == wide else ops.broadcast_to(x, shape=wide) for x in tensors]


def broadcast_arrays(*arrays: Any) -> list[Array]:
    """All in their common shape."""
    if not arrays:
        return []
    found = [tensor_of(x, "broadcast_arrays") for x in arrays]
    return [Array(x) for x in spread("broadcast_arrays", *found)]


def broadcast_to(x: Any, /, shape: Any) -> Array:
    """Repeated along axes of extent 1, and new leading axes, to a shape."""
    return Array(movement.broadcast_to(tensor_of(x, "broadcast_to"), tuple(shape)))


def concat(arrays: Any, /, *, axis: int | None = 0) -> Array:
    """One after another along an axis; flat with None.

    >>> from caudal import array_api as xp
    >>> xp.concat([xp.asarray([1]), xp.asarray([2, 3])])
    Array([1, 2, 3], dtype=int64)
    """
    if not arrays:
        raise InvalidArgumentError("concat: expected at least one array.")
    parts = together("concat", "any", *(tensor_of(x, "concat") for x in arrays))
    if axis is None:
        parts, axis = [_flat(x) for x in parts], 0
    return Array(movement.concat(parts, axis))


def _flat(x: Any) -> Any:
    return ops.reshape(x, shape=(math.prod(tuple(x.shape)),))


def expand_dims(x: Any, /, axis: int = 0) -> Array:
    """With a new axis of extent 1."""
    found = tensor_of(x, "expand_dims")
    return Array(movement.expand_dims(found, axis_of(axis, len(found.shape) + 1, "expand_dims")))


def flip(x: Any, /, *, axis: Any = None) -> Array:
    """Back to front along axes; along all by default."""
    found = tensor_of(x, "flip")
    axes = axes_of(axis, len(found.shape), "flip")
    return Array(ops.reverse(found, axes=tuple(sorted(axes))) if axes else found)


def moveaxis(x: Any, source: Any, destination: Any, /) -> Array:
    """Axes moved to other places; the others keep their order."""
    found = tensor_of(x, "moveaxis")
    rank = len(found.shape)
    old, new = axes_of(source, rank, "moveaxis"), axes_of(destination, rank, "moveaxis")
    if len(old) != len(new):
        raise InvalidArgumentError(
            "moveaxis: expected as many sources as destinations, received {source} and {to}.",
            source=source,
            to=destination,
        )
    order = [axis for axis in range(rank) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return Array(movement.transpose(found, tuple(order)))


def permute_dims(x: Any, /, axes: Any) -> Array:
    """The axes in another order."""
    return Array(movement.transpose(tensor_of(x, "permute_dims"), tuple(axes)))


def matrix_transpose(x: Any, /) -> Array:
    """Matrices with their axes exchanged.

    Raises:
        ShapeError: there is only one axis, or none.
    """
    found = tensor_of(x, "matrix_transpose")
    rank = len(found.shape)
    if rank < 2:
        raise ShapeError(
            "matrix_transpose: expected matrices, received the shape {s}.", s=tuple(found.shape)
        )
    return Array(ops.transpose(found, perm=(*range(rank - 2), rank - 1, rank - 2)))


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Array:
    """Each element (along an axis) several times, or each as often as an array says."""
    found = tensor_of(x, "repeat")
    if axis is None:
        found, axis = _flat(found), 0
    times = repeats if isinstance(repeats, int) else tensor_of(repeats, "repeat", "integral")
    place = axis_of(axis, len(found.shape), "repeat")
    if not isinstance(times, int) and len(times.shape) == 1 and int(times.shape[0]) == 1:
        times = int(np.asarray(times)[0])
    return Array(movement.repeat(found, times, place))


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Array:
    """The same elements in another shape; one extent may be -1. Nothing is ever shared."""
    return Array(movement.reshape(tensor_of(x, "reshape"), tuple(shape)))


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Array:
    """Elements moved along axes, round the end; along the flat array by default."""
    found = tensor_of(x, "roll")
    if axis is None:
        if isinstance(shift, tuple):
            raise DTypeError("roll: a tuple of shifts needs an axis for each, received None.")
        flat = movement.roll(_flat(found), shift, 0)
        return Array(ops.reshape(flat, shape=tuple(found.shape)))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shift if isinstance(shift, tuple | list) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise InvalidArgumentError(
            "roll: expected a shift for each axis, received {s} and {a}.", s=shift, a=axis
        )
    for move, place in zip(shifts, axes, strict=True):
        found = movement.roll(found, move, axis_of(place, len(found.shape), "roll"))
    return Array(found)


def squeeze(x: Any, /, axis: Any) -> Array:
    """Without the named axes, which must have extent 1."""
    found = tensor_of(x, "squeeze")
    axes = axes_of(axis, len(found.shape), "squeeze")
    return Array(movement.squeeze(found, axes) if axes else found)


def stack(arrays: Any, /, *, axis: int = 0) -> Array:
    """Side by side along a new axis."""
    if not arrays:
        raise InvalidArgumentError("stack: expected at least one array.")
    parts = together("stack", "any", *(tensor_of(x, "stack") for x in arrays))
    return Array(movement.stack(parts, axis_of(axis, len(parts[0].shape) + 1, "stack")))


def tile(x: Any, repetitions: Any, /) -> Array:
    """The whole array several times along each axis."""
    found, times = tensor_of(x, "tile"), tuple(repetitions)
    missing = len(times) - len(found.shape)
    if missing > 0:
        found = ops.reshape(found, shape=(1,) * missing + tuple(found.shape))
    else:
        times = (1,) * -missing + times
    return Array(movement.tile(found, times) if times else found)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The parts along an axis, without it."""
    found = tensor_of(x, "unstack")
    place = axis_of(axis, len(found.shape), "unstack")
    return tuple(Array(part) for part in movement.unstack(found, axis=place))


__all__ = [
    "broadcast_arrays",
    "broadcast_to",
    "concat",
    "expand_dims",
    "flip",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tile",
    "unstack",
]
