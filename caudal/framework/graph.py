"""A traced computation that can be differentiated: gradients through a compiled function.

The gradient of a call is one more compiled program, built by `backprop` over what was recorded
while the function was traced. It takes the arguments, the variables' values before the call and
the gradients of the results, and computes the forward values that it needs again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal import runtime
from caudal.errors import UnimplementedError
from caudal.framework import backprop, context
from caudal.framework.convert import convert_to_tensor
from caudal.framework.journal import Entry
from caudal.framework.tape import Recorder
from caudal.framework.tensor import SymbolicTensor, Tensor
from caudal.framework.trace import Trace, Traced
from caudal.framework.variable import Variable
from caudal.ir.program import Program
from caudal.ir.types import Type


class Graph:
    """Flat tensors in, flat tensors out; a tape sees a call as one record.

    ``inputs`` and ``outputs`` are the trace's symbolic tensors, ``records`` what leads from the
    ones to the others. With ``traced`` a call also updates the variables.
    """

    def __init__(
        self,
        trace: Trace,
        inputs: Sequence[SymbolicTensor],
        outputs: Sequence[Any],
        records: Sequence[backprop.Record],
        traced: Traced | None = None,
    ) -> None:
        self.trace = trace
        self.inputs = list(inputs)
        self.outputs = list(outputs)
        self.records = list(records)
        self._traced = traced
        self._backward: Graph | None = None
        self._connected: list[int] = []
        self._executable: Any = None

    @classmethod
    def of_traced(cls, traced: Traced) -> Graph:
        """The graph of a traced function."""
        trace = traced.trace
        assert trace.recorder is not None
        return cls(trace, trace.inputs, traced.outputs, trace.recorder.records, traced)

    @property
    def variables(self) -> list[Variable]:
        """The variables of the trace."""
        return [state.variable for state in self.trace.states.values()]

    def call(self, tensors: Sequence[Any]) -> list[Any]:
        """Runs on eager tensors, and lets the active tapes record the call."""
        # Reading records the reading, and keeps the old values if the call updates them.
        snapshots = [variable.read_value() for variable in self.variables]
        return self._recorded(list(tensors), snapshots)

    def _recorded(
        self, tensors: list[Any], snapshots: list[Any], past: Sequence[Entry] = ()
    ) -> list[Any]:
        if any(isinstance(tensor, SymbolicTensor) for tensor in tensors):
            raise UnimplementedError(
                "{name}: the call was recorded outside of a tf.function and its gradient is asked "
                "for inside of one; put the tape and the call into the same function.",
                name=self.trace.name,
            )
        entries = past
        if self._traced is not None and self.trace.calls_back:
            with self.trace.journal.recording() as entries:
                arrays = self._traced.run_flat(tensors)
        elif self._traced is not None:
            arrays = self._traced.run_flat(tensors)
        else:
            values = [tensor._value for tensor in tensors]
            states = [tensor._value for tensor in snapshots]
            with self.trace.journal.replaying(past):
                arrays = self._load().run(values, states)
        outputs = [Tensor(array) for array in arrays]
        rule = _Call(self, len(tensors), entries)
        for tape in context.state.tapes:
            tape.record(rule, (*tensors, *snapshots), {}, tuple(outputs))
        return outputs

    def _load(self) -> Any:
        if self._executable is None:
            states = tuple(state.node for state in self.trace.states.values())
            outputs = tuple(self.trace.node(output) for output in self.outputs)
            nodes = tuple(tensor.node for tensor in self.inputs)
            self._executable = runtime.load(
                Program(nodes, states, outputs, (), self.trace.name + "_gradient")
            )
        return self._executable

    # --- the gradient ------------------------------------------------------------------------

    def smooth(self) -> list[int]:
        """The positions of the outputs that carry gradients."""
        return [
            position
            for position, output in enumerate(self.outputs)
            if backprop.is_differentiable(output)
        ]

    def backward(self) -> tuple[Graph, list[int]]:
        """The graph (inputs, output gradients) -> gradients, and which inputs they belong to.

        Inputs are counted with the variables behind the arguments.
        """
        if self._backward is None:
            self._backward = self._differentiate()
        return self._backward, self._connected

    def _differentiate(self) -> Graph:
        recorder = Recorder()
        before = context.state.enter(self.trace, (recorder,))
        try:
            seeds = []
            for position in self.smooth():
                output = self.outputs[position]
                kind = Type(output.dtype, tuple(output.shape))
                seeds.append(self.trace.detached_input(kind, f"gradient_{position}"))
            targets = [self.outputs[position] for position in self.smooth()]
            sources = [*self.inputs, *self.variables]
            found = backprop.gradients(self.records, targets, seeds, sources)
        finally:
            context.state.leave(before)
        self._connected = [place for place, g in enumerate(found) if g is not None]
        outputs = [g for g in found if g is not None]
        records = [*self.records, *recorder.records]
        return Graph(self.trace, [*self.inputs, *seeds], outputs, records)


class _Call(backprop.Rule):
    """One call of a graph, as a tape records it."""

    name = "function_call"

    def __init__(self, graph: Graph, arguments: int, past: Sequence[Entry]) -> None:
        self._graph = graph
        self._arguments = arguments
        self._past = past

    def grad(self, g: Any, y: Any, *inputs: Any, **params: Any) -> Sequence[Any]:
        """One run of the backward program."""
        backward, connected = self._graph.backward()
        seeds = [convert_to_tensor(g[position]) for position in self._graph.smooth()]
        tensors = [*inputs[: self._arguments], *seeds]
        snapshots = list(inputs[self._arguments :])
        found = backward._recorded(tensors, snapshots, self._past)
        result: list[Any] = [None] * len(inputs)
        for place, gradient in zip(connected, found, strict=True):
            result[place] = gradient
        return result
