"""Putting a checkpoint's values into objects, now and when they are made later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework import init_scope
from caudal.train.bundle import BundleReader
from caudal.train.object_graph import Node, hidden_key, hidden_leaves, ways_of
from caudal.train.trackable import Leaf, as_stored, find, leaf, parts, slot_of

_WAITING = "_checkpoint_waiting"
"""The attribute under which an object keeps what it still waits for."""


class UnmatchedError(InvalidArgumentError, AssertionError):
    """A checkpoint and the program's objects differ; TensorFlow raises an AssertionError."""


class Restoration:
    """One checkpoint on its way into the objects below ``root``."""

    def __init__(
        self, reader: BundleReader, nodes: list[Node], root: Any, attached: dict[str, Any]
    ) -> None:
        self.reader, self.nodes = reader, nodes
        self._root, self._attached = root, attached
        self.bound: dict[int, Any] = {}
        self._done: set[int] = set()
        self._ways = ways_of(nodes)
        self._hidden: set[str] = set()
        self._busy = False

    def run(self, required: list[Any] | None = None) -> None:
        """Looks at all objects that there are by now; first all shapes, then the values.

        required: variables that the checkpoint must have values for.

        Raises:
            ShapeError, InvalidArgumentError: a variable is of another shape or dtype; nothing was
                changed then.
            DataLossError: the file is damaged.
        """
        if self._busy:
            return
        self._busy = True
        try:
            plan = list(self._match())
            for key, target in plan:
                target.check(key, self.reader.dtype(key), self.reader.shape(key))
            self._check_found(required or [])
            # A layer may get its weights while a function is traced: no part of the function.
            with init_scope():
                for key, target in plan:
                    target.write(self.reader.read(key))
        finally:
            self._busy = False

    def _check_found(self, required: list[Any]) -> None:
        found = {id(self.bound[number]) for number in self._done}
        missing = [variable for variable in required if id(variable) not in found]
        if missing:
            raise InvalidArgumentError(
                "{file}: the checkpoint has no values for {count} of the {total} variables, the "
                "first of which is {name!r} of shape {shape}: it belongs to another model.",
                file=self.reader.file,
                count=len(missing),
                total=len(required),
                name=getattr(missing[0], "path", missing[0].name),
                shape=tuple(missing[0].shape),
            )

    def _match(self) -> Iterator[tuple[str, Leaf]]:
        """Pairs of keys and variables that are not restored yet."""
        # The last object on the way that can be asked to wait: lists cannot.
        stack: list[tuple[int, Any, Any]] = [(0, self._root, self._root)]
        seen: set[tuple[int, int]] = set()
        while stack:
            number, value, keeper = stack.pop()
            if (number, id(value)) in seen:
                continue
            seen.add((number, id(value)))
            self.bound.setdefault(number, value)
            keeper = value if hasattr(value, "__dict__") else keeper
            node = self.nodes[number]
            target = leaf(value)
            for saved in node.saved:
                if target is None or saved.name != target.attribute or number in self._done:
                    continue
                self._done.add(number)
                yield saved.key, target
            for name, beside in hidden_leaves(value):
                key = hidden_key(self._ways[number], name)
                if key in self.reader and key not in self._hidden:
                    self._hidden.add(key)
                    yield key, beside
            stored = as_stored(value, node, self.nodes)
            for name, child in node.children.items():
                found = self._attached.get(name) if number == 0 else None
                found = find(stored, name) if found is None else found
                if found is None:
                    _wait(keeper, self)
                else:
                    stack.append((child, found, keeper))
        yield from self._match_slots()

    def _match_slots(self) -> Iterator[tuple[str, Leaf]]:
        """Variables of optimizers that belong to other variables (Keras before 2.11)."""
        for number, optimizer in list(self.bound.items()):
            for slot in self.nodes[number].slots:
                if slot.variable in self._done:
                    continue
                original = self.bound.get(slot.original)
                found = None if original is None else slot_of(optimizer, original, slot.name)
                target = None if found is None else leaf(found)
                if target is None:
                    _wait(optimizer, self)
                    continue
                self._done.add(slot.variable)
                self.bound[slot.variable] = found
                for saved in self.nodes[slot.variable].saved:
                    yield saved.key, target

    # --- questions ----------------------------------------------------------------------------

    def unmatched_nodes(self) -> list[tuple[str, Node]]:
        """What the checkpoint holds and no object took, with the way to it."""
        return [
            (".".join(("(root)", *way)), self.nodes[number])
            for number, way in self._ways.items()
            if self.nodes[number].saved and number not in self._done
        ]

    def unmatched_objects(self) -> list[Any]:
        """Variables of the program that the checkpoint has nothing for."""
        taken = {id(self.bound[number]) for number in self._done}
        found, seen, stack = [], set(), [self._root, *self._attached.values()]
        while stack:
            value = stack.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if leaf(value) is not None and id(value) not in taken:
                found.append(value)
            stack += parts(value).values()
        return found

    @property
    def matched(self) -> int:
        """How many values were restored."""
        return len(self._done)


def _wait(keeper: Any, restoration: Restoration) -> None:
    waiting = keeper.__dict__.get(_WAITING, ())
    if restoration not in waiting:
        object.__setattr__(keeper, _WAITING, (*waiting, restoration))


def attached(owner: Any) -> None:
    """To be called when an object got new parts: restores what waited for them."""
    for restoration in owner.__dict__.get(_WAITING, ()):
        restoration.run()


def adopt(owner: Any, part: Any) -> None:
    """A new part of an object that waits will wait too, until it has variables."""
    for restoration in owner.__dict__.get(_WAITING, ()):
        if hasattr(part, "__dict__"):
            _wait(part, restoration)
