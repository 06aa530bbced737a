"""Where every intermediate lies: states in place, buffers reused once they are dead."""

from __future__ import annotations

from dataclasses import dataclass, field

from caudal.codegen.kernels import Kernel
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ops.record import make_node
from caudal.passes import lower
from caudal.passes.chains import gather
from caudal.passes.fuse import Plan
from caudal.passes.join import links_between, reads_in_step

_ALIGN = 64


@dataclass
class MemoryPlan:
    """The kernels in their final order, an offset for each intermediate, the states in place."""

    kernels: list[Kernel]
    offsets: dict[Node, int] = field(default_factory=dict)
    size: int = 0
    in_place: dict[int, Node] = field(default_factory=dict)
    places: dict[Node, Node] = field(default_factory=dict)

    def place(self, node: Node) -> Node:
        """The node in whose memory a node lies: the state that it updates, or what it views."""
        return self.places.get(node, node)

    def report(self, program: Program) -> str:
        """Bytes by use, for ``CAUDAL_SHOW=memory``."""
        states = sum(node.type.nbytes for node in program.states)
        inputs = sum(node.type.nbytes for node in program.inputs)
        whole = sum(node.type.nbytes for node in self.offsets)
        return (
            f"memory of {program.name}: {self.size:,} bytes of intermediates "
            f"({whole:,} without reuse), {states:,} of state, {inputs:,} of inputs"
        )


def order_kernels(program: Program, plan: Plan) -> MemoryPlan:
    """Order the kernels so that states can be updated in place; nothing is laid out yet."""
    kernels, alias = list(plan.kernels), plan.alias
    in_place: dict[int, Node] = {}
    links = links_between(kernels, alias)
    maker = {root: k for k, kernel in enumerate(kernels) for root in kernel.roots}
    readers_of: dict[Node, set[int]] = {}
    for k, kernel in enumerate(kernels):
        for node in kernel.inputs:
            readers_of.setdefault(alias.get(node, node), set()).add(k)
    for index, node in program.updates:
        state = program.states[index]
        if state.type.size == 0:
            continue
        writer = maker[node]
        readers = readers_of.get(state, set()) - {writer}
        kernel = kernels[writer]
        harmless = node in kernel.parts or reads_in_step(kernel, state, alias)
        if harmless and not _needs(links, readers, writer):
            in_place[index] = node
            links[writer] |= readers
        else:
            copied = make_node(lower.copy, (node,), {"serial": f"state{index}"})
            kernels.append(Kernel((copied,), None, frozenset({copied})))
            links.append({writer, *readers_of.get(state, set())})
            in_place[index] = copied
    ordered = gather(kernels, links)
    states = {node: program.states[index] for index, node in in_place.items()}
    places = {**states, **{node: states.get(source, source) for node, source in alias.items()}}
    return MemoryPlan(ordered, in_place=in_place, places=places)


def _needs(links: list[set[int]], starts: set[int], goal: int) -> bool:
    """Whether one of ``starts`` depends on ``goal``."""
    seen: set[int] = set()
    stack = list(starts)
    while stack:
        n = stack.pop()
        if n == goal:
            return True
        if n not in seen:
            seen.add(n)
            stack.extend(links[n])
    return False


def lay_out(
    result: MemoryPlan, program: Program, alias: dict[Node, Node], follows: list[bool]
) -> None:
    """An offset for each intermediate.

    follows: for each kernel, whether it runs chunk by chunk with the one before it: no buffer of
        such a chain is free before its end.
    """
    outside = {*program.outputs, *result.in_place.values()}
    first: dict[Node, int] = {}
    last: dict[Node, int] = {}
    position = -1
    for kernel, chained in zip(result.kernels, follows, strict=True):
        position += not chained
        for node in kernel.roots:
            if node not in outside:
                first[node] = last[node] = position
        for node in kernel.inputs:
            source = alias.get(node, node)
            if source in first:
                last[source] = position
    placed: list[tuple[int, int, Node]] = []
    for node in sorted(first, key=lambda n: (-n.type.nbytes, first[n])):
        size = -(-max(1, node.type.nbytes) // _ALIGN) * _ALIGN
        start = 0
        for low, high, other in placed:
            apart = last[other] < first[node] or last[node] < first[other]
            if not apart and low < start + size and start < high:
                start = high
        placed.append((start, start + size, node))
        placed.sort(key=lambda item: item[0])
        result.offsets[node] = start
        result.size = max(result.size, start + size)
