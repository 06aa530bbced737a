"""Kernels that walk the same shape become one; and the order in which kernels run."""

from __future__ import annotations

import math

from caudal import ops
from caudal.codegen.kernels import Kernel, on_host, row_source
from caudal.errors import InternalError
from caudal.ir.node import Node
from caudal.ops.leaf import item
from caudal.ops.record import Elementwise, Host, Nest, Pull, View, Window

MOST_OPERANDS = 8
"""A concat of more is stored: in place, each of its readers would choose among all operands."""


def links_between(kernels: list[Kernel], alias: dict[Node, Node]) -> list[set[int]]:
    """For each kernel, the kernels whose results it reads."""
    maker = {root: position for position, kernel in enumerate(kernels) for root in kernel.roots}
    links = []
    for position, kernel in enumerate(kernels):
        needs = {maker.get(alias.get(node, node)) for node in kernel.inputs}
        links.append({n for n in needs if n is not None and n != position})
    return links


def order(kernels: list[Kernel], alias: dict[Node, Node]) -> list[Kernel]:
    """The kernels so that each follows those it reads from, otherwise as they came."""
    sequence = _sequence(links_between(kernels, alias))
    if sequence is None:
        raise InternalError("fusion made kernels that need one another")
    return [kernels[position] for position in sequence]


def _sequence(links: list[set[int]]) -> list[int] | None:
    """A topological order, or None where there is a cycle."""
    done: list[int] = []
    state = [0] * len(links)
    for start in range(len(links)):
        stack = [start]
        while stack:
            position = stack[-1]
            if state[position] == 2:
                stack.pop()
                continue
            missing = [n for n in sorted(links[position], reverse=True) if state[n] != 2]
            if not missing:
                stack.pop()
                state[position] = 2
                done.append(position)
                continue
            if state[position] == 1 and any(state[n] == 1 for n in missing):
                return None
            state[position] = 1
            stack.extend(missing)
    return done


def _joins(kernel: Kernel) -> bool:
    """Whether a kernel may become part of another: lane by lane, or its only node looks around."""
    if kernel.anchor is not None or any(on_host(node) for node in kernel.inside):
        return False
    if len(kernel.inside) == 1 and _looks_around(kernel.roots[0]):
        return True
    if kernel.parts:
        # Once joined, its first result is that of the kernel which makes the row.
        return kernel.roots[0] in kernel.parts
    return all(_in_place(node, kernel) for node in kernel.inside)


def _in_place(node: Node, kernel: Kernel) -> bool:
    """Whether a value is computed lane by lane from at most a few other places."""
    emit = node.op.emit
    if isinstance(emit, Pull):
        # A join of large values is written operand by operand, by a kernel of its own.
        large = node.op is ops.concat and node.type.size >= math.prod(kernel.shape)
        return not emit.many and len(node.inputs) <= MOST_OPERANDS and not large
    return isinstance(emit, Elementwise | View)


def _looks_around(node: Node) -> bool:
    return isinstance(node.op.emit, Pull) and node.op.emit.many


def join(kernels: list[Kernel], alias: dict[Node, Node], updates: dict[Node, Node]) -> list[Kernel]:
    """Purely elementwise kernels of one shape that share an input become one.

    An elementwise kernel also joins the kernel (of any kind with roots of its shape) that makes
    one of its inputs; what looks around in an input joins a fold over windows of that. Never
    where a path through a third kernel leads from one to the other. ``updates``: by state.
    """
    kernels = order(kernels, alias)
    position = 0
    while position < len(kernels):
        kernel = kernels[position]
        partner = _partner(kernels, position, alias, updates) if _joins(kernel) else None
        if partner is None:
            position += 1
            continue
        other = kernels[partner]
        roots = (*other.roots, *kernel.roots)
        inside, parts = other.inside | kernel.inside, other.parts | kernel.parts
        kernels[partner] = Kernel(roots, other.anchor, inside, parts)
        del kernels[position]
        # What the joined kernel needs may now stand behind it.
        kernels = order(kernels, alias)
        position = min(position, partner)
    return kernels


def _partner(
    kernels: list[Kernel], position: int, alias: dict[Node, Node], updates: dict[Node, Node]
) -> int | None:
    kernel = kernels[position]
    shape = kernel.shape
    if kernel.parts:
        return _maker(kernels, position, alias, updates)
    around = _looks_around(kernel.roots[0])
    moves = any(isinstance(node.op.emit, Pull) for node in kernel.inside)
    wanted = {
        node for node in kernel.inputs if node.type.size > 1 and (moves or node.shape == shape)
    }
    links: list[set[int]] | None = None
    # What looks around may come before the fold: it needs nothing but the fold's input.
    for candidate in range(len(kernels) if around else position):
        other = kernels[candidate]
        if candidate == position or not _joinable(other) or other.shape != shape:
            continue
        if around:
            anchor = other.anchor
            if anchor is None or not isinstance(anchor.op.emit, Window):
                continue
            if kernel.inputs != list(anchor.inputs):
                continue
        else:
            offered = set() if moves else set(other.roots)
            if other.anchor is None:
                offered.update(other.inputs)
            if not wanted & offered:
                continue
            # What looks elsewhere in a result of the other must find it in memory.
            results = wanted.intersection(other.roots)
            if moves and not all(reads_in_step(kernel, node, alias) for node in results):
                continue
        links = links or links_between(kernels, alias)
        if not (_path(links, position, candidate) or _path(links, candidate, position)):
            return candidate
    return None


def row_update_only(node: Node, kernel: Kernel) -> bool:
    """Whether a node of a kernel is read by nothing in it but updates of a slice."""
    readers = {other for other in kernel.inside if node in other.inputs}
    return readers <= kernel.parts


def reads_in_step(kernel: Kernel, value: Node, alias: dict[Node, Node]) -> bool:
    """Whether a kernel reads a value only where it is about to write.

    Everything between the value and the results must be elementwise: behind a movement or a
    fold, one lane would read what another has already overwritten.
    """
    touched: set[Node] = set()
    # A row is written from where its source is computed.
    rows = {*kernel.parts, *(root.inputs[1] for root in kernel.parts)}
    for node in kernel.ordered:
        if node in rows and row_update_only(node, kernel):
            continue
        direct = any(alias.get(source, source) is value for source in node.inputs)
        if not direct and not any(source in touched for source in node.inputs):
            continue
        touched.add(node)
        in_step = isinstance(node.op.emit, Elementwise) and node.shape == value.shape
        if not in_step or (direct and value not in node.inputs):
            return False
    return True


def _maker(
    kernels: list[Kernel], position: int, alias: dict[Node, Node], updates: dict[Node, Node]
) -> int | None:
    """The kernel that makes what the kernel at ``position`` writes as a row of something.

    Of a state the old value is such a row: it is written just before the new one takes its place.
    """
    source = row_source(kernels[position].roots[0])
    source = updates.get(source, source)
    for candidate in range(position):
        other = kernels[candidate]
        if source in other.roots and _joinable(other):
            fits = other.anchor is None or other.anchor.shape == source.shape
            apart = not _path(links_between(kernels, alias), position, candidate)
            return candidate if fits and apart else None
    return None


def _joinable(kernel: Kernel) -> bool:
    if any(on_host(root) or root.op is item for root in kernel.roots):
        return False
    return not any(isinstance(root.op.emit, Nest | Host) for root in kernel.roots)


def _path(links: list[set[int]], start: int, goal: int) -> bool:
    """Whether ``start`` needs ``goal`` by way of a third kernel."""
    seen: set[int] = set()
    stack = [n for n in links[start] if n != goal]
    while stack:
        n = stack.pop()
        if n in seen:
            continue
        seen.add(n)
        if goal in links[n]:
            return True
        stack.extend(links[n] - {goal})
    return False
