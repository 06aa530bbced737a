"""Programs as text, for people."""

from __future__ import annotations

from caudal.ir.node import Node
from caudal.ir.program import Program


def show_program(program: Program) -> str:
    """One line a node: ``%name = op(%inputs; params) : type``."""
    names: dict[Node, str] = {}
    for position, node in enumerate(program.inputs):
        names[node] = f"%in{position}"
    for position, node in enumerate(program.states):
        names[node] = f"%state{position}"
    lines = [f"program {program.name}"]
    for node in program.nodes():
        if node in names:
            continue
        names[node] = f"%{len(names)}"
        arguments = ", ".join(names[x] for x in node.inputs)
        params = ", ".join(f"{key}={value}" for key, value in node.params.items())
        inside = "; ".join(part for part in (arguments, params) if part)
        lines.append(f"  {names[node]} = {node.op.name}({inside}) : {node.type}")
    lines.extend(f"  return {names[node]}" for node in program.outputs)
    lines.extend(f"  %state{index} <- {names[node]}" for index, node in program.updates)
    return "\n".join(lines)
