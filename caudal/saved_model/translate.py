"""Programs as functions of TensorFlow's graph: record by record, by the table's writers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.ir.dtypes import bool_, int32
from caudal.ir.program import Program
from caudal.saved_model.attributes import FunctionName
from caudal.saved_model.columns import Column, Columns
from caudal.saved_model.extents import Box, NotPolymorphicError
from caudal.saved_model.table import WRITERS
from caudal.saved_model.tensors import RESOURCE
from caudal.saved_model.writer import GraphWriter, Ref


class FunctionColumns(Columns):
    """Writes the nodes of one function; ``library`` is where the functions of inner loops go."""

    writers = WRITERS

    def __init__(self, writer: GraphWriter, box: Box, library: list[Any]) -> None:
        super().__init__(writer, box)
        self._library = library

    @property
    def definition(self) -> Any:
        """The FunctionDef."""
        return self._writer.definition

    def _loop(self, column: Column, inputs: Sequence[Ref]) -> tuple[Ref, ...]:
        return write_loop(self, column, inputs)


class Translator(FunctionColumns):
    """Writes one function.

    Args:
        name: of the function.
        programs: one for each point of ``box``.
        names: of the inputs.
        symbols: for each open extent, the input and its axis.
        count: how many outputs are the function's own.

    ``library`` holds the functions that it calls.
    """

    def __init__(
        self,
        name: str,
        programs: Sequence[Program],
        box: Box,
        names: Sequence[str],
        symbols: Sequence[tuple[str, int]],
        count: int,
    ) -> None:
        self.library: list[Any] = []
        super().__init__(GraphWriter(name, symbols), box, self.library)
        self._handles: list[Ref] = []
        self._reads: dict[int, str] = {}
        first = programs[0]
        for number, node in enumerate(first.inputs):
            column = tuple(program.inputs[number] for program in programs)
            kind = node.dtype.as_datatype_enum
            self._done[column] = self._writer.argument(names[number], kind, node.dtype)
        for number in range(len(first.states)):
            self._handles.append(self._writer.argument(f"variable_{number}", RESOURCE, None))
        self._states = {
            tuple(program.states[number] for program in programs): number
            for number in range(len(first.states))
        }
        self._write(programs, count)

    def _write(self, programs: Sequence[Program], count: int) -> None:
        outputs = [tuple(p.outputs[i] for p in programs) for i in range(count)]
        updates = updates_of(programs)
        self._translate([*outputs, *(column for _, column in updates)])
        definition = self.definition
        effects = [self._assign(state, self._done[column]) for state, column in updates]
        for number, column in enumerate(outputs):
            ref = self._done[column]
            # An identity keeps results apart, and lets them wait for the assignments.
            after = [f"^{name}" for name in effects]
            kept = self._writer.bare("Identity", [ref.text, *after], T=ref.dtype)
            label = f"output_{number}"
            definition.signature.output_arg.add(name=label, type=ref.dtype.as_datatype_enum)
            definition.ret[label] = f"{kept}:output:0"
        for number, name in enumerate(effects):
            definition.signature.control_output.append(f"assigned_{number}")
            definition.control_ret[f"assigned_{number}"] = name
        definition.signature.is_stateful = bool(self._handles)

    def _assign(self, state: int, value: Ref) -> str:
        """All reads see the value from before: an assignment waits for its variable's read."""
        after = [f"^{self._reads[state]}"] if state in self._reads else []
        inputs = [self._handles[state].text, value.text, *after]
        name: str = self._writer.bare("AssignVariableOp", inputs, dtype=value.dtype)
        return name

    def _read(self, column: Column) -> Ref:
        number = self._states[column]
        handle, dtype = self._handles[number], column[0].dtype
        name = self._writer.bare("ReadVariableOp", [handle.text], dtype=dtype)
        self._reads[number] = name
        return Ref(f"{name}:value:0", dtype)


def updates_of(programs: Sequence[Program]) -> list[tuple[int, Column]]:
    """The states that the programs assign, with their next values."""
    first = programs[0].updates
    if any([s for s, _ in p.updates] != [s for s, _ in first] for p in programs):
        raise NotPolymorphicError("the variables assigned")
    return [
        (state, tuple(p.updates[place][1] for p in programs))
        for place, (state, _) in enumerate(first)
    ]


# --- loops ------------------------------------------------------------------------------------


class _Turn(FunctionColumns):
    """One function of a loop: of the turn's number, the states, what is captured, the sizes."""

    def __init__(
        self, name: str, outer: FunctionColumns, bodies: Sequence[Program], library: list[Any]
    ) -> None:
        writer = GraphWriter(name)
        super().__init__(writer, outer._box, library)
        self.arguments = [writer.argument("turn", int32.as_datatype_enum, int32)]
        for label, nodes in (("state", "states"), ("captured", "inputs")):
            for number, node in enumerate(getattr(bodies[0], nodes)):
                kind = node.dtype.as_datatype_enum
                ref = writer.argument(f"{label}_{number}", kind, node.dtype)
                self._done[tuple(getattr(body, nodes)[number] for body in bodies)] = ref
                self.arguments.append(ref)
        for symbol in range(outer._box.count):
            ref = writer.argument(f"size_{symbol}", int32.as_datatype_enum, int32)
            writer.give_size(symbol, ref)
            self.arguments.append(ref)

    def returns(self, refs: Sequence[Ref]) -> None:
        """Ends the function."""
        for number, ref in enumerate(refs):
            kept = self._writer.node("Identity", ref)
            label = f"output_{number}"
            kind = ref.dtype.as_datatype_enum
            self.definition.signature.output_arg.add(name=label, type=kind)
            self.definition.ret[label] = kept.text


def write_loop(outer: FunctionColumns, column: Column, inputs: Sequence[Ref]) -> tuple[Ref, ...]:
    """A loop as a StatelessWhile over the turn's number, the states, captures and sizes."""
    params = column[0].params
    bodies = [node.params["body"] for node in column]
    carried, guarded = params["carried"], params["guarded"]
    count = outer._box.general([node.params["count"] for node in column])
    w = outer._writer
    name = f"{outer.definition.signature.name}_loop_{len(outer._library)}"
    body = _Turn(f"{name}_body", outer, bodies, outer._library)
    updates = updates_of(bodies)
    body._translate([value for _, value in updates])
    following = list(body.arguments)
    following[0] = body._writer.node("AddV2", body.arguments[0], body._writer.const(np.int32(1)))
    for state, value in updates:
        following[1 + state] = body._done[value]
    body.returns(following)
    condition = _Turn(f"{name}_condition", outer, bodies, outer._library)
    going = [condition.arguments[1]] if guarded else []
    if count is not None:
        most = condition._writer.scalar(count)
        going.append(condition._writer.node("Less", condition.arguments[0], most, dtype=bool_))
    condition.returns(
        [condition._writer.node("LogicalAnd", *going) if len(going) == 2 else going[0]]
    )
    outer._library += [body.definition, condition.definition]
    begin = [w.const(np.int32(0)), *inputs[:carried]]
    for number, node in enumerate(bodies[0].states[carried:], carried):
        shape = outer._box.general([one.states[number].shape for one in bodies])
        zero = w.const(np.zeros((), node.dtype.np_dtype))
        begin.append(w.node("Fill", w.vector(shape), zero, dtype=node.dtype))
    begin += [*inputs[carried:], *(w.size(symbol) for symbol in range(outer._box.count))]
    done = w.bare(
        "StatelessWhile",
        [ref.text for ref in begin],
        T=[ref.dtype for ref in begin],
        cond=FunctionName(condition.definition.signature.name),
        body=FunctionName(body.definition.signature.name),
    )
    states = range(1, 1 + len(bodies[0].states))
    return tuple(Ref(f"{done}:output:{place}", begin[place].dtype) for place in states)
