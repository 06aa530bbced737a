"""What a Pull rule of ops/ writes with: the kernel's body plus its node's inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from caudal.codegen.index import (
    NEVER,
    Condition,
    Divides,
    Dynamic,
    Index,
    InRange,
    condition,
)
from caudal.codegen.values import Value, is_half
from caudal.ir import dtypes
from caudal.ir.dtypes import DType
from caudal.ir.node import Node
from caudal.ir.types import Type

if TYPE_CHECKING:
    from caudal.codegen.builder import Builder
    from caudal.codegen.loops import Body


def index_in(index: Any, low: int, high: int) -> Condition:
    """low <= index < high."""
    return condition(InRange(Index.of(index), low, high))


def all_of(parts: Sequence[Condition]) -> Condition:
    """All conditions at once."""
    return condition(*parts)


def dynamic_index(b: Builder, value: Value) -> Index:
    """An integer found at run time as an index; what it may be is not known."""
    return Index.of(Dynamic(b.convert(value, dtypes.int64), -(2**40), 2**40))


class PullContext:
    """What a Pull rule sees (documented in ops/record.py): the body plus its node's inputs."""

    index_in = staticmethod(index_in)
    all_of = staticmethod(all_of)

    def __init__(self, body: Body, node: Node, guard: Condition) -> None:
        self._body = body
        self._node = node
        self._guard = guard
        self.types: list[Type] = [x.type for x in node.inputs]
        self.type: Type = node.type

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def read(self, k: int, index: Sequence[Any]) -> Value:
        """Input k at an index."""
        at = tuple(Index.of(part) for part in index)
        return self._body.evaluate(self._node.inputs[k], at, self._guard)

    def read_where(self, when: Condition, k: int, index: Sequence[Any], default: Any) -> Value:
        """Input k at an index where the condition holds, else ``default``."""
        body, node = self._body, self._node.inputs[k]
        when = condition(when)
        other = body.const(default, node.dtype)
        if when == NEVER:
            return other
        if not when:
            return self.read(k, index)
        guard = condition(self._guard, when)
        at = tuple(Index.of(part) for part in index)
        value = body.evaluate(node, at, guard)
        return body.select(body.test(when), value, other)

    @staticmethod
    def divides(index: Any, divisor: int) -> Condition:
        """index % divisor == 0."""
        return condition(Divides(Index.of(index), divisor))

    def select_value(self, when: Condition, x: Any, y: Any) -> Value:
        """x where the condition holds, else y."""
        body = self._body
        return body.select(body.test(condition(when)), x, y)

    def to_index(self, value: Value) -> Index:
        """An integer value as an index."""
        return dynamic_index(self._body, value)

    def from_index(self, index: Any, dtype: DType) -> Value:
        """An index as a number."""
        body, at = self._body, Index.of(index)
        if dtype.is_integer and not is_half(dtype):
            return body.index_value(at, dtype)
        return body.convert(body.index_value(at, dtypes.int32), dtype)

    def clamp(self, index: Any, low: int, high: int) -> Index:
        """The index held within low <= index <= high."""
        body, at = self._body, Index.of(index)
        least, most = at.bounds()
        if low <= least and most <= high:
            return at
        value = body.index_value(at)
        value = body.fmin(value, body.const(high, value))
        value = body.fmax(value, body.const(low, value))
        return Index.of(Dynamic(value, low, high + 1))
