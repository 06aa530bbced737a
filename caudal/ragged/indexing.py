"""``ragged[...]``: rows, slices of rows, new axes; and rows picked by known numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import dims, static
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import Tensor, Variable
from caudal.ragged.conversion import pick
from caudal.ragged.partition import Array, RowPartition
from caudal.ragged.tensor import RaggedTensor, rebuilt, row_slice


def take_rows(value: Any, rows: Array) -> Any:
    """Entries of the first axis, of a ragged or a dense tensor."""
    if not isinstance(value, RaggedTensor):
        return pick(value, rows)
    part, places = value.partition.take(rows)
    return RaggedTensor(take_rows(value.values, places), part, internal=True)


def getitem(ragged: RaggedTensor, key: Any) -> Any:
    """``ragged[key]``: integers, slices, newaxis and ellipsis, as for tensors.

    Raises:
        InvalidArgumentError: an integer on a ragged axis behind a slice, whose rows need not
            have such an element.

    >>> ragged = RaggedTensor.from_row_lengths([1, 2, 3, 4], [3, 0, 1])
    >>> ragged[0], ragged[:, :1]
    (<tf.Tensor: shape=(3,), dtype=int32, numpy=array([1, 2, 3], dtype=int32)>, \
<tf.RaggedTensor [[1], [], [4]]>)
    """
    items = list(key) if isinstance(key, tuple) else [key]
    return _outer(ragged, [_plain(item) for item in _expanded(items, len(ragged.shape))])


def _expanded(items: list[Any], rank: int) -> list[Any]:
    """The ellipsis becomes as many full slices as there are axes left."""
    dots = [place for place, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1:
        raise InvalidArgumentError("Indexing: only one ellipsis (`...`) is allowed.")
    used = sum(item is not None and item is not Ellipsis for item in items)
    if used > rank:
        raise InvalidArgumentError(
            "Too many indices for RaggedTensor: {used} for {rank} axes.", used=used, rank=rank
        )
    if not dots:
        return items
    return items[: dots[0]] + [slice(None)] * (rank - used) + items[dots[0] + 1 :]


def _plain(item: Any) -> Any:
    """An item with Python's integers for its numbers."""
    if item is None:
        return None
    if isinstance(item, slice):
        bounds = (item.start, item.stop, item.step)
        found = [None if bound is None else _integer(bound) for bound in bounds]
        if found[2] == 0:
            raise InvalidArgumentError("slice step cannot be zero")
        return slice(*found)
    return _integer(item)


def _integer(item: Any) -> int:
    if isinstance(item, Tensor | Variable | np.generic | np.ndarray):
        array = static(item, "RaggedTensor[...]")
        if array.ndim == 0 and array.dtype.kind in "iu":
            return int(array)
    elif isinstance(item, int) and not isinstance(item, bool):
        return item
    raise DTypeError(
        "RaggedTensor: expected integers, slices, tf.newaxis and ellipsis as indices, received "
        "{item!r}. To choose rows by a list or mask use tf.gather or tf.ragged.boolean_mask.",
        item=item,
    )


def _outer(value: Any, items: list[Any]) -> Any:
    """Items for the axes from the first one on."""
    if not items:
        return value
    if not isinstance(value, RaggedTensor):
        return value[tuple(items)]
    item, rest = items[0], items[1:]
    if item is None:
        inner = _outer(value, rest)
        return new_axis(inner, 0)
    if isinstance(item, slice):
        if item == slice(None):
            return _inner(value, rest)
        rows = np.arange(value.partition.rows, dtype=np.int64)[item]
        return _inner(take_rows(value, rows), rest)
    return _outer(row_slice(value, item), rest)


def _inner(ragged: Any, items: list[Any]) -> Any:
    """Items for the axes behind the rows, which all stay."""
    if not items:
        return ragged
    item, rest = items[0], items[1:]
    part = ragged.partition
    if item is None:
        return new_axis(_inner(ragged, rest), 1)
    if isinstance(item, slice):
        chosen, places = _sliced(part, item)
        values = ragged.values if places is None else take_rows(ragged.values, places)
        if rest:
            values = _behind(values, rest)
        return RaggedTensor(values, chosen, internal=True)
    if part.uniform is None:
        raise InvalidArgumentError(
            "Cannot index into an inner ragged dimension: its rows have different lengths. "
            "Slice it ([:, {item}:{item} + 1]), or index the rows first.",
            item=item,
        )
    if not -part.uniform <= item < part.uniform:
        raise InvalidArgumentError(
            "RaggedTensor: index {item} is out of bounds for rows of length {length}.",
            item=item,
            length=part.uniform,
        )
    return _outer(take_rows(ragged.values, part.starts + item % part.uniform), [slice(None), *rest])


def _behind(values: Any, items: list[Any]) -> Any:
    """Items for the axes of values but the first."""
    if isinstance(values, RaggedTensor):
        return _inner(values, items)
    return values[tuple([slice(None), *items])]


def _sliced(part: RowPartition, item: slice) -> tuple[RowPartition, Array | None]:
    """A slice of each row: the new partition, and which values stay (None: all)."""
    if item == slice(None):
        return part, None
    step = 1 if item.step is None else item.step
    sizes = part.lengths
    low, high = (np.zeros_like(sizes), sizes) if step > 0 else (sizes * 0 - 1, sizes - 1)
    begin = _bound(item.start, sizes, low, high, low if step > 0 else high)
    end = _bound(item.stop, sizes, low, high, high if step > 0 else low)
    counts = np.maximum(0, -(-(end - begin) // step))
    uniform = None
    if part.uniform is not None:
        uniform = len(range(part.uniform)[item])
    found = RowPartition.of_lengths(counts, part.dtype, uniform)
    first = np.repeat(part.starts + begin, counts)
    return found, first + found.places * step


def _bound(at: int | None, sizes: Array, low: Array, high: Array, missing: Array) -> Array:
    if at is None:
        return missing
    return np.clip(sizes + at if at < 0 else np.full_like(sizes, at), low, high)


def new_axis(value: Any, axis: int) -> Any:
    """One more axis of extent 1."""
    if not isinstance(value, RaggedTensor):
        shape = dims(value)
        return ops.reshape(value, shape=(*shape[:axis], 1, *shape[axis:]))
    part = value.partition
    if axis == 0:
        return rebuilt(value, [RowPartition.regular(1, part.rows, part.dtype)])
    if axis == 1:
        return rebuilt(value, [RowPartition.regular(part.rows, 1, part.dtype)])
    return value.with_values(new_axis(value.values, axis - 1))
