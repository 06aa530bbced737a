"""StructuredValue: nests of tensor specs and Python values in a SavedModel."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from caudal.errors import UnimplementedError
from caudal.framework import TensorShape, TensorSpec
from caudal.ir.dtypes import DType
from caudal.saved_model.messages import StructuredValue
from caudal.saved_model.tensors import array_of, dtype_of, extents, shape_message

_DEEPEST = 64
_POSITIONAL = inspect.Parameter.POSITIONAL_ONLY
_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD


class Opaque:
    """A part of a structure that Caudal has no value for; it is named when it is needed."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def decoded(message: Any, where: str, depth: int = 0) -> Any:
    """The Python structure of a StructuredValue: lists, tuples, dicts, values, TensorSpecs."""
    kind = message.WhichOneof("kind")
    if depth > _DEEPEST:
        raise UnimplementedError("{where}: a structure nested too deeply.", where=where)
    if kind is None or kind == "none_value":
        return None
    value = getattr(message, kind)
    if kind in ("float64_value", "int64_value", "string_value", "bool_value"):
        return value
    if kind in ("list_value", "tuple_value"):
        items = [decoded(item, where, depth + 1) for item in value.values]
        return items if kind == "list_value" else tuple(items)
    if kind == "dict_value":
        fields = value.fields
        return {key: decoded(fields[key], where, depth + 1) for key in sorted(fields)}
    if kind == "named_tuple_value":
        return {pair.key: decoded(pair.value, where, depth + 1) for pair in value.values}
    return _described(kind, value, where)


def _described(kind: str, value: Any, where: str) -> Any:
    if kind in ("tensor_spec_value", "bounded_tensor_spec_value"):
        dtype = dtype_of(value.dtype, where)
        if dtype is None:
            return Opaque("handle")
        return TensorSpec(extents(value.shape), dtype, value.name or None)
    if kind == "tensor_shape_value":
        return TensorShape(extents(value))
    if kind == "tensor_dtype_value":
        return dtype_of(value, where)
    if kind == "type_spec_value":
        return Opaque(value.type_spec_class_name or "composite tensor")
    return array_of(value, where)


def encoded(value: Any) -> Any:
    """The StructuredValue of a structure."""
    found = StructuredValue()
    _fill(found, value)
    return found


def _fill(found: Any, value: Any) -> None:
    if value is None:
        found.none_value.SetInParent()
    elif isinstance(value, bool):
        found.bool_value = value
    elif isinstance(value, int):
        found.int64_value = value
    elif isinstance(value, float):
        found.float64_value = value
    elif isinstance(value, str):
        found.string_value = value
    elif isinstance(value, TensorSpec):
        spec = found.tensor_spec_value
        spec.dtype = value.dtype.as_datatype_enum
        spec.shape.CopyFrom(shape_message(value.shape))
        spec.name = value.name or ""
    elif isinstance(value, TensorShape):
        found.tensor_shape_value.CopyFrom(shape_message(value))
    elif isinstance(value, DType):
        found.tensor_dtype_value = value.as_datatype_enum
    elif isinstance(value, list | tuple):
        target = found.list_value if isinstance(value, list) else found.tuple_value
        target.SetInParent()
        for item in value:
            _fill(target.values.add(), item)
    elif isinstance(value, dict):
        found.dict_value.SetInParent()
        for key in value:
            _fill(found.dict_value.fields[str(key)], value[key])
    else:
        raise UnimplementedError(
            "A SavedModel cannot hold {kind} among a function's arguments or results.",
            kind=type(value).__name__,
        )


def full_arg_spec(parameters: Sequence[inspect.Parameter]) -> Any:
    """The StructuredValue of a Python function's arguments, inspect.FullArgSpec's fields.

    Defaults are kept as far as they are plain values.
    """
    by_kind: dict[Any, list[inspect.Parameter]] = {}
    for one in parameters:
        by_kind.setdefault(one.kind, []).append(one)
    by_place = by_kind.get(_POSITIONAL, []) + by_kind.get(_EITHER, [])
    by_name = by_kind.get(inspect.Parameter.KEYWORD_ONLY, [])
    defaults = tuple(_default(one) for one in by_place if one.default is not one.empty)
    named = {one.name: _default(one) for one in by_name if one.default is not one.empty}
    rest = [one.name for one in by_kind.get(inspect.Parameter.VAR_POSITIONAL, [])]
    keywords = [one.name for one in by_kind.get(inspect.Parameter.VAR_KEYWORD, [])]
    found = StructuredValue()
    spec = found.named_tuple_value
    spec.name = "FullArgSpec"
    fields: dict[str, Any] = {
        "args": [one.name for one in by_place],
        "varargs": rest[0] if rest else None,
        "varkw": keywords[0] if keywords else None,
        "defaults": defaults or None,
        "kwonlyargs": [one.name for one in by_name],
        "kwonlydefaults": named or None,
        "annotations": {},
    }
    for key, value in fields.items():
        _fill(spec.values.add(key=key).value, value)
    return found


def _default(parameter: inspect.Parameter) -> Any:
    value = parameter.default
    return value if isinstance(value, int | float | str | bool | None) else None


def plain_parameters(
    names: Sequence[str], defaults: Mapping[str, Any] | None = None
) -> list[inspect.Parameter]:
    """Parameters by place, for `full_arg_spec`."""
    given = defaults or {}
    empty = inspect.Parameter.empty
    return [inspect.Parameter(one, _EITHER, default=given.get(one, empty)) for one in names]
