"""The attributes of a graph's nodes as Python values, and back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from caudal.framework import TensorShape
from caudal.ir.dtypes import DType, from_numpy
from caudal.saved_model.messages import AttrValue
from caudal.saved_model.tensors import array_of, dtype_of, extents, shape_message, tensor_message


class FunctionName(NamedTuple):
    """An attribute that names a function of the library."""

    name: str


class DataType(NamedTuple):
    """An attribute that is a dtype by its number, which may have no counterpart of ours."""

    number: int


class Shape(NamedTuple):
    """An attribute that is a shape; ``dims`` is None where the rank is open."""

    dims: Any


def attribute(message: Any, where: str) -> Any:
    """The value of an AttrValue: bytes, int, float, bool, DType, Shape, array, name or list."""
    kind = message.WhichOneof("value")
    if kind is None:
        return None
    value = getattr(message, kind)
    if kind != "list":
        return _one(kind, value, where)
    for field, values in value.ListFields():
        return [_one(field.name, entry, where) for entry in values]
    return []


def _one(kind: str, value: Any, where: str) -> Any:
    if kind == "type":
        return dtype_of(value, where)
    if kind == "shape":
        return Shape(extents(value))
    if kind == "tensor":
        return array_of(value, where)
    if kind == "func":
        return FunctionName(value.name)
    return value


def attribute_message(value: Any) -> Any:
    """The AttrValue of a Python value; an array keeps its dtype."""
    found = AttrValue()
    if isinstance(value, bool | np.bool_):
        found.b = bool(value)
    elif isinstance(value, int | np.integer):
        found.i = int(value)
    elif isinstance(value, float):
        found.f = value
    elif isinstance(value, bytes | str):
        found.s = value.encode() if isinstance(value, str) else value
    elif isinstance(value, DType):
        found.type = value.as_datatype_enum
    elif isinstance(value, DataType):
        found.type = value.number
    elif isinstance(value, Shape):
        found.shape.CopyFrom(shape_message(value.dims))
    elif isinstance(value, TensorShape):
        found.shape.CopyFrom(shape_message(value))
    elif isinstance(value, FunctionName):
        found.func.name = value.name
    elif isinstance(value, np.ndarray):
        found.tensor.CopyFrom(tensor_message(value, from_numpy(value.dtype)))
    else:
        _fill_list(found, value)
    return found


def _fill_list(found: Any, values: Any) -> None:
    found.list.SetInParent()
    for value in values:
        one = attribute_message(value)
        kind = one.WhichOneof("value")
        entry = getattr(one, kind)
        target = getattr(found.list, kind)
        if kind in ("shape", "tensor", "func"):
            target.add().CopyFrom(entry)
        else:
            target.append(entry)
