"""The slow executor: every node through its NumPy reference. It is the specification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.ir.node import Node
from caudal.ir.program import Program

Array = np.ndarray[Any, Any]


class ReferenceExecutable:
    """Runs a program node by node in NumPy."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._order = program.nodes()

    def run(self, inputs: Sequence[Array], states: Sequence[Array], repeat: int = 1) -> list[Array]:
        """Outputs of the last of ``repeat`` runs; ``states`` are updated in place."""
        outputs: list[Array] = []
        for _ in range(repeat):
            outputs = self._run_once(inputs, states)
        return outputs

    def _run_once(self, inputs: Sequence[Array], states: Sequence[Array]) -> list[Array]:
        program = self.program
        values: dict[Node, Any] = dict(zip(program.inputs, inputs, strict=True))
        values.update(zip(program.states, states, strict=True))
        for node in self._order:
            if node in values:
                continue
            if node.op.name == "item":
                values[node] = values[node.inputs[0]][node.params["index"]]
                continue
            values[node] = node.op.evaluate(*(values[x] for x in node.inputs), **node.params)
        # A result may alias a state that is about to change: copy first, write after.
        outputs = [np.array(values[node], copy=True) for node in program.outputs]
        updates = [(index, np.array(values[node])) for index, node in program.updates]
        for index, value in updates:
            states[index][...] = value
        return outputs
