"""Which nodes are stored, and which are computed inside the kernel that needs them.

A node is stored when its value leaves the program, when a reader needs a whole buffer
(contractions, nests, host calls), when it starts a kernel of its own (reductions, contractions,
...) or when several kernels want it and computing it again would cost more than a load. All other
nodes are computed in place. Then kernels that walk the same shape are joined, so that an
optimizer's new moments and weights come out of one pass over memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from caudal import ops
from caudal.codegen.kernels import Kernel, is_scalar_constant, on_host
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
from caudal.passes.join import MOST_OPERANDS, join, order

RECOMPUTE = 6
"""Instructions a lane up to which a value is computed again rather than stored and loaded."""
AGAIN = 12
"""The same for values that would be stored beside the one that they follow from."""
FEW = 8
"""Integers up to which they are an index, worked out wherever it is used."""
DEPTH = 150
"""Nodes in a row computed in place; longer chains are cut, so that recursion stays shallow."""


@dataclass
class Plan:
    """The kernels of a program in an order to run, and how nodes map to buffers.

    ``alias`` names, for a view, the stored node whose buffer it shares.
    """

    kernels: list[Kernel] = field(default_factory=list)
    alias: dict[Node, Node] = field(default_factory=dict)


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
        self.cost: dict[Node, int] = {}
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
        cost = self.cost
        depth: dict[Node, int] = {}
        for node in self.nodes:
            own = node.op.emit.cost if isinstance(node.op.emit, Elementwise | Pull) else 0
            parents = [p for p in node.inputs if p not in self.stored]
            # An index is worked out once a loop, not in every lane.
            cost[node] = own + sum(cost[p] for p in parents if not self._is_index(p))
            if self._must_store(node) or node in roots:
                self.stored.add(node)
            depth[node] = 1 + max((depth[p] for p in parents), default=0)
            several = len(self.readers[node]) > 1
            dear = (several and cost[node] > RECOMPUTE) or depth[node] > DEPTH
            index = self._is_index(node)
            if dear and not index and not isinstance(node.op.emit, View | Leaf):
                self.stored.add(node)
        self._store_sources_of_views()

    @staticmethod
    def _is_index(node: Node) -> bool:
        one = not isinstance(node.type, tuple) and node.type.size <= FEW
        return bool(one and node.dtype.is_integer and isinstance(node.op.emit, Elementwise | Pull))

    def _must_store(self, node: Node) -> bool:
        emit = node.op.emit
        if isinstance(emit, Leaf):
            return not is_scalar_constant(node)
        if on_host(node) or isinstance(emit, Contraction | Nest | Host | Loop | Reduce | Window):
            return True
        if isinstance(emit, Pull) and len(node.inputs) > MOST_OPERANDS:
            return True
        return any(self._needs_buffer(reader, node) for reader in self.readers[node])

    def _needs_buffer(self, reader: Node, node: Node) -> bool:
        emit = reader.op.emit
        if isinstance(emit, Window) or (isinstance(emit, Pull) and emit.many):
            # Each element is read once per window: only a cheap one is computed again.
            cheap = isinstance(node.op.emit, Elementwise) and node.op.emit.cost <= 1
            return not cheap or self.cost[node] > RECOMPUTE
        if isinstance(node.op.emit, Pull) and node.op.emit.many and reader.op is ops.transpose:
            # It looks around along its own innermost axis: the lanes of the transposed are others.
            return True
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
        beyond = late | outside
        again = self._computed_again(anchor, inside, beyond)
        kept: set[Node] = set()
        for node in (anchor, *inside):
            if node in late or node in again or (node in self.stored and node is not anchor):
                continue
            if any(reader in beyond or reader in again for reader in self.readers[node]):
                kept.add(node)
        chosen = [
            node
            for node in inside
            if node not in late and (node in self.stored or node in kept) and node is not anchor
        ]
        return chosen, kept, set(inside) - late

    def _computed_again(
        self, anchor: Node, inside: dict[Node, None], beyond: set[Node]
    ) -> set[Node]:
        """What readers beyond the kernel work out themselves from the anchor, rather than load.

        Several values that follow cheaply from one are one store and one load instead of several.
        """

        def wanted(node: Node) -> bool:
            return any(reader in beyond for reader in self.readers[node])

        cheap = {
            node
            for node in inside
            if node not in beyond
            and node not in self.stored
            and wanted(node)
            and self.cost[node] <= AGAIN
        }
        if len(cheap) + wanted(anchor) > 1:
            return cheap

        def follows(node: Node) -> bool:
            # From what is stored anyway: is that less to load than this to store and load?
            sources = self._stored_sources(node)
            sure = all(x is not anchor and (x not in inside or wanted(x)) for x in sources)
            loads = sum(reader in beyond for reader in self.readers[node])
            moved = loads * sum(x.type.nbytes for x in sources)
            return sure and bool(moved <= (1 + loads) * node.type.nbytes)

        return {node for node in cheap if follows(node)}

    def _stored_sources(self, node: Node) -> set[Node]:
        """The stored values that one which is not stored is computed from."""
        found: set[Node] = set()
        stack = list(node.inputs)
        while stack:
            x = stack.pop()
            if x in self.stored:
                found.add(x)
            else:
                stack.extend(x.inputs)
        return found

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
    updates = {program.states[index]: node for index, node in program.updates}
    joined = join(fusion.kernels(), plan.alias, updates)
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
