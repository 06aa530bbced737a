"""The table of what ONNX can express, by the name of our record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.errors import InternalError

WRITERS: dict[str, Callable[..., Any]] = {}
"""``fn(writer, node, *inputs) -> Value``, or a tuple of them."""


def writes(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers the writer of these records."""

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            if name in WRITERS:
                raise InternalError("the ONNX writer of {name!r} is defined twice", name=name)
            WRITERS[name] = fn
        return fn

    return register
