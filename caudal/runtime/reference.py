"""The slow executor: every node through its NumPy reference. It is the specification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.ir.program import Program
from caudal.ops.loop import run_once

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
            outputs = run_once(self.program, self._order, inputs, states)
        return outputs
