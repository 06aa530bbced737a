"""A whole computation: a pure function (inputs, state) -> (outputs, state')."""

from __future__ import annotations

from dataclasses import dataclass

from caudal.ir.node import Node, walk


@dataclass(frozen=True, repr=False)
class Program:
    """A pure function over nodes.

    ``inputs`` and ``states`` are leaf nodes of the ops "input" and "state"; ``updates`` pairs
    the index of a state with the node of its next value. A state without an update is read only.
    The order of ``inputs``, ``states`` and ``outputs`` is the calling convention.
    """

    inputs: tuple[Node, ...]
    states: tuple[Node, ...]
    outputs: tuple[Node, ...]
    updates: tuple[tuple[int, Node], ...] = ()
    name: str = "program"

    def __repr__(self) -> str:
        return f"<program {self.name} of {len(self.nodes())} nodes>"

    @property
    def roots(self) -> tuple[Node, ...]:
        """Every node whose value leaves the program."""
        return self.outputs + tuple(node for _, node in self.updates)

    def nodes(self) -> list[Node]:
        """All nodes in an order in which each follows its inputs."""
        return walk(self.roots)
