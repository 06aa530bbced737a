"""The rules that every program keeps; checked between passes."""

from __future__ import annotations

from typing import Any

from caudal.errors import InternalError
from caudal.ir.program import Program


def verify(program: Program) -> None:
    """Raise InternalError where a program breaks a rule.

    Types follow from the ops' own rules; leaves are declared; an update has its state's type;
    no state is updated twice.
    """
    declared = set(program.inputs) | set(program.states)
    for node in program.nodes():
        name = node.op.name
        if name in ("input", "state"):
            _check(node in declared, "{node} is not declared", node=node)
            continue
        if name == "item":
            continue
        expected = node.op.infer(*(x.type for x in node.inputs), **node.params)
        _check(
            expected == node.type,
            "{op} has type {have}, its rule says {want}",
            op=name,
            have=node.type,
            want=expected,
        )
    updated: set[int] = set()
    for index, node in program.updates:
        _check(index not in updated, "state {index} is updated twice", index=index)
        updated.add(index)
        _check(
            node.type == program.states[index].type,
            "state {index} of type {have} is set to {want}",
            index=index,
            have=program.states[index].type,
            want=node.type,
        )


def _check(holds: bool, template: str, **fields: Any) -> None:
    if not holds:
        raise InternalError("the graph is malformed: " + template, **fields)
