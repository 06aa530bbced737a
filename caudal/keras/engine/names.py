"""Automatic names: ``dense``, ``dense_1`` ... and the scopes that make a variable's path."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_counts: Counter[str] = Counter()


def to_snake_case(name: str) -> str:
    """The snake-case form of a class name, as Keras derives a layer's name from it.

    >>> to_snake_case("MaxPooling2D"), to_snake_case("ReLU")
    ('max_pooling2d', 're_lu')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix: str) -> str:
    """The next unused name with that prefix: the prefix itself, then ``prefix_1`` ..."""
    prefix = to_snake_case(prefix)
    count = _counts[prefix]
    _counts[prefix] += 1
    return prefix if count == 0 else f"{prefix}_{count}"


def reset_names() -> None:
    """Starts every automatic name again (``keras.backend.clear_session``)."""
    _counts.clear()


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[tuple[str, Any]] = []


_scopes = _Scopes()


@contextmanager
def name_scope(name: str, owner: Any = None) -> Iterator[None]:
    """Variables made inside get ``name/`` before their path.

    owner: whose scope it is. A scope right inside one of the same owner adds nothing.
    """
    if owner is not None and _scopes.stack and _scopes.stack[-1][1] is owner:
        yield
        return
    _scopes.stack.append((name, owner))
    try:
        yield
    finally:
        _scopes.stack.pop()


def current_path() -> str:
    """The open scopes, joined by slashes; empty outside of all."""
    return "/".join(name for name, _ in _scopes.stack)


def with_snake_case(*classes: type) -> dict[str, type]:
    """A table that finds each class under its own name and under the snake-case one."""
    table = {cls.__name__: cls for cls in classes}
    return {**table, **{to_snake_case(name): cls for name, cls in table.items()}}
