"""Loops and branches of traced functions: traced once, run as often as it takes, differentiable.

The body is traced with symbols for what changes from turn to turn: the turn's number, the carried
values, a row of each stacked input. Variables that its body assigns, effects and late checks
become carried values by themselves. What is recorded while the body is traced gives its gradient:
a loop backwards, over the values that the forward loop keeps for it (reverse-mode
differentiation of a scan). That loop is of the same kind, so it can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import UnimplementedError
from caudal.framework import backprop, context
from caudal.framework.convert import convert_to_tensor
from caudal.framework.late_check import LateCheck
from caudal.framework.loop_body import TracedBody, Turn, type_of
from caudal.framework.tensor import SymbolicTensor, Tensor
from caudal.framework.variable import Variable
from caudal.ir.dtypes import bool_, int64
from caudal.ir.node import Node, walk
from caudal.ir.program import Program
from caudal.ir.types import Type
from caudal.ops.leaf import new_constant, new_input, new_state
from caudal.ops.record import (
    make_node,
)


def row_type(stack: Any, axis: int) -> Type:
    """The type of one row of a tensor stacked along an axis."""
    return type_of(stack).with_shape(without_axis(tuple(stack.shape), axis))


@dataclass
class Loop:
    """A traced body with what it runs over, ready to be put into the program.

    xs: stacked inputs, (turns, ...) each. count: the turns, at most where ``guard`` (a bool
    scalar) is given; None: as long as the guard lasts. backwards: whether rows are met from the
    last to the first; a tensor says how many there are. axes, into: the axis along which each of
    xs is stacked, and each result; 0 where they are left out.
    """

    body: TracedBody
    xs: list[Any]
    count: int | None
    guard: Any = None
    backwards: Any = False
    axes: Sequence[int] = ()
    into: Sequence[int] = ()
    kept: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.axes = list(self.axes) or [0] * len(self.xs)
        self.into = list(self.into) or [0] * len(self.body.results)

    def run(self) -> tuple[list[Any], list[Any]]:
        """The last carried values and the stacked rows, as tensors of the trace around."""
        body, tapes = self.body, context.state.tapes
        captured = body.captured()
        # Another loop may have assigned them since the body was traced.
        for place, state in body.variables:
            body.initial[place] = body.trace.read(state.variable)
        if body.effectful and body.trace.token is not None:
            body.initial[-1] = body.trace.token
        if tapes and self.count is not None:
            # The compiler drops what no gradient comes to read.
            costly = body.costly(_MOST_BYTES // max(self.count, 1))
            self.kept = list({id(v): v for v in (*body.carries, *costly)}.values())
        results = self._emit()
        rule = _Gradient(self, captured)
        for tape in tapes:
            for value in captured:
                if isinstance(value, Variable):
                    tape.touch(value)
            tape.record(rule, (*body.initial, *self.xs, *captured), {}, tuple(results))
        count = len(body.carries)
        last, rows = results[:count], results[count + 1 : count + 1 + len(body.results)]
        for place, state in body.variables:
            state.pending = last[place]
        for place, fail in body.checks:
            if body.trace.checks is not None:
                body.trace.checks.append(LateCheck(last[place], fail))
        if body.effectful:
            body.trace.token = last[-1]
        return last[: body.own], rows

    def _emit(self) -> list[Any]:
        """Every result: carried values, the number of turns, rows, kept rows."""
        body, trace = self.body, self.body.trace
        guarded = self.guard is not None
        turn = new_state(Type(int64, ()), "turn")
        states = [new_state(type_of(symbol), symbol.name) for symbol in body.carries]
        # A branch computes nothing before it is taken.
        own = body.place.node.id if guarded and self.count == 1 else None
        leaves = dict(zip((s.node for s in body.carries), states, strict=True))
        builder = _Builder(leaves, own)
        place = self._place(turn, builder)
        builder.made[body.place.node] = place
        for symbol, x, axis in zip(body.rows, self.xs, self.axes, strict=True):
            stack = builder.input(trace.node(convert_to_tensor(x)))
            builder.made[symbol.node] = _row(stack, place, axis)
        wanted = [trace.node(value) for value in (*body.nexts, *body.results, *self.kept)]
        ends = [] if body.going is None else [trace.node(convert_to_tensor(body.going))]
        made = builder.build([*wanted, *ends])
        updates = [*made[: len(states)], ops.add(turn, _ONE)]
        states.append(turn)
        if guarded:
            going = new_state(Type(bool_, ()), "going")
            states.insert(0, going)
            updates.insert(0, made[-1] if ends else going)
        initial = [trace.node(convert_to_tensor(value)) for value in body.initial]
        initial = [*([trace.node(self.guard)] if guarded else []), *initial, _NONE]
        into = [*self.into, *(0 for _ in self.kept)]
        for node, axis in zip(made[len(body.carries) : len(wanted)], into, strict=True):
            whole = with_axis(node.shape, axis, self.count or 1)
            rows = new_state(node.type.with_shape(whole), "rows")
            row = ops.reshape(node, shape=with_axis(node.shape, axis, 1))
            start = _start(place, len(whole), axis)
            updates.append(ops.dynamic_update_slice(rows, row, start))
            states.append(rows)
        used = set(walk(updates))
        inputs = {outer: leaf for outer, leaf in builder.inputs.items() if leaf in used}
        program = Program(
            tuple(inputs.values()), tuple(states), (), tuple(enumerate(updates)), body.name
        )
        params = {
            "body": program,
            "carried": len(initial),
            "count": self.count,
            "guarded": guarded,
        }
        found = make_node(ops.loop, (*initial, *inputs), params)
        return [SymbolicTensor(node, trace) for node in found[guarded:]]

    def _place(self, turn: Node, builder: _Builder) -> Node:
        """The number of the row that a turn meets."""
        if self.backwards is False:
            return turn
        if self.backwards is True:
            last: Node = new_constant(np.int64((self.count or 0) - 1))
        else:
            last = ops.sub(builder.input(self.body.trace.node(self.backwards)), _ONE)
        result: Node = ops.sub(last, turn)
        return result


_MOST_BYTES = 1 << 25
"""What may be kept of all turns so that a gradient need not work out dear functions again."""
_ONE, _NONE = new_constant(np.int64(1)), new_constant(np.int64(0))


def with_axis(shape: tuple[int, ...], axis: int, extent: int) -> tuple[int, ...]:
    """The shape of rows stacked along an axis."""
    return (*shape[:axis], extent, *shape[axis:])


def without_axis(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    """The shape of one row of what is stacked along an axis."""
    return (*shape[:axis], *shape[axis + 1 :])


def _start(place: Node, rank: int, axis: int) -> Node:
    """Where a row begins in a stack of that rank."""
    start: Node = ops.reshape(place, shape=(1,))
    if axis:
        start = ops.concat(new_constant(np.zeros(axis, np.int64)), start, axis=0)
    after = rank - axis - 1
    return ops.concat(start, new_constant(np.zeros(after, np.int64)), axis=0) if after else start


def _row(stack: Node, place: Node, axis: int) -> Node:
    shape = without_axis(stack.shape, axis)
    start = _start(place, len(stack.shape), axis)
    row = ops.dynamic_slice(stack, start, sizes=with_axis(shape, axis, 1))
    result: Node = ops.reshape(row, shape=shape)
    return result


class _Builder:
    """Rebuilds the nodes of a traced body over the leaves of its program.

    What depends on no leaf of the body stays outside, and is an input; unless it is younger than
    the node with the number ``own``.
    """

    _FREE = frozenset(("constant", "broadcast_to", "iota"))

    def __init__(self, made: dict[Node, Node], own: int | None) -> None:
        self.made = made
        self.own = own
        self.inputs: dict[Node, Node] = {}

    def input(self, node: Node) -> Node:
        """The input that stands for a value from outside."""
        if node not in self.inputs:
            self.inputs[node] = new_input(node.type, node.op.name)
        return self.inputs[node]

    def build(self, roots: list[Node]) -> list[Node]:
        """The roots, rebuilt."""
        for node in walk(roots):
            if node in self.made or node in self.inputs:
                continue
            young = self.own is not None and node.id > self.own
            if any(x in self.made for x in node.inputs) or (young and node.inputs):
                inputs = tuple(self._inner(x) for x in node.inputs)
                self.made[node] = Node.make(node.op, inputs, dict(node.params), node.type)
        return [self._inner(node) for node in roots]

    def _inner(self, node: Node) -> Node:
        if node in self.made:
            return self.made[node]
        # What costs nothing to make again need not be kept in memory outside.
        if all(x.op.name in self._FREE for x in walk([node])):
            return node
        return self.input(node)


class _Gradient(backprop.Rule):
    """The gradient of a loop: the loop backwards, over what the forward loop kept."""

    name = "loop"
    takes_none = True

    def __init__(self, loop: Loop, captured: list[Any]) -> None:
        self.loop = loop
        self.captured = captured

    def grad(self, g: Any, y: Any, *inputs: Any, **params: Any) -> Sequence[Any]:
        """Gradients for the initial values, the stacked inputs and what was captured."""
        loop, body = self.loop, self.loop.body
        if loop.count is None:
            raise UnimplementedError(
                "The gradient of a loop needs its number of turns while the function is traced: "
                "loop over a range of known length, or give maximum_iterations."
            )
        carried = len(body.carries)
        turns = y[carried]
        smooth = [i for i, s in enumerate(body.carries) if backprop.is_differentiable(s)]
        into = [i for i, r in enumerate(body.rows) if backprop.is_differentiable(r)]
        stacked = [*body.results, *loop.kept]
        stacked_along = [*loop.into, *(0 for _ in loop.kept)]
        given = [(i, gy) for i, gy in enumerate(g[carried + 1 :]) if gy is not None]
        along = [stacked_along[i] for i, _ in given]
        targets = [*(body.nexts[i] for i in smooth), *(stacked[i] for i, _ in given)]
        sources = [
            *(body.carries[i] for i in smooth),
            *(body.rows[i] for i in into),
            *self.captured,
        ]
        backwards = loop.backwards is False
        inner, outer = len(smooth), len(smooth) + len(into)
        kept = {id(value) for value in loop.kept}
        before = [
            record
            for record in body.records
            if not any(id(value) in kept for value in backprop.results_of(record))
        ]

        def turn(place: Any, carries: list[Any], rows: list[Any]) -> Turn:
            seeds = [*carries[:inner], *rows[: len(given)]]
            found = backprop.gradients(body.records, targets, seeds, sources)
            every = [
                backprop.zeros_like(value) if gx is None else gx
                for gx, value in zip(found[:outer], sources, strict=False)
            ]
            sums = [
                total if gx is None else ops.add(total, gx)
                for total, gx in zip(carries[inner:], found[outer:], strict=True)
            ]
            going = None
            if loop.guard is not None and loop.count != 1:
                one = Tensor(np.ones((), np.int64))
                going = (
                    ops.greater_equal(place, one)
                    if backwards
                    else ops.less(ops.add(place, one), turns)
                )
            return Turn([*every[:inner], *sums], every[inner:], going)

        traced = TracedBody(
            body.name + "_gradient",
            [
                *(backprop.zeros_like(body.carries[i]) if g[i] is None else g[i] for i in smooth),
                *map(backprop.zeros_like, self.captured),
            ],
            [*(row_type(gy, axis) for (_, gy), axis in zip(given, along, strict=True)),
             *loop.kept, *body.rows],
            turn,
            body.place,
            before,
        )  # fmt: skip
        again = Loop(
            traced,
            [*(gy for _, gy in given), *y[carried + 1 + len(body.results) :], *loop.xs],
            loop.count,
            None if loop.guard is None else ops.greater(turns, Tensor(np.zeros((), np.int64))),
            backwards and (True if loop.guard is None else turns),
            [*along, *(0 for _ in loop.kept), *loop.axes],
            [loop.axes[i] for i in into],
        )
        last, rows = again.run()
        by_carry = dict(zip(smooth, last, strict=False))
        by_row = dict(zip(into, rows, strict=True))
        return [
            *(by_carry.get(i) for i in range(carried)),
            *(by_row.get(i) for i in range(len(loop.xs))),
            *last[inner:],
        ]
