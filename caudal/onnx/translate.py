"""Programs as ONNX graphs: record by record, by the table's writers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from caudal.framework.trace import Traced
from caudal.ir.dtypes import DType
from caudal.onnx.loops import LoopWriter
from caudal.onnx.table import WRITERS
from caudal.onnx.writer import OnnxWriter, Step, Value, foldable
from caudal.saved_model.columns import Column, Columns, UnwritableError
from caudal.saved_model.extents import Box, is_open
from caudal.saved_model.translate import updates_of


class OnnxColumns(Columns):
    """Writes the nodes of one graph; what depends on constants alone is computed now."""

    writers = WRITERS

    def _made(self, column: Column, inputs: list[Column]) -> Any:
        given = [self._done[one] for one in inputs]
        node = column[0]
        self._writer.names.record = node.op.name
        if node.op.name not in _LEAVES and all(isinstance(one, Value) for one in given):
            view = self._view(column, inputs)
            if not (is_open(view.shape) or any(map(is_open, view.params.values()))):
                known = [one.array for one in given]
                if all(array is not None for array in known) and foldable(view, given):
                    return self._writer.const(node.op.evaluate(*known, **node.params))
        return super()._made(column, inputs)

    def _loop(self, column: Column, inputs: Sequence[Value]) -> tuple[Value, ...]:

        def inner(writer: OnnxWriter) -> OnnxColumns:
            found = OnnxColumns(writer, self._box)
            found._done.update(self._done)
            return found

        return LoopWriter(self, column, inputs, inner).results()


# Random numbers of constants would be the same in each call.
_LEAVES = frozenset(("constant", "item", "state", "loop", "effect", "receive", "threefry"))


class GraphColumns(OnnxColumns):
    """Writes a traced function.

    Args:
        several: the function, traced at each point of ``box``.
        names: of the inputs.
        symbols: for each open extent, the input and its axis.
        results: names for the outputs.
        fits: whether ONNX has an op for inputs of these dtypes.
    """

    def __init__(
        self,
        several: Sequence[Traced],
        box: Box,
        names: Sequence[str],
        symbols: Sequence[tuple[str, int]],
        results: Sequence[str],
        fits: Callable[[str, Sequence[DType]], bool],
    ) -> None:
        super().__init__(OnnxWriter(symbols, fits=fits), box)
        programs = [traced.program for traced in several]
        for number, node in enumerate(programs[0].inputs):
            column = tuple(program.inputs[number] for program in programs)
            shape = box.general([one.shape for one in column])
            self._done[column] = self.writer.argument(names[number], node.dtype, shape)
        self._weights = {
            tuple(program.states[number] for program in programs): variable
            for number, variable in enumerate(several[0].variables)
        }
        columns = [tuple(p.outputs[i] for p in programs) for i in range(len(results))]
        self._translate(columns)
        if updates_of(programs):
            raise _assigning(several[0])
        for name, column in zip(results, columns, strict=True):
            found = self._done[column]
            kept = Value(name, found.dtype)
            self.writer.steps.append(Step("Identity", [found.text], [name], {}))
            self.writer.outputs.append((kept, box.general([one.shape for one in column])))

    @property
    def writer(self) -> OnnxWriter:
        """The graph."""
        found: OnnxWriter = self._writer
        return found

    def _read(self, column: Column) -> Value:
        variable = self._weights[column]
        name = getattr(variable, "path", None) or variable.name.removesuffix(":0")
        return self.writer.const(variable.numpy(), name)


def _assigning(traced: Traced) -> UnwritableError:
    place = traced.program.updates[0][0]
    return UnwritableError(
        "The function assigns the variable {name!r}; an ONNX graph keeps nothing between calls.",
        name=traced.variables[place].name,
    )
