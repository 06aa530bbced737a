"""``keras.ops``: elements picked by index, condition or order; scatters; triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array import arguments, indexing, movement
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor, is_symbolic
from caudal.keras.ops.promotion import boolean, cast, cast_value, common, tensor


def _dims(x: Any) -> tuple[int, ...]:
    return tuple(int(extent) for extent in x.shape)


def _wrapped(indices: Any, extent: int) -> Any:
    """Indices from the front; those below 0 count from the end."""
    ids = tensor(indices)
    if ids.dtype.is_bool or not ids.dtype.is_integer:
        ids = cast(ids, "int32")
    if ids.dtype.name.startswith("u"):
        return ids
    low = cast_value(0, ids.dtype)
    return ops.select(ops.less(ids, low), ops.add(ids, cast_value(extent, ids.dtype)), ids)


def take(x: Any, indices: Any, axis: Any = None) -> Any:
    """The slices at ``indices`` along an axis; of the flat tensor if None.

    >>> take([[1, 2], [3, 4]], [1, -1], axis=0).numpy().tolist()
    [[3, 4], [3, 4]]
    """
    x = tensor(x)
    if axis is None:
        x, axis = movement.reshape(x, (-1,)), 0
    place = arguments.axis_of(axis, len(x.shape), "keras.ops.take")
    return indexing.gather(x, _wrapped(indices, _dims(x)[place]), axis=place)


def take_along_axis(x: Any, indices: Any, axis: Any = None) -> Any:
    """The elements at ``indices`` along an axis, the other axes matched one to one."""
    x = tensor(x)
    ids = tensor(indices)
    if axis is None:
        return take(x, movement.reshape(ids, (-1,)))
    rank = len(x.shape)
    place = arguments.axis_of(axis, rank, "keras.ops.take_along_axis")
    if len(ids.shape) != rank:
        raise InvalidArgumentError(
            "keras.ops.take_along_axis: x and indices must have the same number of axes, "
            "received shapes {x} and {ids}.",
            x=_dims(x),
            ids=_dims(ids),
        )
    shape = [
        max(a, b) if i != place else 1
        for i, (a, b) in enumerate(zip(_dims(x), _dims(ids), strict=True))
    ]
    wide = [_dims(x)[place] if i == place else n for i, n in enumerate(shape)]
    deep = [_dims(ids)[place] if i == place else n for i, n in enumerate(shape)]
    x = movement.broadcast_to(x, wide)
    ids = movement.broadcast_to(_wrapped(ids, wide[place]), deep)
    order = (*(i for i in range(rank) if i != place), place)
    lines = int(np.prod([n for i, n in enumerate(wide) if i != place], dtype=np.int64))
    rows = movement.reshape(ops.transpose(x, perm=order), (lines, wide[place]))
    picks = movement.reshape(ops.transpose(ids, perm=order), (lines, deep[place]))
    found = indexing.gather(rows, picks, batch_dims=1)
    moved = movement.reshape(found, [deep[i] for i in order])
    return ops.transpose(moved, perm=tuple(np.argsort(order).tolist()))


def get_item(x: Any, key: Any) -> Any:
    """``x[key]``."""
    return tensor(x)[key]


def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """x1 where the condition holds, x2 elsewhere; without both, the indices where it holds."""
    if (x1 is None) != (x2 is None):
        raise InvalidArgumentError("keras.ops.where: expected both `x1` and `x2`, or neither.")
    if x1 is None:
        return nonzero(condition)
    return ops.select(boolean(condition), *common(x1, x2))


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """The choice of the first condition that holds."""
    found = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        found = where(condition, choice, found)
    return found


def nonzero(x: Any) -> Any:
    """The indices of what is not 0, one int32 tensor an axis."""
    known = arguments.static(x, "keras.ops.nonzero")
    return [convert_to_tensor(places.astype("int32")) for places in np.nonzero(known)]


def sort(x: Any, axis: Any = -1) -> Any:
    """In rising order along an axis; flat if None."""
    x = tensor(x)
    if x.dtype.is_bool:
        return cast(sort(cast(x, "int32"), axis), "bool")
    return indexing.sort(movement.reshape(x, (-1,)) if axis is None else x, axis=axis or 0)


def argsort(x: Any, axis: Any = -1) -> Any:
    """The indices that sort, as int32; equals keep their order."""
    x = tensor(x)
    x = cast(x, "int32") if x.dtype.is_bool else x
    x = movement.reshape(x, (-1,)) if axis is None else x
    return indexing.argsort(x, axis=0 if axis is None else axis, stable=True)


def top_k(x: Any, k: int, sorted: bool = True) -> Any:
    """The k greatest of the last axis and where they were."""
    return math.top_k(tensor(x), k, sorted=sorted)


def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Whether each target is among the k greatest of its row of predictions."""
    return math.in_top_k(tensor(targets), tensor(predictions), k)


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """Where values fit into a rising vector, as int32."""
    if side not in ("left", "right"):
        raise InvalidArgumentError(
            "keras.ops.searchsorted: `side` must be 'left' or 'right', received {side!r}.",
            side=side,
        )
    line, wanted = common(sorted_sequence, values)
    if len(line.shape) != 1:
        raise InvalidArgumentError(
            "keras.ops.searchsorted: expected a vector as `sorted_sequence`, received {shape}.",
            shape=_dims(line),
        )
    # Each value is compared with the whole vector: short ones only, but all shapes of values.
    below = ops.less if side == "left" else ops.less_equal
    smaller = below(line, movement.expand_dims(wanted, -1))
    return math.reduce_sum(cast(smaller, "int32"), axis=-1)


def digitize(x: Any, bins: Any) -> Any:
    """The number of the bin of each element: how many bounds do not exceed it."""
    return searchsorted(bins, x, side="right")


def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often each number from 0 on occurs, along the last axis."""
    if sparse:
        raise InvalidArgumentError("keras.ops.bincount: sparse=True is not implemented.")
    known = arguments.static(x, "keras.ops.bincount")
    size = max(int(known.max()) + 1 if known.size else 0, minlength)
    places = np.arange(size, dtype=known.dtype)
    mask = convert_to_tensor(known[..., None] == places)
    if weights is None:
        return math.reduce_sum(cast(mask, "int32"), axis=known.ndim - 1)
    amount = movement.expand_dims(tensor(weights), -1)
    return math.reduce_sum(cast(mask, amount.dtype) * amount, axis=known.ndim - 1)


def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Where an element of x1 is somewhere in x2."""
    x, y = common(x1, x2)
    found = math.reduce_any(
        ops.equal(movement.expand_dims(x, -1), movement.reshape(y, (-1,))), axis=-1
    )
    return ops.bit_not(found) if invert else found


def unravel_index(indices: Any, shape: Any) -> Any:
    """Indices of the flat tensor as one index an axis."""
    rest = tensor(indices)
    found = []
    for extent in reversed([int(n) for n in shape]):
        size = cast_value(extent, rest.dtype)
        found.append(ops.floor_mod(rest, size))
        rest = ops.floor_div(rest, size)
    return tuple(reversed(found))


# --- scatters ---------------------------------------------------------------------------------


def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """Zeros with ``values`` added at ``indices``."""
    return indexing.scatter_nd(tensor(indices), tensor(values), shape)


def _scatter_products(x: Any, indices: Any, updates: Any) -> Any:
    """x times the product of all updates of each place."""
    shape, depth = _dims(x), int(indices.shape[-1])
    count = int(np.prod(shape[:depth]))
    steps = np.cumprod([1, *reversed(shape[1:depth])])[::-1]
    places = math.reduce_sum(cast(indices, "int64") * convert_to_tensor(steps.copy()), axis=-1)
    rows = movement.reshape(updates, (-1, *shape[depth:]))
    factors = math.unsorted_segment_prod(rows, movement.reshape(places, (-1,)), count)
    return x * movement.reshape(factors, shape)


_UPDATES: dict[Any, Any] = {
    None: indexing.tensor_scatter_nd_update,
    "add": indexing.tensor_scatter_nd_add,
    "max": indexing.tensor_scatter_nd_max,
    "min": indexing.tensor_scatter_nd_min,
    "mul": _scatter_products,
}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any = None) -> Any:
    """The inputs with new values at ``indices``.

    reduction: None puts them there; "add", "max", "min" and "mul" put them together with what is
    there, several for one place as well.

    >>> scatter_update([1.0, 2.0], [[1], [1]], [3.0, 4.0], reduction="mul").numpy().tolist()
    [1.0, 24.0]
    """
    if reduction not in _UPDATES:
        raise InvalidArgumentError(
            "keras.ops.scatter_update: `reduction` must be None, 'add', 'max', 'min' or 'mul', "
            "received {reduction!r}.",
            reduction=reduction,
        )
    x = tensor(inputs)
    return _UPDATES[reduction](x, tensor(indices), cast_value(updates, x.dtype))


def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    """A block of a shape, from ``start_indices`` on; the starts may be computed."""
    x = tensor(inputs)
    sizes = tuple(int(n) for n in shape)
    starts = cast(tensor(start_indices), "int64")
    if is_symbolic(starts):
        return ops.dynamic_slice(x, starts, sizes=sizes)
    begin = tuple(int(n) for n in starts.numpy())
    sizes = tuple(n - b if s == -1 else s for n, b, s in zip(_dims(x), begin, sizes, strict=True))
    return movement.slice(x, begin, sizes)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """The inputs with a block from ``start_indices`` on replaced."""
    x = tensor(inputs)
    starts = cast(tensor(start_indices), "int64")
    return ops.dynamic_update_slice(x, cast_value(updates, x.dtype), starts)


# --- diagonals and triangles ------------------------------------------------------------------


def _masked(x: Any, mask: Any) -> Any:
    return ops.select(convert_to_tensor(mask), x, cast_value(0, x.dtype))


def tril(x: Any, k: int = 0) -> Any:
    """Zeros above the k-th diagonal."""
    x = tensor(x)
    rows, columns = _dims(x)[-2:]
    return _masked(x, np.tri(rows, columns, k, dtype=bool))


def triu(x: Any, k: int = 0) -> Any:
    """Zeros below the k-th diagonal."""
    x = tensor(x)
    rows, columns = _dims(x)[-2:]
    return _masked(x, ~np.tri(rows, columns, k - 1, dtype=bool))


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of two axes, as a new last axis."""
    x = tensor(x)
    rank = len(x.shape)
    first, second = axis1 % rank, axis2 % rank
    rest = [i for i in range(rank) if i not in (first, second)]
    moved = ops.transpose(x, perm=(*rest, first, second))
    rows, columns = _dims(moved)[-2:]
    picks = np.arange(rows * columns).reshape(rows, columns).diagonal(offset).astype("int32")
    flat = movement.reshape(moved, [*_dims(moved)[:-2], rows * columns])
    return ops.gather(flat, convert_to_tensor(picks), axis=len(rest))


def diag(x: Any, k: int = 0) -> Any:
    """A matrix with x on its k-th diagonal; of a matrix, that diagonal."""
    x = tensor(x)
    if len(x.shape) == 2:
        return diagonal(x, k)
    if len(x.shape) != 1:
        raise InvalidArgumentError(
            "keras.ops.diag: expected one or two axes, received shape {shape}.", shape=_dims(x)
        )
    if x.dtype.is_bool:
        return cast(diag(cast(x, "int32"), k), "bool")
    size = _dims(x)[0] + abs(k)
    rows = movement.pad(x, [[max(-k, 0), max(k, 0)]])
    # Row i holds x[i - max(-k, 0)] in column i + k.
    return _masked(movement.reshape(rows, (-1, 1)), np.eye(size, k=k, dtype=bool))


def diagflat(x: Any, k: int = 0) -> Any:
    """A matrix with all elements of x on its k-th diagonal."""
    return diag(movement.reshape(tensor(x), (-1,)), k)


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of the diagonal of two axes."""
    x = tensor(x)
    if x.dtype.name in ("bool", "int8", "int16"):
        x = cast(x, "int32")
    elif x.dtype.name in ("uint8", "uint16"):
        x = cast(x, "uint32")
    return math.reduce_sum(diagonal(x, offset, axis1, axis2), axis=-1)
