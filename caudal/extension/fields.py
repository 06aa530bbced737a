"""Fields of extension types: what an annotation allows, and values made to fit it."""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Mapping
from typing import Any

from caudal.errors import DTypeError
from caudal.framework import Tensor, TensorShape, TensorSpec, Variable, convert_to_tensor
from caudal.framework.composite import Composite, CompositeSpec
from caudal.framework.type_spec import TypeSpec
from caudal.ir.dtypes import DType, as_dtype

_PLAIN = (int, float, str, bytes, bool, type(None))


class ImmutableDict(dict[Any, Any]):
    """A dictionary in a field: it cannot be changed."""

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise DTypeError("A dictionary in a field of an ExtensionType cannot be changed.")

    __setitem__ = __delitem__ = update = pop = popitem = clear = setdefault = _refuse

    def __repr__(self) -> str:
        return f"ImmutableDict({super().__repr__()})"


def check_annotation(name: str, kind: Any) -> None:
    """Refuse an annotation that a field cannot have.

    Raises:
        DTypeError: it is none of tensors, composites, specs, plain values, tuples, mappings and
            unions of them.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        for one in arguments:
            check_annotation(name, one)
        return
    if origin is tuple:
        for one in arguments:
            if one is not Ellipsis:
                check_annotation(name, one)
        return
    if origin in (collections.abc.Mapping, dict):
        check_annotation(name, arguments[1])
        return
    if origin is typing.Literal or _is_tensor(kind) or kind in (*_PLAIN, None, DType, TensorShape):
        return
    if isinstance(kind, type) and issubclass(kind, Composite | TypeSpec):
        return
    raise DTypeError(
        "In field {name!r}: unsupported type annotation {kind!r}. Expected tf.Tensor, another "
        "ExtensionType, int, float, str, bytes, bool, tf.DType, tf.TensorShape, or a Tuple, "
        "Mapping, Optional or Union of them.",
        name=name,
        kind=kind,
    )


def _is_tensor(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Tensor)


def converted(path: str, kind: Any, value: Any) -> Any:
    """A value as the annotation has it.

    Specs stay, for the fields of a `tf.experimental.ExtensionType.Spec` are such.

    Raises:
        DTypeError: it does not fit.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _of_union(path, arguments, value)
    if origin is tuple:
        return _of_tuple(path, arguments, value)
    if origin in (collections.abc.Mapping, dict):
        if not isinstance(value, Mapping):
            raise _unfit(path, "a mapping", value)
        items = {
            converted(f"{path}.keys()", arguments[0], key): converted(
                f"{path}[{key!r}]", arguments[1], one
            )
            for key, one in value.items()
        }
        return ImmutableDict(items)
    if origin is typing.Literal:
        if value not in arguments:
            raise _unfit(path, f"one of {arguments}", value)
        return value
    if _is_tensor(kind):
        return _tensor(path, value)
    if kind is TensorShape:
        return TensorShape(value)
    if kind is DType:
        return as_dtype(value)
    return _of_class(path, type(None) if kind is None else kind, value)


def _tensor(path: str, value: Any) -> Any:
    if isinstance(value, Tensor | Variable | TensorSpec):
        return value
    if isinstance(value, Composite):
        raise _unfit(path, "a tensor", value)
    try:
        return convert_to_tensor(value)
    except (TypeError, ValueError) as error:
        raise _unfit(path, "a tensor", value) from error


def _of_class(path: str, kind: type, value: Any) -> Any:
    is_bool = isinstance(value, bool) and kind in (int, float)
    spec = isinstance(value, CompositeSpec) and issubclass(kind, Composite)
    if spec or (isinstance(value, kind) and not is_bool):
        return value
    raise _unfit(path, repr(kind.__name__), value)


def _of_union(path: str, kinds: tuple[Any, ...], value: Any) -> Any:
    # A tensor is tried last: nearly everything converts to one.
    for kind in sorted(kinds, key=_is_tensor):
        try:
            return converted(path, kind, value)
        except DTypeError:
            continue
    raise _unfit(path, " or ".join(getattr(k, "__name__", str(k)) for k in kinds), value)


def _of_tuple(path: str, kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _unfit(path, "tuple", value)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise _unfit(path, f"a tuple of length {len(kinds)}", value)
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(converted(f"{path}[{i}]", kind, one) for i, (kind, one) in pairs)


def _unfit(path: str, expected: str, value: Any) -> DTypeError:
    return DTypeError(
        "{path}: expected {expected}, received {got!r}.",
        path=path,
        expected=expected,
        got=type(value).__name__,
    )


# --- the tensors in a value of a field ------------------------------------------------------------


class Gap:
    """The place of a tensor in a value from which the tensors were taken."""


def tensors_of(value: Any) -> list[Any]:
    """The tensors and composites in it, in order."""
    found: list[Any] = []
    mapped(found.append, value)
    return found


def mapped(function: Any, value: Any) -> Any:
    """The value with ``function`` of each tensor and composite in its place."""
    if isinstance(value, Tensor | Variable | TensorSpec | Composite | CompositeSpec | Gap):
        return function(value)
    if isinstance(value, tuple) and not isinstance(value, TensorShape):
        return tuple(mapped(function, one) for one in value)
    if isinstance(value, Mapping):
        # In the order of `parts_of`, in the places of the value.
        found = {key: mapped(function, value[key]) for key in sorted(value)}
        return ImmutableDict({key: found[key] for key in value})
    return value
