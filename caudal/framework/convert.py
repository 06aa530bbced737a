"""Making tensors of Python and NumPy values, by TensorFlow's rules.

Python floats are float32 and ints int32; NumPy's values keep their dtype. Among tensors a
value that is none takes the tensors' dtype (`align`); two tensors never change theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.errors import CaudalError, DTypeError, InvalidArgumentError
from caudal.framework.shape import TensorShape
from caudal.framework.tensor import Tensor
from caudal.ir.dtypes import (
    DType,
    as_dtype,
    bool_,
    complex128,
    float32,
    from_numpy,
    int32,
    int64,
    string,
)
from caudal.ir.node import Node

Array = np.ndarray[Any, Any]
_SCALARS: dict[type, str] = {bool: "bool", int: "int", float: "float", complex: "complex"}
_INT32 = (-(2**31), 2**31 - 1)


def is_tensor_like(value: Any) -> bool:
    """Whether a value has a dtype of its own among tensors: a Tensor or a Variable."""
    return isinstance(value, Tensor) or hasattr(type(value), "__caudal_read__")


def as_tensor(value: Any) -> Tensor | None:
    """A Tensor as it is, a Variable as its value; None for anything else."""
    if isinstance(value, Tensor):
        return value
    read = getattr(type(value), "__caudal_read__", None)
    if read is None:
        return None
    tensor: Tensor = read(value)
    return tensor


# --- Python values to arrays ----------------------------------------------------------------


def _kinds(value: Any, found: set[type]) -> set[type]:
    """The types of all leaves of nested sequences."""
    kinds = set(map(type, value))
    nested = {kind for kind in kinds if issubclass(kind, list | tuple)}
    found |= kinds - nested
    if nested:
        for item in value:
            if type(item) in nested:
                _kinds(item, found)
    return found


def _kind_of(kind: type) -> str:
    """What a leaf of this type counts as: a kind of _SCALARS, "string" or "numpy"."""
    if issubclass(kind, str | bytes):
        return "string"
    if issubclass(kind, np.generic | np.ndarray):
        return "numpy"
    return next((name for base, name in _SCALARS.items() if issubclass(kind, base)), "other")


def byte_strings(array: Array) -> Array:
    """An array of strings as TensorFlow keeps them: bytes objects.

    Raises:
        InvalidArgumentError: it holds anything else.
    """
    flat = array.reshape(-1).tolist()
    result: Array = np.empty(array.shape, object)
    own = result.reshape(-1)
    if set(map(type, flat)) <= {bytes}:
        own[:] = flat
        return result
    for place, item in enumerate(flat):
        if not isinstance(item, str | bytes):
            raise InvalidArgumentError(
                "A tensor: expected numbers or strings, received {received!r} among objects.",
                received=item,
            )
        own[place] = item.encode() if isinstance(item, str) else bytes(item)
    return result


def _python_dtype(kinds: set[str], array: Array, value: Any) -> DType:
    """The dtype of an array made of Python scalars of these kinds."""
    if "bool" in kinds and len(kinds) > 1:
        raise InvalidArgumentError(
            "A tensor: Python's bools and numbers cannot be mixed: {received!r}.",
            received=_short(value),
        )
    if "complex" in kinds:
        return complex128
    if "float" in kinds or not kinds:
        return float32
    if "bool" in kinds:
        return bool_
    if array.dtype.kind not in "iu":
        raise InvalidArgumentError(
            "A tensor: the integer {received} does not fit int64.", received=_short(value)
        )
    small = array.size == 0 or (array.min() >= _INT32[0] and array.max() <= _INT32[1])
    return int32 if small else int64


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _refuse(value: Any) -> CaudalError:
    return DTypeError(
        "A tensor cannot be made of {value} ({kind}).",
        value=_short(value),
        kind=type(value).__name__,
    )


def _raw_array(value: Any) -> tuple[Array, DType]:
    """The array of a Python or NumPy value, and the dtype that it would have by itself."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind in "OSU":
            return byte_strings(array), string
        return array, from_numpy(array.dtype)
    if isinstance(value, str | bytes):
        return byte_strings(np.asarray(value, object)), string
    if isinstance(value, list | tuple | range):
        kinds = {_kind_of(kind) for kind in _kinds(value, set())}
    else:
        kinds = {_kind_of(type(value))}
    if "other" in kinds:
        return _foreign(value)
    if "string" in kinds and len(kinds) > 1:
        raise InvalidArgumentError(
            "A tensor: strings and numbers cannot be mixed: {received}.", received=_short(value)
        )
    try:
        array = np.asarray(value, object if "string" in kinds else None)
    except ValueError as error:
        raise InvalidArgumentError(
            "A tensor: the nested sequence is not rectangular: {received}.",
            received=_short(value),
        ) from error
    if "string" in kinds:
        return byte_strings(array), string
    if "numpy" in kinds:
        return array, from_numpy(array.dtype)
    return array, _python_dtype(kinds, array, value)


def _foreign(value: Any) -> tuple[Array, DType]:
    """An object that offers itself as an array (pandas, PIL, torch); nothing else."""
    known = hasattr(value, "__array__") or hasattr(value, "__array_interface__")
    if not known and not isinstance(value, list | tuple):
        raise _refuse(value)
    try:
        array = np.array(value)
    except (ValueError, TypeError) as error:
        raise _refuse(value) from error
    if array.dtype == object:
        kinds = {_kind_of(type(item)) for item in array.ravel()}
        if kinds != {"string"}:
            raise _refuse(value)
        return byte_strings(array), string
    return array, from_numpy(array.dtype)


def _fits(own: DType, dtype: DType, value: Any) -> bool:
    """Whether a Python value of dtype ``own`` may become ``dtype``."""
    if own is dtype or isinstance(value, np.ndarray | np.generic):
        return (own is string) == (dtype is string)
    if own is string or dtype is string or dtype is bool_ or (own is bool_ and dtype is string):
        return False
    if own.is_complex:
        return dtype.is_complex
    return not (own.is_floating and dtype.is_integer)


def to_array(value: Any, dtype: DType | None = None) -> Array:
    """A fresh array (never an alias of ``value``) in a tensor's dtype.

    Raises:
        DTypeError: the value cannot have ``dtype``.
        InvalidArgumentError: the value is no array at all, or an integer out of range.
    """
    array, own = _raw_array(value)
    target = own if dtype is None else dtype
    # An empty list has no kind of its own.
    if not _fits(own, target, value) and (array.size or not isinstance(value, list | tuple)):
        raise DTypeError(
            "Cannot convert {value} to a tensor of dtype {dtype}.",
            value=_short(value),
            dtype=target.name,
        )
    if array.dtype == target.np_dtype and array.dtype.isnative:
        if array is value and array.flags.writeable:
            return np.array(array)
        shared = array.base is not None and array.flags.writeable
        return np.array(array) if shared else array
    with np.errstate(all="ignore"):
        converted: Array = array.astype(target.np_dtype)
    return converted


# --- tensors --------------------------------------------------------------------------------


def _has_tensors(value: Any) -> bool:
    return any(
        is_tensor_like(item) or (isinstance(item, list | tuple) and _has_tensors(item))
        for item in value
    )


def convert_to_tensor(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: Any = None
) -> Tensor:
    """The tensor of a value; a tensor is returned as it is.

    Raises:
        InvalidArgumentError: a tensor or value cannot have this dtype.
        DTypeError: a Python value cannot.

    >>> convert_to_tensor([1, 2.5])
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1. , 2.5], dtype=float32)>
    """
    wanted = None if dtype is None else as_dtype(dtype)
    tensor = as_tensor(value)
    if tensor is None:
        if isinstance(value, list | tuple) and _has_tensors(value):
            return _stack(value, wanted)
        own = getattr(type(value), "__caudal_tensor__", None)
        if own is not None:
            tensor = own(value)
        elif wanted is None and dtype_hint is not None:
            return _with_hint(value, as_dtype(dtype_hint))
        else:
            return Tensor(to_array(value, wanted))
    if wanted is not None and tensor.dtype is not wanted:
        raise InvalidArgumentError(
            "A conversion to {wanted} was requested for a tensor of dtype {received}; "
            "convert it with tf.cast(x, tf.{wanted}): {tensor!r}",
            wanted=wanted.name,
            received=tensor.dtype.name,
            tensor=tensor,
        )
    return tensor


def _with_hint(value: Any, hint: DType) -> Tensor:
    try:
        return Tensor(to_array(value, hint))
    except DTypeError:
        return Tensor(to_array(value))


def _stack(values: Sequence[Any], dtype: DType | None) -> Tensor:
    """A sequence with tensors in it, as one tensor."""
    from caudal.ops.movement import concat, reshape

    parts = (
        align(list(values), "stack")
        if dtype is None
        else [convert_to_tensor(value, dtype) for value in values]
    )
    shapes = {tuple(part.shape) for part in parts}
    if len(shapes) > 1:
        raise InvalidArgumentError(
            "A tensor of several tensors: their shapes differ: {shapes}.", shapes=sorted(shapes)
        )
    shape = shapes.pop()
    rows = [reshape(part, shape=(1, *shape)) for part in parts]
    result: Tensor = concat(*rows, axis=0)
    return result


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Tensor:
    """A tensor of a value, filled up to ``shape`` if it is a single one.

    >>> constant(7, shape=(2, 2)).numpy().tolist()
    [[7, 7], [7, 7]]
    """
    tensor = as_tensor(value)
    if tensor is None or dtype is not None:
        tensor = convert_to_tensor(value, dtype)
    if shape is None:
        return tensor
    wanted = tuple(TensorShape(shape))
    if tuple(tensor.shape) == wanted:
        return tensor
    array = to_array(value, tensor.dtype) if not isinstance(value, Tensor) else value.numpy()
    if array.size == 1:
        return Tensor(np.full(wanted, array.reshape(()), array.dtype))
    if array.size != int(np.prod(wanted)):
        raise DTypeError(
            "tf.constant: {count} elements do not fill the shape {shape}.",
            count=array.size,
            shape=wanted,
        )
    return Tensor(array.reshape(wanted))


def align(values: Sequence[Any], name: str = "op") -> list[Tensor]:
    """Tensors of one common dtype, as TensorFlow's functions of several inputs demand.

    Tensors and variables keep their dtype and must agree; everything else takes it. Without
    any tensor the first value decides.

    Raises:
        InvalidArgumentError: the dtypes differ.
    """
    tensors = [as_tensor(value) for value in values]
    dtype = next((tensor.dtype for tensor in tensors if tensor is not None), None)
    result = []
    for position, (value, tensor) in enumerate(zip(values, tensors, strict=True)):
        if tensor is None:
            tensor = _as_dtype_or_own(value, dtype)
        if dtype is None:
            dtype = tensor.dtype
        elif tensor.dtype is not dtype:
            raise mismatch(name, position, dtype, tensor.dtype)
        result.append(tensor)
    return result


promote = align


def _as_dtype_or_own(value: Any, dtype: DType | None) -> Tensor:
    if type(value) is float and dtype is not None and dtype.is_floating:
        return Tensor(np.asarray(value, dtype.np_dtype))
    if dtype is not None and not isinstance(value, list | tuple):
        try:
            return Tensor(to_array(value, dtype))
        except DTypeError:
            return convert_to_tensor(value)
    if dtype is None:
        return convert_to_tensor(value)
    try:
        return convert_to_tensor(value, dtype)
    except (DTypeError, InvalidArgumentError):
        return convert_to_tensor(value)


def mismatch(name: str, position: int, expected: DType, received: DType) -> CaudalError:
    """The error for two tensors of different dtypes."""
    return InvalidArgumentError(
        "cannot compute {op} as input #{position}(zero-based) was expected to be a {expected} "
        "tensor but is a {received} tensor. Convert one of them with tf.cast(x, tf.{expected}).",
        op=name,
        position=position,
        expected=expected.name,
        received=received.name,
    )


def lift(value: Any, dtype: DType | None, op: str) -> Any:
    """One input of an op as a tensor; a value that is none takes ``dtype`` if it can."""
    if isinstance(value, Node):
        return value
    tensor = as_tensor(value)
    return tensor if tensor is not None else _as_dtype_or_own(value, dtype)
