"""The passes before fusion: every result its own kernel value, no padding inside convolutions."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from caudal.ir.dtypes import ALL
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ops.record import NOT_DIFFERENTIABLE, Elementwise, Leaf, Op, View, make_node

_serial = itertools.count()

copy = Op(
    "copy",
    infer=lambda x, serial: x,
    reference=lambda xp, x, serial: x,
    grad=NOT_DIFFERENTIABLE,
    emit=Elementwise(lambda b, x, serial: x),
    samples=lambda rng: (),
    dtypes=ALL,
    internal=True,
)
"""The same value in a buffer of its own; compiler-internal, ``serial`` keeps copies apart."""


def rewrite(program: Program, change: Callable[[Node, tuple[Node, ...]], Any]) -> Program:
    """The program with ``change(node, new_inputs)`` in place of every node.

    ``change`` gives a node, or None to keep the op over the new inputs.
    """
    made: dict[Node, Node] = {}
    for node in program.nodes():
        inputs = tuple(made[x] for x in node.inputs)
        new = change(node, inputs)
        if new is None:
            same = inputs == node.inputs
            new = node if same else Node.make(node.op, inputs, dict(node.params), node.type)
        made[node] = new
    return Program(
        program.inputs,
        program.states,
        tuple(made[node] for node in program.outputs),
        tuple((index, made[node]) for index, node in program.updates),
        program.name,
    )


def own_results(program: Program) -> Program:
    """Outputs and updates that are leaves, views or one another's twins become copies."""
    taken: set[Node] = set()

    def own(node: Node) -> Node:
        if isinstance(node.op.emit, Leaf | View) or node in taken:
            node = make_node(copy, (node,), {"serial": next(_serial)})
        taken.add(node)
        return node

    outputs = tuple(own(node) for node in program.outputs)
    updates = tuple((index, own(node)) for index, node in program.updates)
    return Program(program.inputs, program.states, outputs, updates, program.name)


def drop_idle_updates(program: Program) -> Program:
    """A state that is set to itself needs no update."""
    updates = tuple((i, node) for i, node in program.updates if node is not program.states[i])
    return Program(program.inputs, program.states, program.outputs, updates, program.name)
