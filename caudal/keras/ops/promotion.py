"""Keras's dtype promotion: a lattice, in which Python's numbers are weak.

The lattice is JAX's ("Type promotion semantics", JAX documentation), except that an int64 and a
float meet at the default float. Every table here was checked against Keras 3.15.1.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import DTypeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import DType, as_dtype
from caudal.keras.engine.policy import floatx

# What stands directly above each dtype; "int" and "float" are Python's numbers.
_ABOVE = {
    "bool": ("int",),
    "int": ("uint8", "int8"),
    "uint8": ("uint16", "int16"),
    "uint16": ("uint32", "int32"),
    "uint32": ("uint64", "int64"),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "uint64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64",),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}


@functools.cache
def _upward(name: str) -> frozenset[str]:
    """A dtype and everything above it."""
    return frozenset({name}).union(*(_upward(above) for above in _ABOVE[name]))


@functools.cache
def _meet(names: frozenset[str]) -> str:
    """The least dtype above all of these."""
    if len(names) == 1:
        (only,) = names
        return only
    common = frozenset.intersection(*(_upward(name) for name in names))
    return next(name for name in common if _upward(name) >= common)


def _name(kind: Any) -> str:
    if kind is bool or kind is int or kind is float:
        return str(kind.__name__)
    found = as_dtype(kind).name
    if found not in _ABOVE:
        raise DTypeError(
            "keras.ops: values of dtype {dtype} cannot be promoted; expected numbers or bools.",
            dtype=found,
        )
    return found


def result_type(*dtypes: Any) -> str:
    """The dtype of an operation on these dtypes; Python's ``int`` and ``float`` are weak.

    >>> result_type("int8", "uint8"), result_type("float16", float), result_type("int64", float)
    ('int16', 'float16', 'float32')
    """
    names = frozenset(map(_name, dtypes)) or frozenset({"float"})
    found = _meet(names)
    if found == "float":
        return str(floatx())
    return "int32" if found == "int" else found


def _kind(value: Any) -> Any:
    """The dtype of a value, or the type of a Python number."""
    if isinstance(value, bool | int | float):
        return type(value) if type(value) in (bool, int, float) else "int32"
    return tensor(value).dtype


def tensor(value: Any) -> Any:
    """The value as a Tensor; Tensors and variables keep their dtype.

    Python floats, and lists of them, get the default float.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, float):
        return convert_to_tensor(value, floatx())
    return convert_to_tensor(value)


def cast(x: Any, dtype: Any) -> Any:
    """The tensor in another dtype, or itself."""
    wanted: DType = as_dtype(dtype)
    return x if x.dtype is wanted else ops.cast(x, dtype=wanted)


def cast_value(value: Any, dtype: Any) -> Any:
    """A value as a Tensor of a dtype; Python's numbers are never rounded on the way."""
    if isinstance(value, bool | int | float):
        return convert_to_tensor(np.asarray(value).astype(as_dtype(dtype).np_dtype))
    return cast(tensor(value), dtype)


def common(*values: Any, also: tuple[Any, ...] = ()) -> list[Any]:
    """The values as Tensors of their common dtype, together with the dtypes ``also``."""
    values = tuple(v if isinstance(v, bool | int | float) else tensor(v) for v in values)
    dtype = result_type(*map(_kind, values), *also)
    return [cast_value(value, dtype) for value in values]


def floats(*values: Any) -> list[Any]:
    """The values as Tensors of their common float dtype: integers and bools become floats."""
    return common(*values, also=(float,))


def floating(x: Any) -> Any:
    """One value as a Tensor of a float dtype; complex numbers stay."""
    x = tensor(x)
    return x if x.dtype.is_floating or x.dtype.is_complex else cast(x, floatx())


def numeric(x: Any) -> Any:
    """One value as a Tensor of numbers: bools become int32."""
    x = tensor(x)
    return cast(x, "int32") if x.dtype.is_bool else x


def boolean(x: Any) -> Any:
    """One value as a bool Tensor: whether it differs from 0."""
    x = tensor(x)
    return x if x.dtype.is_bool else ops.not_equal(x, cast_value(0, x.dtype))
