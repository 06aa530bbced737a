"""Values that are no Keras objects as configurations and back: tensors, arrays, bytes, slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.framework import Tensor, Variable, convert_to_tensor

_Leaf = Callable[[Any], Any]
NONE = object()
"""What is no such value."""


def written(value: Any, inner: _Leaf) -> Any:
    """The configuration of a value, or `NONE`; ``inner`` writes the values inside.

    >>> written(b"ab", repr)
    {'class_name': '__bytes__', 'config': {'value': 'ab'}}
    """
    if isinstance(value, bytes):
        return _named("__bytes__", {"value": value.decode()})
    if value is Ellipsis:
        return _named("__ellipsis__", {})
    if isinstance(value, slice):
        parts = {"start": value.start, "stop": value.stop, "step": value.step}
        return _named("__slice__", {name: inner(part) for name, part in parts.items()})
    if isinstance(value, np.ndarray):
        return _named("__numpy__", {"value": value.tolist(), "dtype": value.dtype.name})
    if isinstance(value, Tensor | Variable):
        array = value.numpy()
        return _named("__tensor__", {"value": array.tolist(), "dtype": value.dtype.name})
    return NONE


def _named(name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": name, "config": config}


def read(name: Any, config: Any, inner: _Leaf) -> Any:
    """The value that `written` wrote under a class name, or `NONE`."""
    if name == "__bytes__":
        return config["value"].encode()
    if name == "__ellipsis__":
        return Ellipsis
    if name == "__slice__":
        return slice(*(inner(config[part]) for part in ("start", "stop", "step")))
    if name == "__numpy__":
        return np.array(config["value"], dtype=config["dtype"])
    if name == "__tensor__":
        return convert_to_tensor(config["value"], dtype=config["dtype"])
    return NONE
