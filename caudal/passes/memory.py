"""Where every intermediate lies: states in place, buffers reused once they are dead."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from caudal.codegen.kernels import Kernel
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ops.record import make_node
from caudal.passes import lower
from caudal.passes.chains import Written, gather
from caudal.passes.fuse import Plan
from caudal.passes.join import links_between, reads_in_step

_ALIGN = 64
MOST_POINTERS = 64
"""Buffers of a kernel up to which some may be private: the runtime copies its pointers."""


@dataclass
class MemoryPlan:
    """The kernels in their final order, an offset for each intermediate, the states in place.

    private: of what lies in a thread's own ``scratch`` bytes, the offset and the bytes of a part.
    """

    kernels: list[Kernel]
    offsets: dict[Node, int] = field(default_factory=dict)
    size: int = 0
    in_place: dict[int, Node] = field(default_factory=dict)
    private: dict[Node, tuple[int, int]] = field(default_factory=dict)
    scratch: int = 0
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
            f"({whole:,} without reuse), {self.scratch:,} of each thread's own, "
            f"{states:,} of state, {inputs:,} of inputs"
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
    ordered = gather(kernels, links, set(in_place.values()))
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
    result: MemoryPlan, program: Program, alias: dict[Node, Node], made: list[Written], *, own: bool
) -> None:
    """An offset for each intermediate.

    made: the kernels as written. No buffer of a chain is free before its end, nor any of what
        need not wait for one another.
    own: whether what passes between the kernels of a chain may lie in the thread's own scratch.
    """
    outside = {*program.outputs, *result.in_place.values()}
    first: dict[Node, int] = {}
    last: dict[Node, int] = {}
    chains: list[list[Written]] = []
    runs = [0]
    for item in made:
        if not item.follows:
            chains.append([])
            runs.append(runs[-1] + item.waits)
        chains[-1].append(item)
        for node in item.kernel.roots:
            if node not in outside:
                first[node] = last[node] = len(chains)
        for node in item.kernel.inputs:
            source = alias.get(node, node)
            if source in first:
                last[source] = len(chains)
    if own:
        for number, chain in enumerate(chains, 1):
            inside = {node for node in first if first[node] == last[node] == number}
            _lay_out_privately(result, chain, inside, alias)
    shared = [node for node in first if node not in result.private]
    sizes = {node: node.type.nbytes for node in shared}
    begins, ends = ({node: runs[when[node]] for node in shared} for when in (first, last))
    result.offsets, result.size = _packed(sizes, begins, ends)


def _lay_out_privately(
    result: MemoryPlan, chain: list[Written], inside: set[Node], alias: dict[Node, Node]
) -> None:
    """Offsets in a thread's scratch for values of which it needs one chunk's part at a time.

    inside: the values that nothing beyond the chain reads.
    """
    if len(chain) < 2 or any(len(item.code.buffers) > MOST_POINTERS for item in chain if item.code):
        return
    claims = math.gcd(*(item.code.chunks for item in chain if item.code))
    first: dict[Node, int] = {}
    last: dict[Node, int] = {}
    for position, item in enumerate(chain):
        assert item.code is not None and item.code.slices is not None
        for node, run in item.code.slices.runs.items():
            source = alias.get(node, node)
            if run != source.type.size or node in item.code.slices.guarded:
                inside.discard(source)
            first.setdefault(source, position)
            last[source] = position
    sizes = {node: node.type.nbytes // claims for node in inside if node in first}
    offsets, size = _packed(sizes, first, last)
    result.private.update({node: (offsets[node], sizes[node]) for node in sizes})
    result.scratch = max(result.scratch, size)


def _packed(
    sizes: dict[Node, int], first: dict[Node, int], last: dict[Node, int]
) -> tuple[dict[Node, int], int]:
    """Offsets at which what is alive at the same time does not overlap, and the size of all."""
    offsets: dict[Node, int] = {}
    total = 0
    placed: list[tuple[int, int, Node]] = []
    for node in sorted(sizes, key=lambda n: (-sizes[n], first[n])):
        size = -(-max(1, sizes[node]) // _ALIGN) * _ALIGN
        start = 0
        for low, high, other in placed:
            apart = last[other] < first[node] or last[node] < first[other]
            if not apart and low < start + size and start < high:
                start = high
        placed.append((start, start + size, node))
        placed.sort(key=lambda item: item[0])
        offsets[node] = start
        total = max(total, start + size)
    return offsets, total
