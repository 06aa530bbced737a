"""What tells one call of a tf.function from another: keys of arguments, input signatures."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from caudal.errors import DTypeError
from caudal.framework import nest
from caudal.framework.composite import CompositeSpec
from caudal.framework.convert import as_tensor, convert_to_tensor
from caudal.framework.shape import TensorSpec


class _Identity:
    """A key for an object by its identity that does not keep it alive if that can be helped."""

    __slots__ = ("_id", "_refer")

    def __init__(self, value: Any) -> None:
        self._id = id(value)
        try:
            self._refer: Callable[[], Any] = weakref.ref(value)
        except TypeError:
            self._refer = lambda: value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Identity):
            return NotImplemented
        mine = self._refer()
        return self is other or (mine is not None and mine is other._refer())

    def __hash__(self) -> int:
        return self._id


PLAIN = (int, float, bool, str, bytes, complex, type(None))


def leaf_key(leaf: Any) -> Any:
    """A hashable stand-in for a Python value: its type and value, or its identity."""
    if type(leaf) is float:
        # As text, so that -0.0 is not 0.0 and nan is nan.
        return (float, leaf.hex())
    if isinstance(leaf, PLAIN):
        # 1, 1.0 and True are equal keys, yet other programs.
        return (type(leaf), leaf)
    tracing_type = getattr(type(leaf), "__tf_tracing_type__", None)
    if tracing_type is not None:
        return (type(leaf), tracing_type(leaf, None))
    return _Identity(leaf)


def structure_key(structure: Any) -> Any:
    """The nesting alone, as a hashable value."""
    if not nest.is_nested(structure):
        return None
    if isinstance(structure, dict):
        return (dict, *((key, structure_key(structure[key])) for key in sorted(structure)))
    return (type(structure), *map(structure_key, structure))


def short(key: Any) -> str:
    """A call's key for messages: dtypes with shapes, and Python values."""
    parts = [
        f"{p[0].name}{list(p[1])}" if len(p) == 2 and hasattr(p[0], "name") else str(p[-1])
        for p in key
        if isinstance(p, tuple)
    ]
    return ", ".join(parts)


def is_flat(args: tuple[Any, ...]) -> bool:
    """Whether no argument is a structure."""
    return not any(nest.is_nested(arg) for arg in args)


def read(leaf: Any) -> Any:
    """A result leaf: of a variable its value."""
    tensor = as_tensor(leaf)
    return leaf if tensor is None else tensor


def shape_of(arguments: Any) -> Any:
    """The structure of the arguments, keeping none of them alive."""
    return nest.map_structure(lambda leaf: None, arguments)


def conforming(value: Any, spec: Any, name: str) -> Any:
    """One argument as the tensor that its TensorSpec demands, or the error."""
    if isinstance(value, TensorSpec):
        return value
    if isinstance(spec, CompositeSpec):
        if spec.is_compatible_with(value):
            return value
        raise DTypeError(
            "{name}(): the input_signature expects {expected}, received {received!r}.",
            name=name,
            expected=spec,
            received=value,
        )
    tensor = as_tensor(value)
    if tensor is None:
        tensor = convert_to_tensor(value, spec.dtype)
    if not spec.is_compatible_with(tensor):
        raise DTypeError(
            "{name}(): the input_signature expects {expected}, received shape {shape}, {dtype}.",
            name=name,
            expected=spec,
            shape=tuple(tensor.shape),
            dtype=tensor.dtype.name,
        )
    return tensor
