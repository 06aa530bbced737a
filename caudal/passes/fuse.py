"""Which nodes are stored, and which are computed inside the kernel that needs them.

A node is stored when its value leaves the program, when a reader needs a whole buffer
(contractions, nests, host calls), when it starts a kernel of its own (reductions, contractions,
...) or when several kernels want it and computing it again would cost more than a load. All other
nodes are computed in place. Then kernels that walk the same shape are joined, so that an
optimizer's new moments and weights come out of one pass over memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from caudal import ops
from caudal.codegen.builder import COMPILED
from caudal.codegen.kernels import Kernel, is_scalar_constant, row_source
from caudal.errors import InternalError
from caudal.ir.node import Node, walk
from caudal.ir.program import Program
from caudal.ops.leaf import item
from caudal.ops.record import (
    Contraction,
    Elementwise,
    Host,
    Leaf,
    Loop,
    Nest,
    Pull,
    Reduce,
    View,
    Window,
)

RECOMPUTE = 6
"""Instructions a lane up to which a value is computed again rather than stored and loaded."""
MOST_OPERANDS = 8
"""A concat of more is stored: in place, each of its readers would choose among all operands."""
DEPTH = 150
"""Nodes in a row computed in place; longer chains are cut, so that recursion stays shallow."""


@dataclass
class Plan:
    """The kernels of a program in an order to run, and how nodes map to buffers.

    ``alias`` names, for a view, the stored node whose buffer it shares.
    """

    kernels: list[Kernel] = field(default_factory=list)
    alias: dict[Node, Node] = field(default_factory=dict)


def on_host(node: Node) -> bool:
    """Whether a node is computed by calling NumPy back: by its record, or for its dtype."""
    if isinstance(node.op.emit, Leaf):
        return False
    kinds = node.type if isinstance(node.type, tuple) else (node.type,)
    types = [*kinds, *(x.type for x in node.inputs if not isinstance(x.type, tuple))]
    return isinstance(node.op.emit, Host) or any(t.dtype not in COMPILED for t in types)


class Groups:
    """The groups of nodes made so far, and which needs which; no two may need one another.

    Only groups with several results matter: a group with one adds no way that its nodes had not.
    """

    def __init__(self) -> None:
        self._bits: list[int] = []
        self._needs: list[int] = []
        self._next: list[set[int]] = []

    def add(self, bits: int, needs: int, *, several: bool) -> bool:
        """Add the group of nodes ``bits`` that needs the nodes ``needs``; False for a cycle."""
        if not several:
            return True
        after = {k for k, other in enumerate(self._needs) if other & bits}
        before = {k for k, other in enumerate(self._bits) if other & needs}
        if after & before or self._reach(after) & before:
            return False
        number = len(self._bits)
        self._bits.append(bits)
        self._needs.append(needs)
        self._next.append(after)
        for k in before:
            self._next[k].add(number)
        return True

    def _reach(self, starts: set[int]) -> set[int]:
        seen: set[int] = set()
        stack = list(starts)
        while stack:
            k = stack.pop()
            if k not in seen:
                seen.add(k)
                stack.extend(self._next[k])
        return seen


class Fusion:
    """The choices of one program: what is stored, which kernel takes what along."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.nodes = walk(program.roots)
        self.readers: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for parent in dict.fromkeys(node.inputs):
                self.readers[parent].append(node)
        self.stored: set[Node] = set()
        self.anchor_of: dict[Node, Node] = {}
        self.claimed: set[Node] = set()
        self.position = {node: position for position, node in enumerate(self.nodes)}
        self.ancestors = self._ancestors()
        self.groups = Groups()
        self._rows = self._row_updates()

    def _ancestors(self) -> dict[Node, int]:
        """For each node, the set of all that it needs, as the bits of an integer."""
        found: dict[Node, int] = {}
        for node in self.nodes:
            bits = 0
            for parent in node.inputs:
                bits |= found[parent] | 1 << self.position[parent]
            found[node] = bits
        return found

    # --- what is stored ----------------------------------------------------------------------

    def choose(self) -> None:
        """Fill ``stored``: every node that gets a buffer (views share one)."""
        roots = set(self.program.roots)
        cost: dict[Node, int] = {}
        depth: dict[Node, int] = {}
        for node in self.nodes:
            if self._must_store(node) or node in roots:
                self.stored.add(node)
            own = node.op.emit.cost if isinstance(node.op.emit, Elementwise | Pull) else 0
            parents = [p for p in node.inputs if p not in self.stored]
            cost[node] = own + sum(cost[p] for p in parents)
            depth[node] = 1 + max((depth[p] for p in parents), default=0)
            several = len(self.readers[node]) > 1
            dear = (several and cost[node] > RECOMPUTE) or depth[node] > DEPTH
            if dear and not isinstance(node.op.emit, View | Leaf):
                self.stored.add(node)
        self._store_sources_of_views()

    def _must_store(self, node: Node) -> bool:
        emit = node.op.emit
        if isinstance(emit, Leaf):
            return not is_scalar_constant(node)
        if on_host(node) or isinstance(emit, Contraction | Nest | Host | Loop | Reduce | Window):
            return True
        if isinstance(emit, Pull) and len(node.inputs) > MOST_OPERANDS:
            return True
        return any(self._needs_buffer(reader, node) for reader in self.readers[node])

    @staticmethod
    def _needs_buffer(reader: Node, node: Node) -> bool:
        emit = reader.op.emit
        if isinstance(emit, Window) or (isinstance(emit, Pull) and emit.many):
            # Each element is read once per window: only a cheap one is computed again.
            return not isinstance(node.op.emit, Elementwise) or node.op.emit.cost > 1
        return on_host(reader) or isinstance(emit, Contraction | Nest | Host | Loop)

    def _store_sources_of_views(self) -> None:
        """A stored view shares its source's buffer, so the source is stored as well."""
        for node in reversed(self.nodes):
            if node in self.stored and isinstance(node.op.emit, View) and not on_host(node):
                self.stored.add(node.inputs[0])

    # --- anchors -----------------------------------------------------------------------------

    def absorb(self) -> None:
        """Let what follows a reduction or contraction elementwise be computed inside its kernel.

        The stored nodes that hang on an anchor become its kernel's roots. The anchor itself is
        stored only if somebody else wants it.
        """
        roots = set(self.program.roots)
        for node in self.nodes:
            if not isinstance(node.op.emit, Contraction | Reduce | Window) or on_host(node):
                continue
            if node.type.size == 0:
                continue
            followers, kept, inside = self._followers(node)
            if not followers:
                continue
            if node not in roots and node not in kept:
                self.stored.discard(node)
            elif node not in self.anchor_of:
                followers.append(node)
            self.stored.update(kept)
            members = inside | {node}
            bits = needs = 0
            for member in members:
                bits |= 1 << self.position[member]
                needs |= self.ancestors[member]
            if not self.groups.add(bits, needs & ~bits, several=len(followers) > 1):
                self.stored.add(node)
                continue
            for follower in followers:
                self.anchor_of[follower] = node
            self.claimed |= inside

    def _followers(self, anchor: Node) -> tuple[list[Node], set[Node], set[Node]]:
        """What to store in the kernel of ``anchor``; what of it was not stored; all inside.

        A reader that cannot be fused, or that depends on this kernel's own results by way of
        another kernel, reads a buffer: what it reads is stored then.
        """
        inside, outside = self._elementwise_readers(anchor)
        late = self._late(anchor, inside)
        kept: set[Node] = set()
        for node in inside:
            if node in late:
                continue
            wanted = any(reader in late or reader in outside for reader in self.readers[node])
            if wanted and node not in self.stored:
                kept.add(node)
        if any(reader in late or reader in outside for reader in self.readers[anchor]):
            kept.add(anchor)
        chosen = [
            node
            for node in inside
            if node not in late and (node in self.stored or node in kept) and node is not anchor
        ]
        return chosen, kept, set(inside) - late

    def _elementwise_readers(self, anchor: Node) -> tuple[dict[Node, None], set[Node]]:
        """All that can be computed lane by lane from ``anchor``; and the readers that cannot."""
        inside: dict[Node, None] = {}
        outside: set[Node] = set()
        stack = [anchor]
        while stack:
            node = stack.pop()
            for reader in self.readers[node]:
                if reader in inside or reader in outside:
                    continue
                fits = isinstance(reader.op.emit, Elementwise) and not on_host(reader)
                if not fits or reader.shape != anchor.shape or reader in self.claimed:
                    outside.add(reader)
                    continue
                inside[reader] = None
                stack.append(reader)
        return inside, outside

    def _late(self, anchor: Node, inside: dict[Node, None]) -> set[Node]:
        """The nodes of ``inside`` that also need one of its results from another kernel."""
        leaving = 0
        for node in (anchor, *inside):
            for reader in self.readers[node]:
                if reader not in inside:
                    leaving |= 1 << self.position[reader]
        return {node for node in inside if self.ancestors[node] & leaving}

    def aliases(self) -> dict[Node, Node]:
        """For each stored view, the node whose buffer it shares."""
        alias: dict[Node, Node] = {}
        for node in self.nodes:
            if node in self.stored and isinstance(node.op.emit, View) and not on_host(node):
                source = node.inputs[0]
                alias[node] = alias.get(source, source)
        return alias

    # --- kernels -----------------------------------------------------------------------------

    def kernels(self) -> list[Kernel]:
        """One kernel per anchor with its followers, one per other stored node; joined; in order."""
        groups: dict[Node, list[Node]] = {}
        singles: list[list[Node]] = []
        made: list[Kernel] = []
        for node in self.nodes:
            if node not in self.stored or isinstance(node.op.emit, Leaf):
                continue
            if not isinstance(node.type, tuple) and node.type.size == 0:
                continue
            if isinstance(node.op.emit, View) and not on_host(node):
                continue
            if isinstance(node.type, tuple):
                parts = tuple(
                    Node.make(item, (node,), {"index": index}, part)
                    for index, part in enumerate(node.type)
                )
                made.append(Kernel(parts, None, frozenset({node, *parts})))
                continue
            anchor = self.anchor_of.get(node)
            if anchor is not None:
                groups.setdefault(anchor, []).append(node)
            else:
                singles.append([node])
        made += [self._kernel(nodes, anchor) for anchor, nodes in groups.items()]
        for nodes in singles:
            emit = nodes[0].op.emit
            alone = nodes[0] if isinstance(emit, Contraction | Reduce | Window) else None
            made.append(self._kernel(nodes, alone))
        return made

    def _kernel(self, roots: list[Node], anchor: Node | None) -> Kernel:
        inside: set[Node] = set()
        stack = list(roots)
        if anchor is not None:
            stack.append(anchor)
        while stack:
            node = stack.pop()
            if node in inside:
                continue
            inside.add(node)
            stack.extend(
                parent
                for parent in node.inputs
                if parent not in self.stored and not isinstance(parent.op.emit, Leaf)
            )
        return Kernel(tuple(roots), anchor, frozenset(inside), self._rows & frozenset(roots))

    def _row_updates(self) -> frozenset[Node]:
        """States' updates of a slice that nothing else reads: only the slice need be written."""
        return frozenset(
            node
            for index, node in self.program.updates
            if node.op is ops.dynamic_update_slice
            and node.inputs[0] is self.program.states[index]
            and self.readers[node.inputs[0]] == [node]
            and node.inputs[0] not in node.inputs[1:]
            and not on_host(node)
        )


def fuse(program: Program) -> Plan:
    """The kernels of a program and its shared buffers."""
    fusion = Fusion(program)
    fusion.choose()
    fusion.absorb()
    plan = Plan(alias=fusion.aliases())
    joined = join(fusion.kernels(), plan.alias)
    plan.kernels = order(prune(joined, fusion.readers, set(program.roots)), plan.alias)
    return plan


def prune(
    kernels: list[Kernel], readers: dict[Node, list[Node]], wanted: set[Node]
) -> list[Kernel]:
    """Values whose every reader ended up in their own kernel need not be stored."""
    homes: dict[Node, int] = {}
    for kernel in kernels:
        for node in kernel.inside:
            homes[node] = homes.get(node, 0) + 1

    def stays(kernel: Kernel, root: Node) -> bool:
        if root in wanted or homes[root] > 1 or not readers[root]:
            return True
        return any(reader not in kernel.inside or homes[reader] > 1 for reader in readers[root])

    result = []
    for kernel in kernels:
        if kernel.roots[0].op is item:
            # All parts of a tuple need their place, read or not.
            result.append(kernel)
            continue
        roots = tuple(root for root in kernel.roots if stays(kernel, root))
        kept = roots or kernel.roots
        result.append(Kernel(kept, kernel.anchor, kernel.inside, kernel.parts & frozenset(kept)))
    return result


def links_between(kernels: list[Kernel], alias: dict[Node, Node]) -> list[set[int]]:
    """For each kernel, the kernels whose results it reads."""
    maker = {root: position for position, kernel in enumerate(kernels) for root in kernel.roots}
    links = []
    for position, kernel in enumerate(kernels):
        needs = {maker.get(alias.get(node, node)) for node in kernel.inputs}
        links.append({n for n in needs if n is not None and n != position})
    return links


def order(
    kernels: list[Kernel], alias: dict[Node, Node], after: dict[int, set[int]] | None = None
) -> list[Kernel]:
    """The kernels so that each follows those it reads from, otherwise as they came.

    ``after`` adds kernels that must come first, by position.
    """
    links = links_between(kernels, alias)
    for position, others in (after or {}).items():
        links[position] |= others
    sequence = _sequence(links)
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
        return True
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


def join(kernels: list[Kernel], alias: dict[Node, Node]) -> list[Kernel]:
    """Purely elementwise kernels of one shape that share an input become one.

    An elementwise kernel also joins the kernel (of any kind with roots of its shape) that makes
    one of its inputs; what looks around in an input joins a fold over windows of that. Never
    where a path through a third kernel leads from one to the other.
    """
    kernels = order(kernels, alias)
    position = 0
    while position < len(kernels):
        kernel = kernels[position]
        partner = _partner(kernels, position, alias) if _joins(kernel) else None
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


def _partner(kernels: list[Kernel], position: int, alias: dict[Node, Node]) -> int | None:
    kernel = kernels[position]
    shape = kernel.shape
    if kernel.parts:
        return _maker(kernels, position, alias)
    around = _looks_around(kernel.roots[0])
    moves = any(isinstance(node.op.emit, Pull) for node in kernel.inside)
    wanted = {
        node for node in kernel.inputs if node.type.size > 1 and (moves or node.shape == shape)
    }
    links: list[set[int]] | None = None
    for candidate in range(position):
        other = kernels[candidate]
        if not _joinable(other) or other.shape != shape:
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
        if not _path(links, position, candidate):
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


def _maker(kernels: list[Kernel], position: int, alias: dict[Node, Node]) -> int | None:
    """The kernel that makes what the kernel at ``position`` writes as a row of something."""
    source = row_source(kernels[position].roots[0])
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
