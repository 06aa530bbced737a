"""Constants, dtypes and shapes: TensorProto, DataType and TensorShapeProto as our values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal.errors import DataLossError, ResourceExhaustedError, UnimplementedError
from caudal.framework import TensorShape
from caudal.ir.dtypes import DType, as_dtype, string
from caudal.saved_model.messages import TensorProto, TensorShapeProto

Array = np.ndarray[Any, Any]

RESOURCE, VARIANT = 20, 21
"""DataTypes without a dtype of ours: handles of variables and tables, lists of tensors."""
# A repeated value may stand for many; a file may not make more than this of it.
_MOST_REPEATED = 256 << 20
_FIELDS = {
    "float16": "half_val",
    "bfloat16": "half_val",
    "float32": "float_val",
    "float64": "double_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "string": "string_val",
}


def dtype_of(number: int, where: str) -> DType | None:
    """The dtype of a DataType; None for handles and variants."""
    number = number - 100 if 100 < number < 130 else number
    if number in (RESOURCE, VARIANT):
        return None
    try:
        return as_dtype(number)
    except TypeError as error:
        raise UnimplementedError(
            "{where}: TensorFlow's dtype number {number} has no counterpart in Caudal.",
            where=where,
            number=number,
        ) from error


def extents(shape: Any) -> tuple[int | None, ...] | None:
    """A TensorShapeProto's extents, None for open ones; None for an unknown rank."""
    if shape.unknown_rank:
        return None
    return tuple(dim.size if dim.size >= 0 else None for dim in shape.dim)


def shape_message(shape: Any) -> Any:
    """The TensorShapeProto of extents."""
    found = TensorShapeProto()
    if shape is None or (isinstance(shape, TensorShape) and shape.rank is None):
        found.unknown_rank = True
        return found
    for extent in shape:
        found.dim.add(size=-1 if extent is None else int(extent))
    return found


def array_of(message: Any, where: str) -> Array:
    """The array of a TensorProto; its size is checked before anything is allocated.

    Raises:
        DataLossError: it holds more or fewer values than its shape says.
        ResourceExhaustedError: a repeated value that would fill the memory.
    """
    dtype = dtype_of(message.dtype, where)
    shape = extents(message.tensor_shape)
    if dtype is None or shape is None or None in shape:
        raise UnimplementedError("{where}: a constant that is no tensor of numbers.", where=where)
    known = tuple(int(extent or 0) for extent in shape)
    count = math.prod(known)
    if message.tensor_content and dtype is not string:
        data = message.tensor_content
        if len(data) != count * dtype.size:
            raise DataLossError(
                "{where}: a constant of shape {shape} and {dtype} has {size} bytes.",
                where=where,
                shape=known,
                dtype=dtype.name,
                size=len(data),
            )
        return np.frombuffer(data, dtype.np_dtype).reshape(known)
    values = getattr(message, _FIELDS.get(dtype.name, "int_val"))
    return _repeated(_decoded(values, dtype), known, count, where)


def _decoded(values: Any, dtype: DType) -> Array:
    if dtype is string:
        found = np.empty(len(values), object)
        found[:] = list(values)
        return found
    if dtype.name in ("float16", "bfloat16"):
        return np.asarray(values, np.uint16).view(dtype.np_dtype)
    if dtype.is_complex:
        return np.asarray(values, dtype.real_dtype.np_dtype).view(dtype.np_dtype)
    return np.asarray(values).astype(dtype.np_dtype)


def _repeated(values: Array, shape: tuple[int, ...], count: int, where: str) -> Array:
    """The last value stands for all that are left out, none at all for zeros."""
    if len(values) > count:
        raise DataLossError(
            "{where}: a constant of shape {shape} has {size} values.",
            where=where,
            shape=shape,
            size=len(values),
        )
    if len(values) == count:
        return values.reshape(shape)
    if count * max(1, values.dtype.itemsize) > _MOST_REPEATED:
        raise ResourceExhaustedError(
            "{where}: a constant of shape {shape} out of {size} values is refused.",
            where=where,
            shape=shape,
            size=len(values),
        )
    blank: Any = b"" if values.dtype == object else 0
    found = np.full(count, values[-1] if len(values) else blank, values.dtype)
    found[: len(values)] = values
    return found.reshape(shape)


def tensor_message(array: Array, dtype: DType) -> Any:
    """The TensorProto of an array."""
    found = TensorProto(dtype=dtype.as_datatype_enum, tensor_shape=shape_message(array.shape))
    if dtype is string:
        found.string_val.extend(
            value if isinstance(value, bytes) else str(value).encode() for value in array.ravel()
        )
    else:
        found.tensor_content = np.ascontiguousarray(array, dtype.np_dtype).tobytes()
    return found
