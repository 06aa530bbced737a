"""Kernels: what is written as one machine-code function, and its common frame.

Every kernel is ``void kernel(ptr bufs, i64 lo, i64 hi)``: ``bufs`` points to its buffers'
addresses, and [lo, hi) is the range of chunks to do. The number of chunks follows from the
problem alone, so that any number of threads gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from caudal.codegen.builder import COMPILED
from caudal.codegen.index import Index, LoopVar, flatten, unflatten
from caudal.codegen.loops import Body, Group, Trace
from caudal.codegen.pull import PullContext
from caudal.codegen.slices import Slices
from caudal.codegen.target import Target
from caudal.ir.node import Node
from caudal.ops.dynamic import emit_starts
from caudal.ops.record import Elementwise, Host, Leaf, Pull, View

GRAIN = 16384
"""Instructions (lane by lane) that make a chunk worth another thread."""
MOST_CHUNKS = 32


@dataclass(frozen=True)
class Kernel:
    """A group of nodes computed together.

    ``roots`` are the values stored, all of one shape; ``anchor`` is the reduction or contraction
    inside, if any. ``inside`` are the nodes computed in place, the roots included. ``parts`` are
    roots of which only a row is written: updates of a slice, in place.
    """

    roots: tuple[Node, ...]
    anchor: Node | None
    inside: frozenset[Node]
    parts: frozenset[Node] = frozenset()

    @property
    def shape(self) -> tuple[int, ...]:
        """What its loops run over."""
        root = self.roots[0]
        return row_source(root).shape if root in self.parts else root.shape

    @cached_property
    def inputs(self) -> list[Node]:
        """The materialised nodes that it reads, in a fixed order."""
        found: dict[Node, None] = {}
        seen = set(self.roots)
        stack = list(reversed(self.roots))
        while stack:
            for parent in stack.pop().inputs:
                if parent not in self.inside:
                    found[parent] = None
                elif parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return list(found)

    @cached_property
    def ordered(self) -> list[Node]:
        """The nodes computed in place, each after its inputs."""
        done: dict[Node, None] = {}
        stack = list(reversed(self.roots))
        while stack:
            node = stack[-1]
            missing = [x for x in node.inputs if x in self.inside and x not in done]
            if missing and node not in done:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            done[node] = None
        return list(done)


def on_host(node: Node) -> bool:
    """Whether a node is computed by calling NumPy back: by its record, or for its dtype."""
    if isinstance(node.op.emit, Leaf):
        return False
    kinds = node.type if isinstance(node.type, tuple) else (node.type,)
    types = [*kinds, *(x.type for x in node.inputs if not isinstance(x.type, tuple))]
    return isinstance(node.op.emit, Host) or any(t.dtype not in COMPILED for t in types)


def row_source(root: Node) -> Node:
    """What an update of a slice writes, in the shape that it was computed in."""
    update = root.inputs[1]
    return update.inputs[0] if isinstance(update.op.emit, View) else update


@dataclass
class Code:
    """A written kernel: its text, how it is split and what it needs.

    ``slices`` say what each chunk touches, where that is known.
    """

    text: str
    chunks: int
    buffers: list[Node]
    slices: Slices | None = None


def is_scalar_constant(node: Node) -> bool:
    """Whether a node is written into the code itself."""
    return bool(node.op.name == "constant" and node.type.size == 1)


def frame(body: Body, pointers: list[str]) -> str:
    """The whole function around a body's lines."""
    head = ["define void @kernel(ptr noalias %bufs, i64 %lo, i64 %hi) {", "entry:"]
    for position, name in enumerate(pointers):
        head.append(f"  {name}p = getelementptr ptr, ptr %bufs, i64 {position}")
        head.append(f"  {name} = load ptr, ptr {name}p, !invariant.load !0")
    lines = [*head, *body.entry, *body.lines, "  ret void", "}"]
    return "\n".join([*lines, *sorted(body.declarations), "!0 = !{}", ""])


def may_be_updated(node: Node, kernel: Kernel) -> bool:
    """Whether a kernel may write what it reads as ``node``: a state, updated in place by a root.

    Loads of such a state must stay where they are.
    """
    return node.op.name == "state" and any(root.type == node.type for root in kernel.roots)


def new_body(kernel: Kernel, target: Target, trace: Trace | None) -> tuple[Body, list[Node]]:
    """A body with names for all buffers of a kernel: inputs, then roots."""
    reads = [node for node in kernel.inputs if not is_scalar_constant(node)]
    buffers = [*reads, *kernel.roots]
    names = {node: f"%b{position}" for position, node in enumerate(buffers)}
    body = Body(target, {node: names[node] for node in reads}, trace)
    body.outputs = names
    updated = {names[node] for node in kernel.roots}
    states = {names[node] for node in reads if may_be_updated(node, kernel)}
    body.written = frozenset(updated | states)
    body.repeatable = not states and not kernel.parts
    return body, buffers


def store_roots(body: Body, kernel: Kernel, index: tuple[Index, ...]) -> None:
    """Evaluate every root at ``index``, then store them all: reads come before writes."""
    write_roots(body, kernel, index, body.outputs)


def write_roots(
    body: Body, kernel: Kernel, index: tuple[Index, ...], outputs: dict[Node, str]
) -> None:
    """`store_roots` with the names of the buffers."""
    values = [
        body.evaluate(row_source(root) if root in kernel.parts else root, index)
        for root in kernel.roots
    ]
    for root, value in zip(kernel.roots, values, strict=True):
        if root in kernel.parts:
            flat = flatten(index, row_source(root).shape)
            body.write(outputs[root], row_place(body, root, flat), value)
        else:
            body.write(outputs[root], flatten(index, root.shape), value)


def row_place(body: Body, root: Node, flat: Index) -> Index:
    """Where in the whole an element of an updated slice lies, given its place in the slice."""
    shape = root.inputs[1].shape
    starts = emit_starts(PullContext(body, root, frozenset()), 2, shape)
    place = zip(unflatten(flat, shape), starts, strict=True)
    return flatten(tuple(i + start for i, start in place), root.shape)


def cost_of(nodes: frozenset[Node]) -> int:
    """Instructions a lane of all the nodes computed in place."""
    total = 1
    for node in nodes:
        emit = node.op.emit
        if isinstance(emit, Elementwise | Pull):
            total += emit.cost
    return total


def split(work: int, extent: int, multiple: int = 1, slices: int = 0) -> tuple[int, int]:
    """(chunks, extent of one chunk) for a loop whose whole work is given.

    slices: take just as many chunks, where that divides the loop evenly.
    """
    if slices and extent % (slices * multiple) == 0:
        return slices, extent // slices
    wanted = max(1, min(MOST_CHUNKS, work // GRAIN))
    size = -(-extent // wanted)
    size = -(-size // multiple) * multiple
    return -(-extent // size), size


def chunk_bounds(body: Body, extent: int, size: int, limit: int | None = None) -> tuple[str, str]:
    """SSA names of the first and the last-plus-one iteration of this call."""
    start, stop, end = body.name("lo"), body.name("hi"), body.name("end")
    body.raw(f"{start} = mul i64 %lo, {size}")
    body.raw(f"{stop} = mul i64 %hi, {size}")
    most = extent if limit is None else limit
    less = body.name("c")
    body.raw(f"{less} = icmp slt i64 {stop}, {most}")
    body.raw(f"{end} = select i1 {less}, i64 {stop}, i64 {most}")
    return start, end


def nest(body: Body, groups: list[Group], inner: Callable[[], None]) -> None:
    """Full loops over ``groups`` around what ``inner`` writes."""
    if not groups:
        with body.scope():
            inner()
        return
    first, *rest = groups
    with body.loop("0", str(first.extent), 1, first):
        nest(body, rest, inner)


def axes_of(shape: tuple[int, ...], prefix: str = "d") -> list[LoopVar]:
    """One loop variable per axis."""
    return [LoopVar(f"{prefix}{position}", extent) for position, extent in enumerate(shape)]
