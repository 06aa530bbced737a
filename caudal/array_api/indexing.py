"""``x[key]`` and ``x[key] = value``: slices, integers, integer arrays and masks.

A key is worked out on the host over the positions of the elements; one gather then fetches them,
or one gather and a selection put the new ones in. Both have gradients.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal import ops
from caudal.array_api.array import Array
from caudal.array_api.movement import axis_of
from caudal.array_api.promotion import INDEX, cast, result_type, tensor_of, together
from caudal.errors import DTypeError, OutOfRangeError, ShapeError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor


def _plain(item: Any) -> Any:
    """A part of a key as NumPy takes it."""
    if isinstance(item, Array | Tensor):
        tensor = convert_to_tensor(item)
        if tensor.is_symbolic:
            raise UnimplementedError(
                "Array indexing: the key depends on values that a traced function does not have "
                "yet; use take or where."
            )
        if not (tensor.dtype.is_integer or tensor.dtype.is_bool):
            raise OutOfRangeError(
                "Array indexing: expected integers or bools as indices, received {dtype}.",
                dtype=tensor.dtype.name,
            )
        return np.asarray(tensor)
    if isinstance(item, slice):
        parts = (item.start, item.stop, item.step)
        return slice(*(part if part is None else part.__index__() for part in parts))
    return item


def _positions(shape: tuple[int, ...], key: Any) -> Any:
    """The row-major positions of the elements that a key picks."""
    items = tuple(map(_plain, key)) if isinstance(key, tuple) else _plain(key)
    everything = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.int64).reshape(shape)
    try:
        return np.asarray(everything[items])
    except (IndexError, ValueError, TypeError) as error:
        raise OutOfRangeError(
            "Array indexing: the key {key} does not fit the shape {shape}: {reason}.",
            key=repr(key),
            shape=shape,
            reason=str(error),
        ) from error


def picked(x: Any, key: Any) -> Any:
    """The elements of a tensor under a key."""
    shape = tuple(x.shape)
    positions = _positions(shape, key)
    flat = ops.reshape(x, shape=(int(np.prod(shape, dtype=np.int64)),))
    found = ops.gather(flat, Tensor(positions.reshape(-1)), axis=0)
    return ops.reshape(found, shape=positions.shape)


def replaced(x: Any, key: Any, value: Any) -> Any:
    """A tensor with the elements under a key replaced; the value broadcasts and promotes to it."""
    shape = tuple(x.shape)
    positions = _positions(shape, key)
    array = Array(x)
    if result_type(array, value) is not x.dtype:
        raise DTypeError(
            "Array item assignment: {received} does not promote to {dtype}.",
            received=getattr(value, "dtype", value),
            dtype=x.dtype.name,
        )
    if not positions.size:
        return x
    new = cast(tensor_of(together("__setitem__", "any", array, value)[1], "__setitem__"), x.dtype)
    if len(new.shape) > positions.ndim and all(n == 1 for n in new.shape):
        new = ops.reshape(new, shape=())
    wide = ops.broadcast_to(new, shape=positions.shape)
    size = int(np.prod(shape, dtype=np.int64))
    source, changed = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    source[positions.reshape(-1)] = np.arange(positions.size)
    changed[positions.reshape(-1)] = True
    flat = ops.reshape(x, shape=(size,))
    fetched = ops.gather(ops.reshape(wide, shape=(positions.size,)), Tensor(source), axis=0)
    return ops.reshape(ops.select(Tensor(changed), fetched, flat), shape=shape)


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Array:
    """The elements at indices along an axis; a negative index counts from the end.

    Raises:
        OutOfRangeError: an index is outside (where values are known).
    """
    data = tensor_of(x, "take")
    places = tensor_of(indices, "take", "integral")
    if axis is None and len(data.shape) != 1:
        raise DTypeError("take: expected an axis for an array of shape {s}.", s=tuple(data.shape))
    place = axis_of(-1 if axis is None else axis, len(data.shape), "take")
    return Array(ops.gather(data, _wrapped(places, int(data.shape[place]), "take"), axis=place))


def _wrapped(places: Any, extent: int, what: str) -> Any:
    """Indices counted from the front."""
    places = cast(places, INDEX)
    if not places.is_symbolic:
        array = np.asarray(places)
        if array.size and (array.min() < -extent or array.max() >= extent):
            raise OutOfRangeError(
                "{what}: expected indices from {low} to {high}, received {received}.",
                what=what,
                low=-extent,
                high=extent - 1,
                received=sorted({int(array.min()), int(array.max())}),
            )
    return ops.select(ops.less(places, np.int64(0)), ops.add(places, np.int64(extent)), places)


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Array:
    """The elements at an index for each place along an axis; the other axes broadcast.

    Raises:
        OutOfRangeError: an index is outside (where values are known).
        ShapeError: the shapes do not fit.

    >>> from caudal import array_api as xp
    >>> xp.take_along_axis(xp.asarray([[1, 2], [3, 4]]), xp.asarray([[1], [0]]))
    Array([[2],
           [3]], dtype=int64)
    """
    data = tensor_of(x, "take_along_axis")
    places = tensor_of(indices, "take_along_axis", "integral")
    rank = len(data.shape)
    place = axis_of(axis, rank, "take_along_axis")
    if len(places.shape) != rank:
        raise ShapeError(
            "take_along_axis: expected indices of {rank} axes, received the shape {shape}.",
            rank=rank,
            shape=tuple(places.shape),
        )
    extent, count = int(data.shape[place]), int(places.shape[place])
    rest = [[1 if i == place else int(n) for i, n in enumerate(t.shape)] for t in (data, places)]
    wide = np.broadcast_shapes(*rest)
    full = (*wide[:place], extent, *wide[place + 1 :])
    deep = (*wide[:place], count, *wide[place + 1 :])
    data = ops.broadcast_to(data, shape=full)
    places = ops.broadcast_to(_wrapped(places, extent, "take_along_axis"), shape=deep)
    size, step = math.prod(full), math.prod(full[place + 1 :])
    first = np.arange(math.prod(full[:place]))[:, None] * (extent * step) + np.arange(step)
    flat = ops.add(ops.mul(places, np.int64(step)), Tensor(first.reshape(wide)))
    return Array(ops.gather(ops.reshape(data, shape=(size,)), flat, axis=0))
