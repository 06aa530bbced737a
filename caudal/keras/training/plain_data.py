"""Plain values (numbers, texts, arrays, lists and dicts of them) as JSON and a list of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_MARK = "__caudal__"


class NotPlainError(TypeError):
    """A value that is neither number, text, array, nor list or dict of such."""


def encode(value: Any, arrays: list[Array]) -> Any:
    """The value as JSON holds it; arrays are put into the list and referred to by number.

    >>> arrays = []
    >>> decode(encode({"a": (1, np.float32(2))}, arrays), arrays)
    {'a': (1, np.float32(2.0))}
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fiub":
        arrays.append(np.array(value))
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        return {_MARK: kind, "number": len(arrays) - 1}
    if isinstance(value, list):
        return [encode(item, arrays) for item in value]
    if type(value) is tuple:
        return {_MARK: "tuple", "items": [encode(item, arrays) for item in value]}
    if isinstance(value, dict):
        pairs = [[encode(k, arrays), encode(item, arrays)] for k, item in value.items()]
        return {_MARK: "dict", "items": pairs}
    raise NotPlainError(type(value).__name__)


def decode(value: Any, arrays: list[Array]) -> Any:
    """What `encode` was given."""
    if isinstance(value, list):
        return [decode(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value[_MARK]
    if kind in ("array", "scalar"):
        array = arrays[value["number"]]
        return array if kind == "array" else array[()]
    items = value["items"]
    if kind == "tuple":
        return tuple(decode(item, arrays) for item in items)
    return {decode(key, arrays): decode(item, arrays) for key, item in items}


def attributes(owner: Any) -> dict[str, Any]:
    """An object's plain attributes by name; a copy, which later changes do not reach."""
    found = {}
    for name, value in vars(owner).items():
        arrays: list[Array] = []
        try:
            found[name] = decode(encode(value, arrays), arrays)
        except (NotPlainError, RecursionError):
            continue
    return found
