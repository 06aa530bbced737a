"""The graph of objects in a checkpoint: TensorFlow's TrackableObjectGraph.

https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/trackable_object_graph.proto
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from caudal.errors import DataLossError
from caudal.io import wire
from caudal.train.trackable import Leaf, hidden, leaf, parts

GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""The tensor that holds the graph."""


@dataclass
class Saved:
    """One thing that is saved of an object: its kind, the variable's name, the tensor's key."""

    name: str = ""
    full_name: str = ""
    key: str = ""


@dataclass
class Slot:
    """An optimizer's variable that belongs to another one (Keras 2 before 2.11)."""

    original: int = 0
    name: str = ""
    variable: int = 0


@dataclass
class Node:
    """An object of a checkpoint: its children's numbers by name, what is saved of it."""

    children: dict[str, int] = field(default_factory=dict)
    saved: list[Saved] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)


# --- bytes ----------------------------------------------------------------------------------------


def encode(nodes: list[Node]) -> bytes:
    """A TrackableObjectGraph's bytes."""
    full = _holding_values(nodes)
    return b"".join(wire.field(1, _encode_node(node, i in full)) for i, node in enumerate(nodes))


def _encode_node(node: Node, holds_values: bool) -> bytes:
    found = b""
    for name, number in node.children.items():
        found += wire.field(1, _number(1, number) + wire.field(2, name.encode()))
    for saved in node.saved:
        texts = (saved.name, saved.full_name, saved.key)
        found += wire.field(
            2, b"".join(wire.field(i, text.encode()) for i, text in enumerate(texts, 1))
        )
    return found + wire.field(5, _number(1, int(holds_values)))


def _number(place: int, value: int) -> bytes:
    return wire.number_field(place, value) if value else b""


def _holding_values(nodes: list[Node]) -> set[int]:
    """The nodes that have something saved, or lead to such."""
    above: dict[int, list[int]] = {}
    for number, node in enumerate(nodes):
        for child in node.children.values():
            above.setdefault(child, []).append(number)
    found: set[int] = set()
    stack = [number for number, node in enumerate(nodes) if node.saved]
    while stack:
        number = stack.pop()
        if number not in found:
            found.add(number)
            stack += above.get(number, [])
    return found


def decode(data: bytes, file: str) -> list[Node]:
    """The nodes of a TrackableObjectGraph.

    Raises:
        DataLossError: the bytes are no such graph, or lead nowhere; the message names ``file``.
    """
    try:
        nodes = [_decode_node(value) for number, value in _messages(data) if number == 1]
    except (DataLossError, UnicodeDecodeError) as error:
        raise _damaged(file, str(error)) from error
    for node in nodes:
        numbers = [*node.children.values(), *(slot.variable for slot in node.slots)]
        if any(number >= len(nodes) for number in numbers):
            raise _damaged(file, "an object has a child that is not there")
    return nodes


def _damaged(file: str, reason: str) -> DataLossError:
    return DataLossError(
        "{file}: the graph of objects is damaged: {reason}.", file=file, reason=reason
    )


def _messages(data: bytes) -> Iterable[tuple[int, bytes]]:
    return [(n, value) for n, _, value in wire.fields(data) if isinstance(value, bytes)]


def _plain(data: bytes) -> dict[int, Any]:
    """A flat message's last value of each field."""
    return {number: value for number, _, value in wire.fields(data)}


def _decode_node(data: bytes) -> Node:
    node = Node()
    for number, value in _messages(data):
        found = _plain(value)
        if number == 1:
            node.children[_text(found.get(2, b""))] = int(found.get(1, 0))
        elif number == 2:
            node.saved.append(Saved(*(_text(found.get(i, b"")) for i in (1, 2, 3))))
        elif number == 3:
            node.slots.append(Slot(found.get(1, 0), _text(found.get(2, b"")), found.get(3, 0)))
    return node


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        raise DataLossError("a name is a number")
    return value.decode()


# --- from objects ---------------------------------------------------------------------------------


def graph_of(root: Any, attached: dict[str, Any]) -> tuple[list[Node], list[tuple[str, Leaf]]]:
    """The nodes for an object and all that it leads to, and the leaves by their keys.

    ``attached`` are children that the root is given in the checkpoint only. Objects are numbered
    breadth first; a key is the first way to an object.
    """
    objects: list[Any] = [root]
    numbers = {id(root): 0}
    ways: list[tuple[str, ...]] = [()]
    nodes: list[Node] = []
    leaves: list[tuple[str, Leaf]] = []
    while len(nodes) < len(objects):
        number = len(nodes)
        value, way, node = objects[number], ways[number], Node()
        nodes.append(node)
        found = leaf(value)
        if found is not None:
            key = key_of(way, found.attribute)
            node.saved.append(Saved(found.attribute, found.full_name, key))
            leaves.append((key, found))
        leaves += [(hidden_key(way, name), one) for name, one in hidden_leaves(value)]
        inside = parts(value)
        if number == 0:
            inside |= attached
        for name, child in inside.items():
            if id(child) not in numbers:
                numbers[id(child)] = len(objects)
                objects.append(child)
                ways.append((*way, name))
            node.children[name] = numbers[id(child)]
    return nodes, leaves


def hidden_leaves(value: Any) -> list[tuple[str, Leaf]]:
    """What is saved of an object beside the graph, by name."""
    found = [(name, leaf(variable)) for name, variable in hidden(value).items()]
    return [(name, one) for name, one in found if one is not None]


def hidden_key(way: tuple[str, ...], name: str) -> str:
    """The key of what is saved beside the graph."""
    return key_of((*way, name), "CAUDAL_STATE")


def ways_of(nodes: list[Node]) -> dict[int, tuple[str, ...]]:
    """The first way to each node, breadth first: what its keys were made of."""
    found: dict[int, tuple[str, ...]] = {0: ()}
    queue = [0]
    for number in queue:
        for name, child in nodes[number].children.items():
            if child not in found:
                found[child] = (*found[number], name)
                queue.append(child)
    return found


def key_of(way: tuple[str, ...], attribute: str) -> str:
    """A tensor's name, from the names on the way to its object.

    >>> key_of(("layers", "a/b"), "VARIABLE_VALUE")
    'layers/a.Sb/.ATTRIBUTES/VARIABLE_VALUE'
    """
    escaped = [name.replace(".", "..").replace("/", ".S") for name in way]
    return "/".join([*escaped, ".ATTRIBUTES", attribute])
