"""Kernels that an op writes as a loop nest of its own (scatter, running sums, argmax, ...)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from caudal.codegen.builder import Value
from caudal.codegen.index import Condition, Index, LoopVar, condition, flatten
from caudal.codegen.kernels import GRAIN, MOST_CHUNKS, Code, Kernel, chunk_bounds, frame
from caudal.codegen.loops import Body, Group
from caudal.codegen.pull import all_of, dynamic_index, index_in
from caudal.codegen.target import Target
from caudal.ir.dtypes import DType, bool_
from caudal.ir.node import Node
from caudal.ops.record import Nest


@dataclass(frozen=True)
class Buffer:
    """An operand or the result of a nest."""

    pointer: str
    node: Node

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.node.shape

    @property
    def dtype(self) -> DType:
        """Its dtype."""
        kind: DType = self.node.dtype
        return kind


class Variable:
    """A scalar that changes while the nest runs."""

    def __init__(self, nest: NestBuilder, start: Value) -> None:
        self._nest, self._dtype = nest, start.dtype
        self._slot = nest.alloca(start.dtype)
        self.set(start)

    def get(self) -> Value:
        """Its value now."""
        return self._nest.get(self._slot, self._dtype)

    def set(self, value: Value) -> None:
        """Change it."""
        Body.set(self._nest, self._slot, value)


class NestBuilder(Body):
    """What a Nest rule writes with (see its users in ops/): scalar loops, loads and stores.

    Values are found in program order, so nothing is remembered between requests.
    """

    def __init__(self, target: Target, node: Node, buffers: list[Node]) -> None:
        names = {buffer: f"%b{position}" for position, buffer in enumerate(buffers)}
        super().__init__(target, {})
        self.outputs = names
        self.written = frozenset(names.values())
        self.ins = [Buffer(names[x], x) for x in node.inputs]
        self.out = Buffer(names[node], node)
        self.chunks = 1
        self._work = max([node.type.size, *(x.type.size for x in node.inputs)]) * 4

    @contextmanager
    def nest_loop(self, start: str, stop: str, extent: int) -> Iterator[Index]:
        """One loop; yields its index."""
        group = Group([LoopVar("n", extent)])
        self.groups.append(group)
        with self.loop(start, stop, 1, group):
            self.memo = {}
            # An extent of one would make the index the constant 0, which it is.
            yield Index.of(group.inner)
            self.memo = {}
        self.groups.remove(group)

    @contextmanager
    def each(self, extent: int) -> Iterator[Index]:
        """``for i in range(extent)``."""
        if extent == 0:
            with self.when(self.const(False, bool_)):
                yield Index.of(0)
            return
        with self.nest_loop("0", str(extent), extent) as index:
            yield index

    @contextmanager
    def parallel(self, extent: int) -> Iterator[Index]:
        """The outermost loop, whose iterations threads share."""
        if extent == 0:
            self.chunks = 0
            with self.when(self.const(False, bool_)):
                yield Index.of(0)
            return
        wanted = max(1, min(MOST_CHUNKS, self._work // GRAIN))
        size = -(-extent // wanted)
        self.chunks = -(-extent // size)
        start, stop = chunk_bounds(self, extent, size)
        with self.nest_loop(start, stop, extent) as index:
            yield index

    def vector(self, extent: int) -> Any:
        """An innermost loop over neighbours; the machine's own vectors are LLVM's choice here."""
        return self.each(extent)

    def var(self, start: Value) -> Variable:
        """A mutable scalar."""
        return Variable(self, start)

    def read_at(self, buffer: Buffer, index: Sequence[Any]) -> Value:
        """One element."""
        self.memo = {}
        flat = flatten(tuple(Index.of(part) for part in index), buffer.shape)
        return self._read(buffer.pointer, buffer.dtype, flat, frozenset())

    def store_at(self, buffer: Buffer, index: Sequence[Any], value: Value) -> None:
        """Change one element of the result."""
        flat = flatten(tuple(Index.of(part) for part in index), buffer.shape)
        self.write(buffer.pointer, flat, value)

    def test_of(self, guard: Value | Condition) -> Value:
        """A condition as a bool."""
        return guard if isinstance(guard, Value) else self.test(condition(guard))


class NestContext:
    """The names that Nest rules use, over a NestBuilder (whose own base has other signatures)."""

    index_in = staticmethod(index_in)
    all_of = staticmethod(all_of)

    def __init__(self, builder: NestBuilder) -> None:
        self._b = builder
        self.ins, self.out = builder.ins, builder.out
        self.loop, self.parallel, self.vector = builder.each, builder.parallel, builder.vector
        self.load, self.store = builder.read_at, builder.store_at
        self.var = builder.var

    def __getattr__(self, name: str) -> Any:
        return getattr(self._b, name)

    def when(self, guard: Any) -> Any:
        """The code inside runs only where the condition holds."""
        return self._b.when(self._b.test_of(guard))

    def to_index(self, value: Value) -> Index:
        """An integer value as an index."""
        return dynamic_index(self._b, value)

    def from_index(self, index: Any, dtype: DType) -> Value:
        """An index as a number."""
        self._b.memo = {}
        return self._b.convert(self._b.index_value(Index.of(index)), dtype)


def write_nest(kernel: Kernel, target: Target) -> Code:
    """The code of a kernel that is one Nest op."""
    (node,) = kernel.roots
    emit = node.op.emit
    assert isinstance(emit, Nest)
    buffers = [*dict.fromkeys(node.inputs), node]
    builder = NestBuilder(target, node, buffers)
    emit.fn(NestContext(builder), **node.params)
    return Code(frame(builder, list(builder.outputs.values())), builder.chunks, buffers)
