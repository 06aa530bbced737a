"""What a loop does in every turn and could do once: before it, or after it.

A sum of products over the turns, as every weight's gradient in a recurrent layer is, becomes one
long product after the loop; so does a sum of sums, a bias's gradient. A matrix from outside that
is multiplied the other way round is transposed before the loop, not packed anew in each turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal import ops
from caudal.ir.dtypes import int64
from caudal.ir.node import Node, walk
from caudal.ir.program import Program
from caudal.ir.types import Type
from caudal.ops.leaf import item, new_constant, new_input, new_state
from caudal.ops.record import make_node
from caudal.passes.lower import rewrite
from caudal.passes.turn import is_other_way_round, turn_of, turned_round

MOST_BYTES = 1 << 25
"""What may be kept of all turns so that one product can sum over them."""
MOST_TURNS = 1 << 12
_MOVEMENTS = (ops.transpose, ops.reshape, ops.pad)
LONG = 512
"""A sum that long is an efficient product within a turn."""

Inputs = tuple[Node, ...]
Params = dict[str, Any]


def hoist(program: Program) -> Program:
    """The program with the sums of its loops behind them and transposed matrices before them."""
    results: dict[Node, Inputs] = {}

    def change(node: Node, inputs: Inputs) -> Node | None:
        if node.op is ops.loop:
            made, results[node] = _hoisted(inputs, dict(node.params))
            return made
        if node.op is not item or node.inputs[0] not in results:
            return None
        index: int = node.params["index"]
        return results[node.inputs[0]][index]

    return rewrite(program, change)


def _hoisted(inputs: Inputs, params: Params) -> tuple[Node, Inputs]:
    """The loop, and its results now that it does not sum itself."""
    inputs, params = _transposed_before(inputs, params)
    body, carried = params["body"], params["carried"]
    number = counter_of(inputs, params)
    if number is None or params["count"] > MOST_TURNS:
        made: Inputs = make_node(ops.loop, inputs, params)
        return made[0].inputs[0], made
    turns = _Turns(body, body.states[number], params["count"])
    terms: dict[int, dict[Node, tuple[_Kept, ...]]] = {}
    candidates = {
        index: found
        for index, update in body.updates
        if index < carried and (found := _summed(body, index, update))
    }
    # Products first: sums find what they keep.
    for index, found in sorted(candidates.items(), key=lambda pair: _with_sums(pair[1])):
        kept = {term: places for term in found if (places := turns.kept(term.inputs))}
        if len(kept) == len(found):
            terms[index] = kept
    made = make_node(ops.loop, inputs, {**params, "body": turns.program()})
    results = list(made[: len(body.states)])
    updates = dict(body.updates)
    for index, kept in terms.items():
        totals = {}
        for term, places in kept.items():
            sources = [made[k.place] if k.is_state else inputs[carried + k.place] for k in places]
            totals[term] = _over_all_turns(term, sources, places)
        whole = _again(updates[index].inputs[1], totals)
        results[index] = make_node(ops.add, (inputs[index], whole), {})
    return made[0].inputs[0], tuple(results)


# --- before -------------------------------------------------------------------------------------


def _transposed_before(inputs: Inputs, params: Params) -> tuple[Inputs, Params]:
    body: Program = params["body"]
    places = {leaf: place for place, leaf in enumerate(body.inputs)}
    turned: dict[tuple[Node, tuple[int, ...]], Node] = {}

    def change(node: Node, parts: Inputs) -> Node | None:
        if not is_other_way_round(node) or node.inputs[1] not in places:
            return None
        matrix = node.inputs[1]
        key = matrix, turn_of(node)
        if key not in turned:
            turned[key] = new_input(Type(matrix.dtype, tuple(matrix.shape[at] for at in key[1])))
        return turned_round(node, parts[0], turned[key])

    changed = rewrite(body, change)
    if not turned:
        return inputs, params
    outside = inputs[params["carried"] :]
    extra = tuple(
        make_node(ops.transpose, (outside[places[matrix]],), {"perm": perm})
        for matrix, perm in turned
    )
    whole = (*body.inputs, *turned.values())
    program = Program(whole, body.states, (), changed.updates, body.name)
    return (*inputs, *extra), {**params, "body": program}


# --- after --------------------------------------------------------------------------------------


def counter_of(inputs: Inputs, params: Params) -> int | None:
    """The state that counts the turns of a loop of a known number of them, from 0."""
    body: Program = params["body"]
    if params["guarded"] or params["count"] is None:
        return None
    for index, update in body.updates:
        state = body.states[index]
        if index >= params["carried"] or state.type != Type(int64, ()):
            continue
        one = update.op is ops.add and _is_constant(update.inputs[1], 1)
        if one and update.inputs[0] is state and _is_constant(inputs[index], 0):
            return index
    return None


def _is_constant(node: Node, value: int) -> bool:
    return bool(node.op.name == "constant" and node.params["value"].array.tolist() == value)


def _summed(body: Program, index: int, update: Node) -> list[Node]:
    """The products and sums whose sum is added to a state in every turn; nothing else reads it.

    Empty where something else is added.
    """
    state = body.states[index]
    if update.op is not ops.add or update.inputs[0] is not state:
        return []
    if [node for node in body.nodes() if state in node.inputs] != [update]:
        return []
    terms: dict[Node, None] = {}
    stack = [update.inputs[1]]
    while stack:
        term = stack.pop()
        if _is_linear(term):
            stack.extend(term.inputs)
        elif _is_sum(term):
            terms[term] = None
        else:
            return []
    return list(terms)


def _is_linear(term: Node) -> bool:
    """Whether the sum of such terms is the same of sums."""
    moves = term.op in _MOVEMENTS and float(term.params.get("value", 0)) == 0
    adds = term.op is ops.add and all(x.shape == term.shape for x in term.inputs)
    return bool(moves or adds)


def _is_sum(term: Node) -> bool:
    if term.op is ops.reduce_sum:
        return True
    if term.op is not ops.dot_general or term.params["batch"] != ((), ()):
        return False
    left, _ = term.params["contract"]
    return bool(math.prod(term.inputs[0].shape[axis] for axis in left) < LONG)


def _with_sums(terms: list[Node]) -> bool:
    return any(term.op is ops.reduce_sum for term in terms)


def _again(term: Node, totals: dict[Node, Node]) -> Node:
    """A term of linear ops over other products and sums."""
    if term in totals:
        return totals[term]
    inputs = tuple(_again(x, totals) for x in term.inputs)
    made: Node = make_node(term.op, inputs, dict(term.params))
    return made


@dataclass(frozen=True)
class _Kept:
    """Where the values of all turns are after the loop: in a state or an input, along ``axis``.

    ``index`` is the node of the body, of shape (1,), that says where this turn's value is;
    ``order`` is what it gives in each turn.
    """

    is_state: bool
    place: int
    axis: int
    index: Node
    order: tuple[int, ...]


def _over_all_turns(term: Node, sources: list[Node], kept: tuple[_Kept, ...]) -> Node:
    """The sum over all turns of a product or sum, from where its operands are kept."""
    product = term.op is ops.dot_general
    summed = term.params["contract"] if product else (term.params["axes"],)
    axes = tuple(
        (k.axis, *(axis + (axis >= k.axis) for axis in own))
        for k, own in zip(kept, summed, strict=True)
    )
    changed = {"contract": axes} if product else {"axes": tuple(sorted(axes[0]))}
    result: Node = make_node(term.op, tuple(sources), {**term.params, **changed})
    return result


class _Turns:
    """A body's values in every turn: found where they are kept, or kept from now on."""

    def __init__(self, body: Program, counter: Node, count: int) -> None:
        self.body, self.counter, self.count = body, counter, count
        self._states, self._updates = list(body.states), list(body.updates)
        self._written = dict(self._kept_states())

    def program(self) -> Program:
        """The body, with all that is kept."""
        body = self.body
        return Program(body.inputs, tuple(self._states), (), tuple(self._updates), body.name)

    def kept(self, values: tuple[Node, ...]) -> tuple[_Kept, ...] | None:
        """Where values are, all in one order; None where they are too large to be kept."""
        if len(values) == 1:
            # A sum alone is cheaper in its turn than kept for later.
            alone = self._found(values[0])
            return None if alone is None else (alone,)
        left, right = values
        found, other = self._found(left), self._found(right)
        if found and other and found.order != other.order:
            other = None
        if not found and not other and not self._fits(left, right):
            return None
        if not found:
            found = self._keep(left, other) if self._fits(left) else None
        if found and not other:
            other = self._keep(right, found) if self._fits(right) else None
        return (found, other) if found and other else None

    def _fits(self, *values: Node) -> bool:
        return bool(sum(value.type.nbytes for value in values) * self.count <= MOST_BYTES)

    def _found(self, value: Node) -> _Kept | None:
        if value in self._written:
            return self._written[value]
        if value.op is not ops.reshape or value.inputs[0].op is not ops.dynamic_slice:
            return None
        source, starts = value.inputs[0].inputs
        if source not in self.body.inputs:
            return None
        return self._row(value, source, starts, False, self.body.inputs.index(source))

    def _kept_states(self) -> Iterator[tuple[Node, _Kept]]:
        for place, update in self.body.updates:
            state = self.body.states[place]
            if update.op is ops.dynamic_update_slice and update.inputs[0] is state:
                row = update.inputs[1]
                value = row.inputs[0] if row.op is ops.reshape else row
                kept = self._row(value, state, update.inputs[2], True, place)
                if kept:
                    yield value, kept

    def _row(
        self, value: Node, source: Node, starts: Node, is_state: bool, place: int
    ) -> _Kept | None:
        """Where a turn's value lies in ``source``, if every turn has a row of it."""
        table = self._in_every_turn(starts)
        if table is None:
            return None
        for axis in range(len(source.shape)):
            rest = (*source.shape[:axis], *source.shape[axis + 1 :])
            order = tuple(int(at) for at in table[:, axis])
            every = sorted(order) == list(range(source.shape[axis]))
            if every and rest == value.shape and not np.delete(table, axis, axis=1).any():
                params = {"begin": (axis,), "end": (axis + 1,), "strides": (1,)}
                return _Kept(is_state, place, axis, make_node(ops.slice, (starts,), params), order)
        return None

    def _in_every_turn(self, starts: Node) -> np.ndarray[Any, Any] | None:
        """The values of indices that follow from the number of the turn alone."""
        nodes = walk([starts])
        leaves = {node for node in nodes if not node.inputs and node.op.name != "constant"}
        if not leaves <= {self.counter}:
            return None
        rows = []
        for turn in range(self.count):
            values: dict[Node, Any] = {self.counter: np.int64(turn)}
            for node in nodes:
                if node.op.name == "constant":
                    values[node] = node.params["value"].array
                elif node not in values:
                    values[node] = node.op.evaluate(
                        *(values[x] for x in node.inputs), **node.params
                    )
            rows.append(values[starts])
        return np.stack(rows)

    def _keep(self, value: Node, like: _Kept | None) -> _Kept:
        """Keep a value of every turn in a state of its own, in the order of ``like``."""
        if like is None:
            index = make_node(ops.reshape, (self.counter,), {"shape": (1,)})
            order = tuple(range(self.count))
        else:
            index, order = like.index, like.order
        state = new_state(Type(value.dtype, (self.count, *value.shape)))
        row = make_node(ops.reshape, (value,), {"shape": (1, *value.shape)})
        zeros = new_constant(np.zeros(len(value.shape), np.int64))
        starts = make_node(ops.concat, (index, zeros), {"axis": 0})
        update = make_node(ops.dynamic_update_slice, (state, row, starts), {})
        place = len(self._states)
        self._states.append(state)
        self._updates.append((place, update))
        kept = self._written[value] = _Kept(True, place, 0, index, order)
        return kept
