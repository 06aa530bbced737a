"""Loops as ONNX's Loop, whose body is a graph that sees the names around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.ir.dtypes import bool_, int64
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.onnx.writer import OnnxWriter, Value
from caudal.saved_model.columns import Column
from caudal.saved_model.translate import updates_of

Inner = Callable[[OnnxWriter], Any]


class LoopWriter:
    """Writes one loop.

    Args:
        columns: of the graph around.
        column: the loop's nodes.
        inputs: its initial values, then what is captured.
        inner: makes the columns of the body's graph.

    States that only collect a row in each turn become the Loop's stacked outputs.
    """

    def __init__(self, columns: Any, column: Column, inputs: Sequence[Value], inner: Inner) -> None:
        self._box, self._outer = columns._box, columns._writer
        self._column, self._inputs = column, inputs
        self._bodies: list[Program] = [node.params["body"] for node in column]
        self._params = column[0].params
        self._writer = OnnxWriter(outer=self._outer)
        self._inner = inner(self._writer)
        self._updates = dict(updates_of(self._bodies))
        self._rows = {
            state: row
            for state in range(self._params["carried"], len(self._bodies[0].states))
            if (row := self._row(state)) is not None
        }

    # --- rows -----------------------------------------------------------------------------------

    def _row(self, state: int) -> tuple[int, bool] | None:
        """The axis along which a state collects its turns' rows, and whether backwards."""
        if self._params["guarded"] or self._params["count"] is None:
            return None
        body = self._bodies[0]
        rows, update = body.states[state], dict(body.updates).get(state)
        if update is None or update.op.name != "dynamic_update_slice":
            return None
        readers = [node for node in body.nodes() if rows in node.inputs]
        if readers != [update] or rows in [value for _, value in body.updates]:
            return None
        starts = update.inputs[2]
        parts = _parts(starts)
        moving = [part for part in parts if part.op.name != "constant"]
        if len(moving) != 1 or moving[0].op.name != "reshape":
            return None
        before = parts[: parts.index(moving[0])]
        axis = sum(part.shape[0] for part in before)
        place = moving[0].inputs[0]
        whole = update.inputs[1].shape[axis] == 1 and rows.shape[axis] == self._params["count"]
        if not whole:
            return None
        if self._is_turn(place):
            return axis, False
        backwards = place.op.name == "sub" and self._is_turn(place.inputs[1])
        return (axis, True) if backwards and place.inputs[0].op.name == "constant" else None

    def _is_turn(self, node: Node) -> bool:
        """Whether it is the state that counts the turns from 0."""
        body = self._bodies[0]
        if node not in body.states:
            return False
        state = body.states.index(node)
        update = dict(body.updates).get(state)
        begin = self._inputs[state].array if state < self._params["carried"] else None
        return (
            update is not None
            and update.op.name == "add"
            and node in update.inputs
            and all(one is node or _number(one) == 1 for one in update.inputs)
            and begin is not None
            and not begin.any()
        )

    # --- the body -------------------------------------------------------------------------------

    def results(self) -> tuple[Value, ...]:
        """Writes the loop; its last states."""
        bodies, w, outer = self._bodies, self._writer, self._outer
        guarded, carried = self._params["guarded"], self._params["carried"]
        first = bodies[0]
        w.argument(w.fresh("turn"), int64, ())
        w.argument(w.fresh("going"), bool_, ())
        kept = [state for state in range(len(first.states)) if state not in self._rows]
        done = self._inner._done
        for state in kept:
            node = first.states[state]
            shape = self._box.general([body.states[state].shape for body in bodies])
            value = w.argument(w.fresh("state"), node.dtype, shape)
            done[tuple(body.states[state] for body in bodies)] = value
        for place in range(len(first.inputs)):
            done[tuple(body.inputs[place] for body in bodies)] = self._inputs[carried + place]
        ends = {state: self._end(state) for state in range(len(first.states))}
        self._inner._translate([*ends.values()])
        going = done[ends[0]] if guarded else w.const(np.ones((), np.bool_))
        values = [going, *(done[ends[state]] for state in kept)]
        for state in self._rows:
            axis, _ = self._rows[state]
            shape = self._box.general([one.shape for one in ends[state]])
            values.append(w.reshape(done[ends[state]], (*shape[:axis], *shape[axis + 1 :])))
        for value in values:
            (result,) = w.nodes("Identity", [value.dtype], value)
            w.outputs.append((result, None))
        count = self._box.general([node.params["count"] for node in self._column])
        most = Value("", int64) if count is None else outer.scalar(count)
        begin = self._inputs[0] if guarded else outer.const(np.ones((), np.bool_))
        initial = [self._initial(state) for state in kept]
        kinds = [first.states[state].dtype for state in (*kept, *self._rows)]
        found = outer.nodes("Loop", kinds, most, begin, *initial, body=w)
        by_state = dict(zip((*kept, *self._rows), found, strict=True))
        return tuple(self._stacked(state, by_state[state]) for state in range(len(first.states)))

    def _end(self, state: int) -> Column:
        """What a state becomes after a turn, or the row that it collects."""
        update = self._updates.get(state)
        if update is None:
            return tuple(body.states[state] for body in self._bodies)
        return tuple(node.inputs[1] for node in update) if state in self._rows else update

    def _initial(self, state: int) -> Value:
        if state < self._params["carried"]:
            return self._inputs[state]
        node = self._bodies[0].states[state]
        shape = self._box.general([body.states[state].shape for body in self._bodies])
        found: Value = self._outer.broadcast(
            self._outer.const(np.zeros((), node.dtype.np_dtype)), shape
        )
        return found

    def _stacked(self, state: int, value: Value) -> Value:
        """Rows in the order and along the axis that the program wants."""
        if state not in self._rows:
            return value
        axis, backwards = self._rows[state]
        w, rank = self._outer, len(self._bodies[0].states[state].shape)
        if backwards:
            minus = w.ints(-1)
            value = w.node("Slice", value, minus, w.ints(_FIRST), w.ints(0), minus)
        found: Value = w.transpose(value, (*range(1, axis + 1), 0, *range(axis + 1, rank)))
        return found


_FIRST = np.iinfo(np.int64).min + 1


def _parts(node: Node) -> list[Node]:
    """What a vector is joined of."""
    if node.op.name != "concat":
        return [node]
    return [part for one in node.inputs for part in _parts(one)]


def _number(node: Node) -> Any:
    """The number of a constant scalar."""
    if node.op.name != "constant" or node.shape != ():
        return None
    return node.params["value"].array.item()
