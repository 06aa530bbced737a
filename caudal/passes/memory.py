"""Where every intermediate lies: states in place, buffers reused once they are dead."""

from __future__ import annotations

from dataclasses import dataclass, field

from caudal.codegen.kernels import Kernel
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ops.dynamic import dynamic_update_slice
from caudal.ops.record import Elementwise, make_node
from caudal.passes import lower
from caudal.passes.fuse import Plan, links_between, order

_ALIGN = 64


@dataclass
class MemoryPlan:
    """The kernels in their final order, an offset for each intermediate, the states in place."""

    kernels: list[Kernel]
    offsets: dict[Node, int] = field(default_factory=dict)
    size: int = 0
    in_place: dict[int, Node] = field(default_factory=dict)

    def report(self, program: Program) -> str:
        """Bytes by use, for ``CAUDAL_SHOW=memory``."""
        states = sum(node.type.nbytes for node in program.states)
        inputs = sum(node.type.nbytes for node in program.inputs)
        whole = sum(node.type.nbytes for node in self.offsets)
        return (
            f"memory of {program.name}: {self.size:,} bytes of intermediates "
            f"({whole:,} without reuse), {states:,} of state, {inputs:,} of inputs"
        )


def plan_memory(program: Program, plan: Plan) -> MemoryPlan:
    """Order the kernels so that states can be updated in place, then lay out the rest."""
    kernels, alias = list(plan.kernels), plan.alias
    in_place: dict[int, Node] = {}
    after: dict[int, set[int]] = {}
    copies: list[Kernel] = []
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
        harmless = _reads_in_step(kernel, state, alias) or writes_part(kernel, state)
        if harmless and not _needs(links, readers, writer):
            in_place[index] = node
            after.setdefault(writer, set()).update(readers)
            links[writer] |= readers
        else:
            copied = make_node(lower.copy, (node,), {"serial": f"state{index}"})
            copies.append(Kernel((copied,), None, frozenset({copied})))
            in_place[index] = copied
    ordered = [*order(kernels, alias, after), *copies]
    result = MemoryPlan(ordered, in_place=in_place)
    _lay_out(result, program, alias)
    return result


def _reads_in_step(kernel: Kernel, state: Node, alias: dict[Node, Node]) -> bool:
    """Whether a kernel reads a state only where it is about to write.

    Everything between the state and the results must be elementwise: behind a movement or a
    fold, one lane would read what another has already overwritten.
    """
    touched: set[Node] = set()
    for node in kernel.ordered:
        direct = any(alias.get(source, source) is state for source in node.inputs)
        if not direct and not any(source in touched for source in node.inputs):
            continue
        touched.add(node)
        in_step = isinstance(node.op.emit, Elementwise) and node.shape == state.shape
        if not in_step or (direct and state not in node.inputs):
            return False
    return True


def writes_part(kernel: Kernel, state: Node) -> bool:
    """Whether a kernel only changes a slice of a state: the rest may stay where it is."""
    (root, *others) = kernel.roots
    if others or root.op is not dynamic_update_slice or root.inputs[0] is not state:
        return False
    readers = [node for node in kernel.inside if state in node.inputs]
    return readers == [root] and state not in root.inputs[1:]


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


def _lay_out(result: MemoryPlan, program: Program, alias: dict[Node, Node]) -> None:
    outside = {*program.outputs, *result.in_place.values()}
    first: dict[Node, int] = {}
    last: dict[Node, int] = {}
    for position, kernel in enumerate(result.kernels):
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
