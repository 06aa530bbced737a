"""When two programs are alike: the same computation over other inputs and states."""

from __future__ import annotations

from typing import Any

from caudal.ir.program import Program


def likeness(program: Program) -> tuple[Any, ...]:
    """A value that is equal for programs that differ in nothing but which leaves they read.

    Nodes are numbered in the order of the walk; inputs and states stand for their places. What a
    parameter refers to (a function, a large constant) counts by identity.
    """
    leaves: dict[Any, Any] = {node: ("input", i) for i, node in enumerate(program.inputs)}
    leaves.update((node, ("state", i)) for i, node in enumerate(program.states))
    numbers = dict(leaves)
    rows: list[Any] = []
    for node in program.nodes():
        if node in leaves:
            continue
        numbers[node] = len(rows)
        params = tuple((key, _plain(value)) for key, value in sorted(node.params.items()))
        rows.append((node.op, tuple(numbers[x] for x in node.inputs), params, node.type))
    types = tuple(node.type for node in (*program.inputs, *program.states))
    outputs = tuple(numbers[node] for node in program.outputs)
    updates = tuple((index, numbers[node]) for index, node in program.updates)
    return (len(program.inputs), types, tuple(rows), outputs, updates)


def _plain(value: Any) -> Any:
    """A parameter; a loop's body by its own likeness."""
    if isinstance(value, Program):
        return likeness(value)
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return value
