"""``tensor[...]``: integers, slices, ellipsis, newaxis, scalar tensors, boolean masks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import context
from caudal.framework.convert import as_tensor, is_tensor_like
from caudal.framework.tensor import SymbolicTensor, Tensor
from caudal.ir.dtypes import int64
from caudal.ops import compare, convert, movement
from caudal.ops.dynamic import dynamic_slice
from caudal.ops.gather import gather
from caudal.ops.select import select

newaxis = None
_PLAIN = frozenset((int, slice, type(None), type(Ellipsis)))


@dataclass
class Plan:
    """A basic index over known shapes, as steps that ops can take.

    ``begin``, ``end``, ``strides`` are positive steps on every axis; ``reverse`` lists the axes
    to be reversed after that, ``shape`` is the result's. ``dynamic`` holds (axis, tensor) of
    scalar tensors whose values are not known yet: the slice takes everything there.
    """

    begin: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    strides: list[int] = field(default_factory=list)
    reverse: list[int] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    dynamic: list[tuple[int, Any]] = field(default_factory=list)

    def add(self, begin: int, end: int, stride: int) -> None:
        """One axis."""
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(stride)


def _bad_index(item: Any) -> DTypeError:
    return DTypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
        "tf.int32/tf.int64 tensors are valid indices, got {received!r}. For a list of "
        "positions use tf.gather(x, positions).",
        received=item,
    )


def _static(item: Any) -> Any:
    """An index item as a Python int, a slice of ints, None, Ellipsis, or a symbolic scalar."""
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        return slice(*(None if part is None else _bound(part) for part in _parts(item)))
    if isinstance(item, bool | np.bool_):
        raise InvalidArgumentError("A boolean mask: the mask cannot be scalar.")
    if isinstance(item, int):
        return item
    if isinstance(item, np.generic | np.ndarray):
        if item.ndim == 0 and item.dtype.kind in "iu":
            return int(item)
        raise _bad_index(item)
    if is_tensor_like(item):
        tensor = as_tensor(item)
        if tensor is None or tensor.ndim or not tensor.dtype.is_integer:
            raise _bad_index(item)
        return tensor if isinstance(tensor, SymbolicTensor) else int(tensor)
    if hasattr(item, "__index__"):
        return int(item.__index__())
    raise _bad_index(item)


def _parts(item: slice) -> tuple[Any, Any, Any]:
    return item.start, item.stop, item.step


def _bound(value: Any) -> int:
    if isinstance(value, bool):
        raise _bad_index(value)
    value = _static(value)
    if isinstance(value, SymbolicTensor):
        raise InvalidArgumentError(
            "A slice bound is the tensor {name!r} of a function being traced, so the result's "
            "shape would not be known. Use Python integers as bounds, or tf.gather / a mask "
            "with tf.where.",
            name=value.name,
        )
    if not isinstance(value, int):
        raise _bad_index(value)
    return value


def _expanded(key: Any, rank: int) -> list[Any]:
    """The items of a key, with the ellipsis replaced by full slices."""
    items = list(key) if isinstance(key, tuple | list) else [key]
    used = sum(item is not None and item is not Ellipsis for item in items)
    dots = [position for position, item in enumerate(items) if item is Ellipsis]
    if len(dots) > 1:
        raise InvalidArgumentError("Indexing: only one ellipsis (`...`) is allowed.")
    if used > rank:
        raise ShapeError(
            "Indexing: {used} indices were given for a tensor with {rank} axes.",
            used=used,
            rank=rank,
        )
    full = [slice(None)] * (rank - used)
    position = dots[0] if dots else len(items)
    return items[:position] + full + items[position + 1 :]


def plan(key: Any, shape: tuple[int, ...]) -> Plan:
    """The steps for an index.

    Raises:
        DTypeError: something that cannot index.
        InvalidArgumentError: an integer outside of its axis.
    """
    result = Plan()
    axis = 0
    for item in map(_static, _expanded(key, len(shape))):
        if item is None:
            result.shape.append(1)
            continue
        extent = shape[axis]
        if isinstance(item, SymbolicTensor):
            result.dynamic.append((axis, item))
            result.add(0, extent, 1)
        elif isinstance(item, slice):
            _add_slice(result, axis, item, extent)
        else:
            _add_integer(result, axis, item, extent)
        axis += 1
    return result


def _add_integer(result: Plan, axis: int, item: int, extent: int) -> None:
    if not -extent <= item < extent:
        raise InvalidArgumentError(
            "slice index {index} of dimension {axis} out of bounds: its extent is {extent}.",
            index=item,
            axis=axis,
            extent=extent,
        )
    item %= extent
    result.add(item, item + 1, 1)


def _add_slice(result: Plan, axis: int, item: slice, extent: int) -> None:
    if item.step == 0:
        raise InvalidArgumentError("Indexing: slice strides[{axis}] must be non-zero.", axis=axis)
    picked = range(extent)[item]
    result.shape.append(len(picked))
    if not picked:
        result.add(0, 0, 1)
    elif picked.step > 0:
        result.add(picked[0], picked[-1] + 1, picked.step)
    else:
        result.add(picked[-1], picked[0] + 1, -picked.step)
        result.reverse.append(axis)


def getitem(self: Any, key: Any) -> Any:
    """``self[key]``; of a variable the result also has ``assign``."""
    tensor = as_tensor(self)
    assert tensor is not None
    if type(tensor) is Tensor and not context.state.busy:
        result = _eager_item(tensor, key)
    elif _is_mask(key):
        result = boolean_mask(tensor, key)
    else:
        result = sliced(tensor, key)
    if self is not tensor:
        result._origin = (self, key)
    return result


def _eager_item(tensor: Tensor, key: Any) -> Any:
    if type(key) is int:
        value = tensor._value
        if value.ndim and -len(value) <= key < len(value):
            return Tensor(np.asarray(value[key]))
    items = key if type(key) is tuple else (key,)
    if all(type(item) in _PLAIN for item in items):
        try:
            return Tensor(np.asarray(tensor._value[key]))
        except (IndexError, ValueError, TypeError):
            pass  # The long way knows what is wrong.
    if _is_mask(key):
        return boolean_mask(tensor, key)
    shape = tensor._value.shape
    steps = [_static(item) for item in _expanded(key, len(shape))]
    plan(steps, shape)
    return Tensor(np.asarray(tensor._value[tuple(steps)]))


def sliced(tensor: Any, key: Any) -> Any:
    """Basic indexing by ops, so that it can be traced and differentiated."""
    shape = tuple(tensor.shape)
    steps = plan(key, shape)
    result = tensor
    trivial = all(b == 0 for b in steps.begin) and steps.end == list(shape)
    if not trivial or any(stride != 1 for stride in steps.strides):
        result = movement.slice_(
            result,
            begin=tuple(steps.begin),
            end=tuple(steps.end),
            strides=tuple(steps.strides),
        )
    if steps.dynamic:
        result = _dynamic(result, steps, shape)
    if steps.reverse:
        result = movement.reverse(result, axes=tuple(steps.reverse))
    if tuple(result.shape) != tuple(steps.shape) or result is tensor:
        result = movement.reshape(result, shape=tuple(steps.shape))
    return result


def _dynamic(result: Any, steps: Plan, shape: tuple[int, ...]) -> Any:
    """One element along each axis that a symbolic scalar indexes; negative ones count back."""
    sizes = list(result.shape)
    starts: list[Any] = [np.zeros(1, np.int64)] * len(sizes)
    for axis, index in steps.dynamic:
        sizes[axis] = 1
        position = index if index.dtype is int64 else convert.cast(index, dtype=int64)
        wrapped = select(compare.less(position, 0), position + shape[axis], position)
        starts[axis] = movement.reshape(wrapped, shape=(1,))
    if len(starts) == 1:
        vector = starts[0]
    else:
        vector = movement.concat(*starts, axis=0)
    return dynamic_slice(result, vector, sizes=tuple(sizes))


# --- boolean masks ----------------------------------------------------------------------------


def _is_mask(key: Any) -> bool:
    """A boolean tensor or array as the whole index."""
    if isinstance(key, np.ndarray):
        return bool(key.dtype == np.bool_)
    return is_tensor_like(key) and key.dtype.is_bool


def boolean_mask(tensor: Any, mask: Any, axis: int = 0) -> Any:
    """The elements of ``tensor`` where ``mask`` (over its axes from ``axis`` on) is true.

    Raises:
        ShapeError: the mask is a scalar or does not match those axes.
        InvalidArgumentError: inside a traced function, where the count is not known.
    """
    flags = as_tensor(mask)
    if isinstance(flags, SymbolicTensor):
        raise InvalidArgumentError(
            "A boolean mask inside a traced function: the number of elements depends on values, "
            "but shapes must be known. Use tf.where(mask, x, 0) or compute it outside."
        )
    array = np.asarray(mask if flags is None else flags._value)
    shape = tuple(tensor.shape)
    axis = axis % max(len(shape), 1)
    if array.ndim == 0:
        raise ShapeError("A boolean mask: the mask cannot be scalar.")
    if shape[axis : axis + array.ndim] != array.shape:
        raise ShapeError(
            "A boolean mask: its shape {mask} does not match the tensor's axes {shape}.",
            mask=array.shape,
            shape=shape[axis : axis + array.ndim],
        )
    positions = np.flatnonzero(array).astype(np.int32)
    flat = movement.reshape(tensor, shape=(*shape[:axis], array.size, *shape[axis + array.ndim :]))
    return gather(flat, Tensor(positions), axis=axis)
