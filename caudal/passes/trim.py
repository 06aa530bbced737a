"""Loops without what nobody reads: rows kept for a gradient that was never taken, idle inputs."""

from __future__ import annotations

from caudal import ops
from caudal.ir.node import Node, walk
from caudal.ir.program import Program
from caudal.ops.leaf import item
from caudal.ops.record import make_node
from caudal.passes.lower import rewrite


def trim_loops(program: Program) -> Program:
    """The program with only the states of each loop that something depends on."""
    read: dict[Node, set[int]] = {}
    for node in program.nodes():
        if node.op is item and node.inputs[0].op is ops.loop:
            read.setdefault(node.inputs[0], set()).add(node.params["index"])
    if not read:
        return program
    parts: dict[Node, dict[int, Node]] = {}

    def change(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if node in read:
            made, parts[node] = _trimmed(node, inputs, read[node])
            return made
        if node.op is item and node.inputs[0] in parts:
            return parts[node.inputs[0]][node.params["index"]]
        return None

    return rewrite(program, change)


def _trimmed(node: Node, inputs: tuple[Node, ...], read: set[int]) -> tuple[Node, dict[int, Node]]:
    """The loop over fewer states, and its results by their old position."""
    body, carried = node.params["body"], node.params["carried"]
    live, leaves = _live(body, read | ({0} if node.params["guarded"] else set()))
    kept = [index for index in range(len(body.states)) if index in live]
    fed = [place for place, leaf in enumerate(body.inputs) if leaf in leaves]
    updates = dict(body.updates)
    smaller = Program(
        tuple(body.inputs[place] for place in fed),
        tuple(body.states[index] for index in kept),
        (),
        tuple((at, updates[index]) for at, index in enumerate(kept) if index in updates),
        body.name,
    )
    initial = [inputs[index] for index in kept if index < carried]
    rest = [inputs[carried + place] for place in fed]
    params = {**node.params, "body": smaller, "carried": len(initial)}
    found = make_node(ops.loop, (*initial, *rest), params)
    return found[0].inputs[0], dict(zip(kept, found, strict=True))


def _live(body: Program, wanted: set[int]) -> tuple[set[int], set[Node]]:
    """The states that the wanted ones depend on, and all leaves that do."""
    position = {state: index for index, state in enumerate(body.states)}
    updates = dict(body.updates)
    live: set[int] = set()
    leaves: set[Node] = set()
    stack = list(wanted)
    while stack:
        index = stack.pop()
        if index in live:
            continue
        live.add(index)
        if index not in updates:
            continue
        for node in walk([updates[index]]):
            if node in position:
                stack.append(position[node])
            elif not node.inputs:
                leaves.add(node)
    return live, leaves
