"""The graph's node: immutable and interned, so equal computations are one object."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from caudal.ir.types import Type


class OpLike(Protocol):
    """What the ir needs to know of an op: nothing but its name."""

    @property
    def name(self) -> str:
        """The op's name."""


class Literal:
    """A constant array as a hashable parameter: small ones compare by value.

    >>> Literal(np.float32(2)) == Literal(np.float32(2))
    True
    """

    __slots__ = ("_key", "array")
    _BY_VALUE_BYTES = 4096

    def __init__(self, array: Any) -> None:
        # asarray, not ascontiguousarray: that one turns a scalar into a vector.
        self.array = np.asarray(array, order="C")
        if self.array.flags.writeable:
            self.array = self.array.copy()
            self.array.flags.writeable = False
        if self.array.nbytes <= self._BY_VALUE_BYTES and self.array.dtype != object:
            self._key: Any = (self.array.dtype.str, self.array.shape, self.array.tobytes())
        else:
            self._key = id(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        if self.array.size <= 8:
            return str(self.array.tolist())
        return f"<{self.array.size} values>"


class Node:
    """One value of a program: an op applied to other nodes.

    ``type`` is a `Type`, or a tuple of them for an op with several results (taken apart by the
    op "item"). Nodes are made by `Node.make` only, which returns the existing node when an equal
    one is alive. Attributes never change.
    """

    __slots__ = ("__weakref__", "id", "inputs", "op", "params", "type")
    _table: weakref.WeakValueDictionary[Any, Node] = weakref.WeakValueDictionary()
    _ids: Iterator[int] = itertools.count()
    _lock = threading.Lock()

    op: Any
    inputs: tuple[Node, ...]
    params: Mapping[str, Any]
    type: Any
    id: int

    @classmethod
    def make(cls, op: OpLike, inputs: tuple[Node, ...], params: dict[str, Any], type: Any) -> Node:
        """The node for these parts; the same object for equal parts."""
        key = (op, tuple(map(id, inputs)), tuple(sorted(params.items())), type)
        with cls._lock:
            found = cls._table.get(key)
            if found is None:
                found = object.__new__(cls)
                found.op, found.inputs, found.params, found.type = op, inputs, params, type
                found.id = next(cls._ids)
                cls._table[key] = found
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a single-result node."""
        kind: Type = self.type
        return kind.shape

    @property
    def dtype(self) -> Any:
        """The dtype of a single-result node."""
        kind: Type = self.type
        return kind.dtype

    def __repr__(self) -> str:
        return f"%{self.id}:{self.op.name}:{self.type}"


def walk(roots: Iterable[Node]) -> list[Node]:
    """All nodes that the roots need, each after its inputs.

    Iterative, so that a program as deep as an unrolled loop does not exhaust Python's stack.
    """
    done: dict[Node, None] = {}
    stack: list[tuple[Node, bool]] = [(root, False) for root in reversed(list(roots))]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done[node] = None
            continue
        stack.append((node, True))
        stack.extend((parent, False) for parent in reversed(node.inputs) if parent not in done)
    return list(done)
