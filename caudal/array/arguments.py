"""Reading arguments as TensorFlow does: tensors of one dtype, axes, static integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import Tensor, Variable, convert_to_tensor, is_symbolic
from caudal.ir.dtypes import DType, as_dtype


def as_tensor(value: Any, dtype: Any = None) -> Any:
    """``value`` as a Tensor; ``dtype`` is what it must have (a Tensor of another raises)."""
    if dtype is not None:
        dtype = as_dtype(dtype)
    if type(value) is Tensor and (dtype is None or value.dtype is dtype):
        return value
    return convert_to_tensor(value, dtype=dtype)


def has_dtype(value: Any) -> bool:
    """Whether a value brings a tensor's dtype with it (NumPy arrays and numbers adapt)."""
    return isinstance(value, Tensor | Variable) or isinstance(getattr(value, "dtype", None), DType)


def unify(what: str, *values: Any) -> list[Any]:
    """The values as Tensors of one dtype: numbers, lists and arrays take that of the tensors.

    An array adapts where nothing is lost but precision: floats never become integers.

    Raises:
        DTypeError: two tensors differ, or a value does not fit the tensors' dtype.
    """
    leader = next((value for value in values if has_dtype(value)), None)
    dtype = as_dtype(leader.dtype) if leader is not None else as_tensor(values[0]).dtype
    found = []
    for value in values:
        if has_dtype(value) and as_dtype(value.dtype) is not dtype:
            raise DTypeError(
                "{what}: expected tensors of one dtype, received {first} and {second}. "
                "Cast one of them with tf.cast.",
                what=what,
                first=dtype.name,
                second=as_dtype(value.dtype).name,
            )
        if isinstance(value, np.ndarray | np.generic) and _loses(value.dtype.kind, dtype):
            raise DTypeError(
                "{what}: expected values of dtype {dtype}, like the tensor beside them, received "
                "an array of {received}. Cast one of them with tf.cast.",
                what=what,
                dtype=dtype.name,
                received=value.dtype,
            )
        found.append(as_tensor(value, dtype))
    return found


def _loses(kind: str, dtype: DType) -> bool:
    """Whether numbers of NumPy's kind would lose their fraction, imaginary part or size."""
    if dtype.is_bool:
        return kind in "iufc"
    return (kind in "fc" and dtype.is_integer) or (kind == "c" and dtype.is_floating)


def floating(what: str, value: Any, *, complex_too: bool = True) -> Any:
    """``value`` as a Tensor of a float (or complex) dtype."""
    tensor = as_tensor(value)
    kind = tensor.dtype.kind
    if kind == "float" or (complex_too and kind == "complex"):
        return tensor
    raise DTypeError(
        "{what}: expected a float tensor, received {received}. Cast it: tf.cast(x, tf.float32).",
        what=what,
        received=tensor.dtype.name,
    )


def numeric(what: str, value: Any) -> Any:
    """``value`` as a Tensor of numbers (neither bool nor string)."""
    tensor = as_tensor(value)
    if tensor.dtype.kind in ("bool", "string"):
        raise DTypeError(
            "{what}: expected numbers, received {received}. Cast it: tf.cast(x, tf.float32).",
            what=what,
            received=tensor.dtype.name,
        )
    return tensor


def boolean(what: str, value: Any) -> Any:
    """``value`` as a bool Tensor."""
    tensor = as_tensor(value)
    if not tensor.dtype.is_bool:
        raise DTypeError(
            "{what}: expected a bool tensor, received {received}. Compare, or tf.cast(x, tf.bool).",
            what=what,
            received=tensor.dtype.name,
        )
    return tensor


def scalar(value: Any, like: Any) -> Any:
    """A constant scalar of the dtype of ``like``."""
    return convert_to_tensor(np.asarray(value, like.dtype.np_dtype), dtype=like.dtype)


def dims(tensor: Any) -> tuple[int, ...]:
    """The shape as plain ints; within a program all of them are known."""
    return tuple(int(extent) for extent in tensor.shape)


def cast_to(tensor: Any, dtype: DType) -> Any:
    """The tensor in another dtype, or itself."""
    return tensor if tensor.dtype is dtype else ops.cast(tensor, dtype=dtype)


def static(value: Any, what: str) -> np.ndarray[Any, Any]:
    """The value as an array known now: shapes, axes and counts must be known while tracing."""
    if isinstance(value, Variable):
        value = convert_to_tensor(value)
    if isinstance(value, Tensor):
        if is_symbolic(value):
            raise UnimplementedError(
                "{what}: expected a value known while tf.function traces (a number, or one "
                "made from tf.shape), received a tensor that is computed later. Pass a Python "
                "number, or call it outside tf.function.",
                what=what,
            )
        return np.asarray(value.numpy())
    if isinstance(value, list | tuple) and any(isinstance(v, Tensor | Variable) for v in value):
        return np.asarray([static(v, what) for v in value])
    return np.asarray(value)


def static_int(value: Any, what: str) -> int:
    """One static integer."""
    array = static(value, what)
    if array.size != 1 or not (np.issubdtype(array.dtype, np.integer)):
        kind = InvalidArgumentError if np.issubdtype(array.dtype, np.integer) else DTypeError
        raise kind(
            "{what}: expected one integer, received {received}.", what=what, received=repr(value)
        )
    return int(array.reshape(()))


def static_ints(value: Any, what: str) -> tuple[int, ...]:
    """A tuple of static integers; one integer gives a tuple of one."""
    if hasattr(value, "as_list"):
        value = value.as_list()
    if isinstance(value, list | tuple) and any(entry is None for entry in value):
        raise DTypeError(
            "{what}: expected integers, received {received}. Use -1 for a free extent of a "
            "reshape, or tf.shape(x) for an extent that is not known beforehand.",
            what=what,
            received=repr(value),
        )
    array = static(value, what)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise DTypeError(
            "{what}: expected integers, received {received}.", what=what, received=repr(value)
        )
    return tuple(int(entry) for entry in array.reshape(-1))


def axis_of(axis: Any, rank: int, what: str) -> int:
    """One axis, counted from the front."""
    found = static_int(axis, what + ": axis")
    if not -rank <= found < rank:
        raise InvalidArgumentError(
            "{what}: expected an axis from {low} to {high}, received {axis}.",
            what=what,
            low=-rank,
            high=rank - 1,
            axis=found,
        )
    return found % rank


def axes_of(axis: Any, rank: int, what: str) -> tuple[int, ...]:
    """Sorted axes, counted from the front; ``None`` means all."""
    if axis is None:
        return tuple(range(rank))
    found = [axis_of(entry, rank, what) for entry in static_ints(axis, what + ": axis")]
    if len(set(found)) != len(found):
        raise InvalidArgumentError(
            "{what}: expected different axes, received {axis}.", what=what, axis=list(found)
        )
    return tuple(sorted(found))


def keep(result: Any, shape: Sequence[int], axes: Sequence[int]) -> Any:
    """A reduced tensor with its reduced axes back, one long."""
    return ops.reshape(result, shape=tuple(1 if i in axes else n for i, n in enumerate(shape)))


def require_rank(tensor: Any, rank: int, what: str) -> None:
    """Raise unless the tensor has that many axes."""
    if len(tensor.shape) != rank:
        raise ShapeError(
            "{what}: expected {rank} axes, received shape {received}.",
            what=what,
            rank=rank,
            received=dims(tensor),
        )
