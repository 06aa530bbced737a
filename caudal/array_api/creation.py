"""Making arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.create import eye as _eye
from caudal.array.create import meshgrid as _meshgrid
from caudal.array_api.array import Array, require_device
from caudal.array_api.promotion import (
    DEFAULT_COMPLEX,
    DEFAULT_FLOAT,
    DEFAULT_INT,
    cast,
    kind_of,
    tensor_of,
)
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor, dlpack
from caudal.ir.dtypes import DType, as_dtype, bool_


def _default(array: Any) -> DType:
    """The dtype of values that bring none of their own."""
    kind = array.dtype.kind
    if kind == "b":
        return bool_
    if kind == "c":
        return DEFAULT_COMPLEX
    if kind == "u":
        return as_dtype(np.uint64)
    return DEFAULT_INT if kind == "i" else DEFAULT_FLOAT


def _own_dtype(value: Any) -> bool:
    return hasattr(value, "dtype") or isinstance(value, memoryview | bytearray)


def _arrays(value: Any) -> Any:
    """Nested sequences with arrays in them, as NumPy takes them; and whether one has a dtype."""
    if isinstance(value, list | tuple):
        parts = [_arrays(part) for part in value]
        return [part for part, _ in parts], any(own for _, own in parts)
    return (np.asarray(value), True) if _own_dtype(value) else (value, False)


def asarray(
    obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
) -> Array:
    """The array of an array, tensor, number, nested sequence or buffer.

    Args:
        dtype: by default the value's own; float32, int64, complex64 or bool of Python numbers.
        copy: False raises where the elements have to be copied.

    Raises:
        DTypeError: values that are no numbers, or that do not fit the dtype.

    >>> asarray([1.5, 2])
    Array([1.5, 2. ], dtype=float32)
    """
    require_device(device)
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(obj, Array | Tensor) or hasattr(type(obj), "__caudal_read__"):
        tensor = tensor_of(obj, "asarray")
        if copy is False and wanted not in (None, tensor.dtype):
            raise _needs_copy()
        if isinstance(obj, Array) and not copy and wanted in (None, tensor.dtype):
            return obj
        return Array(tensor if wanted is None else cast(tensor, wanted))
    if copy is False:
        raise _needs_copy()
    nested, own = _arrays(obj)
    try:
        array = np.array(nested)
    except (ValueError, OverflowError) as error:
        raise DTypeError("asarray: {reason}", reason=str(error)) from error
    if array.dtype.kind not in "biufc":
        raise DTypeError(
            "asarray: expected numbers, received {received!r}.", received=type(obj).__name__
        )
    target = wanted or (as_dtype(array.dtype) if own else _default(array))
    kind_of(target)
    with np.errstate(all="ignore"):
        return Array(Tensor(array.astype(target.np_dtype)))


def _needs_copy() -> InvalidArgumentError:
    return InvalidArgumentError("asarray: copy=False, but these elements have to be copied.")


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """An array of any object with ``__dlpack__``; always a copy.

    Raises:
        InvalidArgumentError: copy=False was asked for.
    """
    require_device(device)
    if isinstance(x, Array):
        return Array(x.tensor)
    if copy is False:
        raise InvalidArgumentError("from_dlpack: copy=False, but Caudal copies what it is given.")
    return Array(dlpack.from_dlpack(x))


def _shape(shape: Any) -> tuple[int, ...]:
    parts = shape if isinstance(shape, tuple | list) else (shape,)
    found = tuple(part.__index__() for part in parts)
    if any(extent < 0 for extent in found):
        raise InvalidArgumentError("Expected extents of at least 0, received {s}.", s=found)
    return found


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """One value everywhere.

    >>> full((2,), 1.5)
    Array([1.5, 1.5], dtype=float32)
    """
    value = asarray(fill_value, dtype=dtype, device=device)
    return Array(ops.broadcast_to(value.tensor, shape=_shape(shape)))


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """Zeros, float32 by default."""
    return full(shape, 0, dtype=dtype or DEFAULT_FLOAT, device=device)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """Ones, float32 by default."""
    return full(shape, 1, dtype=dtype or DEFAULT_FLOAT, device=device)


def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """Zeros: there is no memory without values."""
    return zeros(shape, dtype=dtype, device=device)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """One value in the shape, and by default the dtype, of an array."""
    like = tensor_of(x, "full_like")
    return full(tuple(like.shape), fill_value, dtype=dtype or like.dtype, device=device)


def zeros_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Array:
    """Zeros in the shape and dtype of an array."""
    return full_like(x, 0, dtype=dtype, device=device)


def ones_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Array:
    """Ones in the shape and dtype of an array."""
    return full_like(x, 1, dtype=dtype, device=device)


def empty_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Array:
    """Zeros in the shape and dtype of an array."""
    return zeros_like(x, dtype=dtype, device=device)


def _numbers(values: Any, dtype: Any) -> Array:
    return Array(Tensor(np.asarray(values, as_dtype(dtype).np_dtype)))


def arange(
    start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None
) -> Array:
    """``start``, ``start + step``, ... up to but without ``stop``.

    >>> arange(3)
    Array([0, 1, 2], dtype=int64)
    """
    require_device(device)
    if stop is None:
        start, stop = 0, start
    if step == 0:
        raise InvalidArgumentError("arange: expected a step other than 0.")
    if dtype is None:
        whole = all(isinstance(part, int) for part in (start, stop, step))
        dtype = DEFAULT_INT if whole else DEFAULT_FLOAT
    count = max(int(np.ceil((stop - start) / step)), 0)
    if all(isinstance(part, int) for part in (start, stop, step)):
        return _numbers(np.asarray([start + i * step for i in range(count)]), dtype)
    return _numbers(start + np.arange(count) * step, dtype)


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int,
    *,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> Array:
    """``num`` numbers at equal distances from ``start`` to ``stop``.

    >>> linspace(0.0, 1.0, 3)
    Array([0. , 0.5, 1. ], dtype=float32)
    """
    require_device(device)
    if num < 0:
        raise InvalidArgumentError("linspace: expected num of at least 0, received {n}.", n=num)
    values = np.linspace(start, stop, num, endpoint=endpoint)
    if dtype is None:
        dtype = DEFAULT_COMPLEX if values.dtype.kind == "c" else DEFAULT_FLOAT
    return _numbers(values, dtype)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: Any = None,
    device: Any = None,
) -> Array:
    """Ones on the k-th diagonal."""
    require_device(device)
    kind = as_dtype(dtype or DEFAULT_FLOAT)
    if k == 0:
        return Array(_eye(n_rows, n_cols, dtype=kind))
    return _numbers(np.eye(n_rows, n_cols, k), kind)


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Array]:
    """Coordinates of a grid from those of its axes, in one dtype.

    Raises:
        InvalidArgumentError: dtypes differ, or an array has more than one axis.
    """
    found = [tensor_of(x, "meshgrid") for x in arrays]
    if len({x.dtype for x in found}) > 1 or any(len(x.shape) > 1 for x in found):
        raise InvalidArgumentError(
            "meshgrid: expected arrays of one axis and one dtype, received {kinds}.",
            kinds=[(x.dtype.name, tuple(x.shape)) for x in found],
        )
    flat = [ops.reshape(x, shape=(int(np.prod(tuple(x.shape))),)) for x in found]
    return [Array(x) for x in _meshgrid(*flat, indexing=indexing)]


def _triangle(x: Any, k: int, lower: bool, what: str) -> Array:
    found = tensor_of(x, what)
    if len(found.shape) < 2:
        raise InvalidArgumentError(
            "{what}: expected matrices, received the shape {shape}.",
            what=what,
            shape=tuple(found.shape),
        )
    rows, columns = (int(n) for n in found.shape[-2:])
    mask = np.tri(rows, columns, k if lower else k - 1, dtype=np.bool_)
    keep = convert_to_tensor(mask if lower else ~mask)
    zero = Tensor(np.zeros((), found.dtype.np_dtype))
    return Array(ops.select(keep, found, zero))


def tril(x: Any, /, *, k: int = 0) -> Array:
    """Matrices with zeros above the k-th diagonal."""
    return _triangle(x, k, True, "tril")


def triu(x: Any, /, *, k: int = 0) -> Array:
    """Matrices with zeros below the k-th diagonal."""
    return _triangle(x, k, False, "triu")


__all__ = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]
