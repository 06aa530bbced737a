"""The body of a loop, traced once: its symbols, its results, what it reads and assigns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import backprop, context
from caudal.framework.convert import convert_to_tensor
from caudal.framework.tape import Recorder
from caudal.framework.tensor import SymbolicTensor, Tensor
from caudal.ir.dtypes import bool_, int64
from caudal.ir.node import walk
from caudal.ir.types import Type
from caudal.ops.record import (
    Contraction,
    Elementwise,
    Host,
    Leaf,
    Loop,
    Nest,
    Pull,
    Reduce,
    View,
    Window,
)

Body = Callable[[Any, list[Any], list[Any]], "Turn"]
"""``body(number of the row, carried values, rows)``, all symbolic tensors."""


@dataclass
class Turn:
    """What one turn of a loop gives: the next carried values, a row of each stacked result.

    ``going``: whether there is a next turn (a bool scalar), None in a loop of known length.
    """

    carries: list[Any]
    rows: list[Any] = field(default_factory=list)
    going: Any = None


def type_of(tensor: Any) -> Type:
    """The ir type of a tensor."""
    return Type(tensor.dtype, tuple(tensor.shape))


_LIGHT = 4096
"""Elements up to which computing both branches of a condition is not worth a branch."""

_DEAR = 12
"""Instructions a lane from which a value is kept for the gradient rather than what it is of."""


class TracedBody:
    """The body of a loop after tracing: symbols, results and what was recorded in between.

    rows: types of the stacked inputs' rows, or tensors that are to be the symbols themselves.
    place: the symbol of the rows' number, if not a new one. before: records that belong to the
    body though they were made earlier.
    """

    def __init__(
        self,
        name: str,
        carries: Sequence[Any],
        rows: Sequence[Any],
        body: Body,
        place: Any = None,
        before: Sequence[backprop.Record] = (),
    ) -> None:
        self.name = name
        self.trace = context.state.trace
        self.place = self._symbol(Type(int64, ()), "turn") if place is None else place
        self.rows = [
            self._symbol(row, f"row_{i}") if isinstance(row, Type) else row
            for i, row in enumerate(rows)
        ]
        self.initial = list(carries)
        self.carries = [self._symbol(type_of(c), f"carry_{i}") for i, c in enumerate(carries)]
        self.own = len(self.carries)
        self.variables: list[tuple[int, Any]] = []
        self.checks: list[tuple[int, Any]] = []
        self._follow(body, before)

    def _symbol(self, kind: Type, name: str) -> SymbolicTensor:
        tensor: SymbolicTensor = self.trace.detached_input(kind, name)
        return tensor

    # --- tracing -----------------------------------------------------------------------------

    def _follow(self, body: Body, before: Sequence[backprop.Record]) -> None:
        """Trace the body, again where it turns out to assign variables, until nothing is new."""
        trace = self.trace
        pending = {key: state.pending for key, state in trace.states.items()}
        token, known = trace.token, len(trace.checks or ())
        symbols: dict[int, SymbolicTensor] = {}
        start = self._symbol(Type(bool_, ()), "effects")
        while True:
            trace.token = start
            for key, state in trace.states.items():
                state.pending = symbols.get(key, pending.get(key))
            try:
                turn, records = self._once(body)
            finally:
                after = {key: state.pending for key, state in trace.states.items()}
                effects, trace.token = trace.token, token
                checks = (trace.checks or [])[known:]
                if trace.checks is not None:
                    del trace.checks[known:]
                for key, state in trace.states.items():
                    state.pending = pending.get(key)
            fresh = [
                key for key in after if key not in symbols and after[key] is not pending.get(key)
            ]
            if not fresh:
                break
            for key in fresh:
                variable = trace.states[key].variable
                symbols[key] = self._symbol(type_of(variable), variable.name)
        self.records = [*_needed(before, records, turn), *records]
        self.nexts, self.results, self.going = list(turn.carries), turn.rows, turn.going
        self._check_types()
        for key, symbol in symbols.items():
            state = trace.states[key]
            self.variables.append((len(self.carries), state))
            self._carry(trace.read(state.variable), symbol, after[key])
        for check in checks:
            self.checks.append((len(self.carries), check.fail))
            symbol = self._symbol(type_of(check.wrong), "wrong")
            zero = backprop.zeros_like(check.wrong)
            seen = ops.not_equal(symbol, zero)
            if symbol.shape:
                seen = ops.reduce_or(seen, axes=tuple(range(len(symbol.shape))))
            self._carry(zero, symbol, ops.select(seen, symbol, check.wrong))
        self.effectful = effects is not start
        if self.effectful:
            self._carry(Tensor(np.zeros((), np.bool_)) if token is None else token, start, effects)

    def _once(self, body: Body) -> tuple[Turn, list[backprop.Record]]:
        recorder = Recorder()
        before = context.state.enter(self.trace, (recorder,))
        try:
            turn = body(self.place, list(self.carries[: self.own]), list(self.rows))
            turn.carries = [convert_to_tensor(value) for value in turn.carries]
            turn.rows = [convert_to_tensor(value) for value in turn.rows]
        finally:
            context.state.leave(before)
        return turn, recorder.records

    def _check_types(self) -> None:
        for place, (symbol, value) in enumerate(zip(self.carries, self.nexts, strict=True)):
            if type_of(symbol) != type_of(value):
                raise InvalidArgumentError(
                    "{name}: loop variable {place} begins as {old} and is {new} after one turn. "
                    "In a compiled loop a variable keeps its dtype and shape; collect values in a "
                    "tf.TensorArray, or make the first value like the others.",
                    name=self.name,
                    place=place,
                    old=str(type_of(symbol)),
                    new=str(type_of(value)),
                )

    def _carry(self, initial: Any, symbol: Any, following: Any) -> None:
        self.initial.append(initial)
        self.carries.append(symbol)
        self.nexts.append(following)

    # --- what stands around ------------------------------------------------------------------

    def captured(self) -> list[Any]:
        """What the records read from outside: tensors and variables that carry gradients."""
        inside = {id(value) for value in (self.place, *self.carries, *self.rows)}
        found: dict[int, Any] = {}
        for record in self.records:
            for value in record[1]:
                if id(value) not in inside and backprop.is_differentiable(value):
                    found.setdefault(id(value), value)
            inside.update(map(id, backprop.results_of(record)))
        for value in (*self.nexts, *self.results):
            if id(value) not in inside and backprop.is_differentiable(value):
                found.setdefault(id(value), value)
        return list(found.values())

    def costly(self, most: int) -> list[Any]:
        """Values of a turn that a gradient had better not compute again.

        most: bytes that dear functions of one element (exp, tanh) may take together.
        """
        kinds = (Contraction, Reduce, Window, Nest, Host, Loop)
        readers: dict[int, list[backprop.Record]] = {}
        for record in self.records:
            for value in record[1]:
                readers.setdefault(id(value), []).append(record)
        found = []
        for record in self.records:
            emit = getattr(record[0], "emit", None)
            dear = isinstance(emit, Elementwise) and emit.cost >= _DEAR
            if not dear and not isinstance(emit, kinds):
                continue
            for value in backprop.results_of(record):
                if type(value) is not SymbolicTensor or not backprop.is_differentiable(value):
                    continue
                if not dear:
                    found.append(_after_sums(value, readers))
                elif (size := type_of(value).nbytes) <= most:
                    most -= size
                    found.append(value)
        return found

    def is_light(self) -> bool:
        """Whether a turn changes nothing outside and costs next to nothing."""
        if self.carries or self.rows:
            return False
        cheap = (Elementwise, Pull, View, Leaf)
        # What was made while the body was traced is younger than its first symbol.
        own = self.place.node.id
        return all(
            isinstance(node.op.emit, cheap) and node.type.size <= _LIGHT
            for node in walk([self.trace.node(value) for value in self.results])
            if node.id > own
        )

    def replay(self) -> None:
        """Let the tapes around have what was recorded: the body is used where it stands."""
        for tape in context.state.tapes:
            for op, inputs, params, result in self.records:
                if op is backprop.READ:
                    tape.read(inputs[0], result)
                else:
                    tape.record(op, inputs, params, result)


def _after_sums(value: Any, readers: dict[int, list[backprop.Record]]) -> Any:
    """What a value is once all has been added to it: the gradient of a sum needs no operand."""
    while True:
        found = readers.get(id(value), [])
        if len(found) != 1 or found[0][0].name not in ("add", "sub"):
            return value
        result = found[0][3]
        if type_of(result) != type_of(value):
            return value
        value = result


def _needed(
    before: Sequence[backprop.Record], records: Sequence[backprop.Record], turn: Turn
) -> list[backprop.Record]:
    """Those of earlier records whose results the later ones, or the results, depend on."""
    wanted = {id(value) for record in records for value in record[1]}
    wanted.update(map(id, (*turn.carries, *turn.rows)))
    found = []
    for record in reversed(before):
        if any(id(value) in wanted for value in backprop.results_of(record)):
            found.append(record)
            wanted.update(map(id, record[1]))
    return found[::-1]
