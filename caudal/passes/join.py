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
    return [kernels[position] for position in _sequence(links_between(kernels, alias))]


def _sequence(links: list[set[int]]) -> list[int]:
    """A topological order."""
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
                raise InternalError("fusion made kernels that need one another")
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
    joining = _Joining(order(kernels, alias), alias, updates)
    position = 0
    while position < len(joining.sequence):
        key = joining.sequence[position]
        partner = joining.partner(key)
        if partner is None:
            position += 1
            continue
        before = joining.place[partner]
        joining.merge(partner, key)
        position = min(position, before)
    return [joining.kernels[key] for key in joining.sequence]


class _Joining:
    """Kernels by number, the order in which they run, and who reads whom.

    A number stays when kernels are joined, so that only what the two touch changes.
    """

    def __init__(
        self, kernels: list[Kernel], alias: dict[Node, Node], updates: dict[Node, Node]
    ) -> None:
        self.kernels = dict(enumerate(kernels))
        self.alias, self.updates = alias, updates
        self.sequence = list(self.kernels)
        self.place = {key: key for key in self.sequence}
        self.links = dict(enumerate(links_between(kernels, alias)))
        self._needed_by: dict[int, set[int]] = {key: set() for key in self.sequence}
        for key, needs in self.links.items():
            for other in needs:
                self._needed_by[other].add(key)
        self._maker = {root: key for key, k in self.kernels.items() for root in k.roots}
        self._readers: dict[Node, set[int]] = {}
        for key, kernel in self.kernels.items():
            for node in kernel.inputs:
                self._readers.setdefault(node, set()).add(key)
        self._joins = {key: _joins(kernel) for key, kernel in self.kernels.items()}
        self._open = {key: _joinable(kernel) for key, kernel in self.kernels.items()}

    def partner(self, key: int) -> int | None:
        """The first kernel that the one of a number may become a part of."""
        if not self._joins[key]:
            return None
        kernel = self.kernels[key]
        if kernel.parts:
            return self._maker_of_row(key)
        if _looks_around(kernel.roots[0]):
            # It may come before the fold: it needs nothing but the fold's input.
            found = (
                other for other in self._readers[kernel.inputs[0]] if self._folds(other, kernel)
            )
        else:
            found = (other for other in self._offering(key) if self.place[other] < self.place[key])
        for other in sorted(found, key=self.place.__getitem__):
            fits = other != key and self._open[other] and self.kernels[other].shape == kernel.shape
            if fits and self._apart(key, other):
                return other
        return None

    def _folds(self, other: int, kernel: Kernel) -> bool:
        """Whether a kernel folds windows of just what ``kernel`` looks around in."""
        anchor = self.kernels[other].anchor
        if anchor is None or not isinstance(anchor.op.emit, Window):
            return False
        return kernel.inputs == list(anchor.inputs)

    def _offering(self, key: int) -> set[int]:
        """The kernels that make or read what the kernel of a number reads lane by lane."""
        kernel = self.kernels[key]
        moves = any(isinstance(node.op.emit, Pull) for node in kernel.inside)
        offering: set[int] = set()
        # What looks elsewhere in a result of the other must find it in memory.
        hindered: set[int] = set()
        for node in kernel.inputs:
            if node.type.size <= 1 or not (moves or node.shape == kernel.shape):
                continue
            readers = self._readers[node]
            offering.update(other for other in readers if self.kernels[other].anchor is None)
            if node not in self._maker:
                continue
            if not moves:
                offering.add(self._maker[node])
            elif not reads_in_step(kernel, node, self.alias):
                hindered.add(self._maker[node])
        return offering - hindered

    def _maker_of_row(self, key: int) -> int | None:
        """The kernel that makes what the kernel of a number writes as a row of something.

        Of a state the old value is such a row: it is written just before the new one takes its
        place.
        """
        source = row_source(self.kernels[key].roots[0])
        source = self.updates.get(source, source)
        other = self._maker.get(source)
        if other is None or self.place[other] >= self.place[key] or not self._open[other]:
            return None
        anchor = self.kernels[other].anchor
        fits = anchor is None or anchor.shape == source.shape
        return other if fits and not self._path(key, other) else None

    def _apart(self, key: int, other: int) -> bool:
        return not (self._path(key, other) or self._path(other, key))

    def _path(self, start: int, goal: int) -> bool:
        """Whether ``start`` needs ``goal`` by way of a third kernel."""
        least = self.place[goal]
        seen: set[int] = set()
        # What comes before the goal cannot need it.
        stack = [n for n in self.links[start] if self.place[n] > least]
        while stack:
            n = stack.pop()
            if n in seen:
                continue
            seen.add(n)
            if goal in self.links[n]:
                return True
            stack.extend(other for other in self.links[n] if self.place[other] > least)
        return False

    def merge(self, into: int, key: int) -> None:
        """Make one kernel of two; what it needs comes before it."""
        other, kernel = self.kernels[into], self.kernels.pop(key)
        roots = (*other.roots, *kernel.roots)
        inside, parts = other.inside | kernel.inside, other.parts | kernel.parts
        for number, old in ((into, other), (key, kernel)):
            for node in old.inputs:
                self._readers[node].discard(number)
        merged = self.kernels[into] = Kernel(roots, other.anchor, inside, parts)
        for node in merged.inputs:
            self._readers.setdefault(node, set()).add(into)
        self._maker.update((root, into) for root in kernel.roots)
        needs = self.links.pop(key)
        for reader in self._needed_by.pop(key):
            self.links[reader].discard(key)
            self.links[reader].add(into)
            self._needed_by[into].add(reader)
        for number in needs:
            self._needed_by[number].discard(key)
            self._needed_by[number].add(into)
        self.links[into] = (self.links[into] | needs) - {into, key}
        self._needed_by[into] -= {into, key}
        self._joins[into], self._open[into] = _joins(merged), _joinable(merged)
        self.sequence.remove(key)
        self._reorder()

    def _reorder(self) -> None:
        at = {key: n for n, key in enumerate(self.sequence)}
        links = [{at[other] for other in self.links[key]} for key in self.sequence]
        self.sequence = [self.sequence[n] for n in _sequence(links)]
        self.place = {key: n for n, key in enumerate(self.sequence)}


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


def _joinable(kernel: Kernel) -> bool:
    if any(on_host(root) or root.op is item for root in kernel.roots):
        return False
    return not any(isinstance(root.op.emit, Nest | Host) for root in kernel.roots)
