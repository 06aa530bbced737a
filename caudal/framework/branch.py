"""Branches and while loops of a traced function, on what is known only when it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import nest
from caudal.framework.convert import as_tensor, convert_to_tensor
from caudal.framework.loop_body import TracedBody, Turn, type_of
from caudal.framework.loops import Loop, row_type
from caudal.framework.tensor import Tensor
from caudal.ir.node import Node, walk
from caudal.ops.convert import bit_not
from caudal.ops.movement import reshape
from caudal.ops.record import Host
from caudal.ops.record import Loop as LoopEmit
from caudal.ops.select import select

_MOST_TURNS = 10_000
"""Turns up to which a loop's length is counted while it is traced."""
_COUNTED = 16
"""Elements that a value may have which a loop's length depends on."""


class _Branch:
    """One side of a condition, traced: what it returns, and its body."""

    def __init__(self, name: str, fn: Callable[[], Any]) -> None:
        self.structure: Any = None
        self._fn = fn
        self.body = TracedBody(name, [], [], self._turn)

    def _turn(self, place: Any, carries: list[Any], rows: list[Any]) -> Turn:
        def read(leaf: Any) -> Any:
            tensor = as_tensor(leaf)
            return leaf if tensor is None else tensor

        # A variable means its value at the end of this branch.
        self.structure = nest.map_structure(read, self._fn())
        leaves = nest.flatten(self.structure)
        return Turn([], [leaf for leaf in leaves if leaf is not None])

    def run(self, taken: Any) -> list[Any]:
        """The leaves that are tensors, computed only where it is taken."""
        _, rows = Loop(self.body, [], 1, taken).run()
        return [reshape(row, shape=tuple(row.shape)[1:]) for row in rows]


def choose(choice: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any], what: str) -> Any:
    """What one of two functions returns, in a trace where ``choice`` (a bool scalar) is unknown.

    Each function sees the variables as they were before. Only the chosen one is computed, has its
    effects and assigns variables; two that cost next to nothing are both computed.

    Raises:
        InvalidArgumentError: the functions return different structures, shapes or dtypes.
    """
    first, second = _Branch(f"{what}_true", true_fn), _Branch(f"{what}_false", false_fn)
    nest.assert_same_structure(first.structure, second.structure)
    pairs = zip(nest.flatten(first.structure), nest.flatten(second.structure), strict=True)
    for a, b in pairs:
        if (a is None) != (b is None) or (a is not None and _kind(a) != _kind(b)):
            raise InvalidArgumentError(
                "{what}: expected branches of one shape and dtype, received {first} and {second}.",
                what=what,
                first=_kind(a),
                second=_kind(b),
            )
    if first.body.is_light() and second.body.is_light():
        first.body.replay()
        second.body.replay()
        sides = first.body.results, second.body.results
    else:
        sides = first.run(choice), second.run(bit_not(choice))
    chosen = iter([select(choice, a, b) for a, b in zip(*sides, strict=True)])
    leaves = [None if a is None else next(chosen) for a in nest.flatten(first.structure)]
    return nest.pack_sequence_as(first.structure, leaves)


def _kind(leaf: Any) -> str:
    return "None" if leaf is None else str(type_of(convert_to_tensor(leaf)))


def repeat_while(
    condition: Callable[[list[Any]], Any],
    step: Callable[[list[Any]], list[Any]],
    start: Sequence[Any],
    most: int | None,
    what: str,
) -> list[Any]:
    """``step`` over and over while ``condition`` holds for the values, in a trace.

    The length is found out now where it depends on what is known; such loops have gradients,
    and those with ``most`` turns given.

    Raises:
        InvalidArgumentError: a value changes its shape or dtype.
    """
    start = [convert_to_tensor(value) for value in start]

    def turn(place: Any, carries: list[Any], rows: list[Any]) -> Turn:
        values = [convert_to_tensor(value) for value in step(carries)]
        return Turn(values, [], convert_to_tensor(condition(values)))

    guard = convert_to_tensor(condition(list(start)))
    if type(guard) is Tensor and not bool(guard.numpy()):
        return list(start)
    body = TracedBody(what, start, [], turn)
    turns = _length(body, guard, most)
    if turns is None:
        return Loop(body, [], most, guard).run()[0]
    body.going = None
    return Loop(body, [], turns).run()[0]


def _length(body: TracedBody, guard: Any, most: int | None) -> int | None:
    """The number of turns, if it follows from known values by a short computation."""
    if type(guard) is not Tensor:
        return None
    going = body.trace.node(body.going)
    symbols = {symbol.node: place for place, symbol in enumerate(body.carries)}
    needed: list[int] = []
    order: dict[Node, None] = {}
    roots = [going]
    while roots:
        for node in walk([roots.pop()]):
            if node in order:
                continue
            order[node] = None
            if node in symbols:
                place = symbols[node]
                if type(body.initial[place]) is not Tensor:
                    return None
                needed.append(place)
                roots.append(body.trace.node(body.nexts[place]))
            elif not _countable(node):
                return None
    nexts = {place: body.trace.node(body.nexts[place]) for place in needed}
    steps = [node for node in walk([going, *nexts.values()]) if node not in symbols]
    values = {body.carries[place].node: body.initial[place].numpy() for place in needed}
    limit = _MOST_TURNS if most is None else min(most, _MOST_TURNS)
    for turns in range(1, limit + 1):
        found: dict[Node, Any] = dict(values)
        for node in steps:
            found[node] = node.op.evaluate(*(found[x] for x in node.inputs), **node.params)
        if not bool(np.asarray(found[going])):
            return turns
        values = {body.carries[place].node: found[node] for place, node in nexts.items()}
    return most if most is not None and most <= _MOST_TURNS else None


def _countable(node: Node) -> bool:
    if node.op.name in ("input", "state", "item") or isinstance(node.op.emit, Host | LoopEmit):
        return False
    return not isinstance(node.type, tuple) and node.type.size <= _COUNTED


def repeat_rows(
    step: Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]],
    start: Sequence[Any],
    stacked: Sequence[Any],
    what: str,
    *,
    backwards: bool = False,
    axis: int = 0,
) -> tuple[list[Any], list[Any]]:
    """``step(values, rows) -> (values, results)`` for each row of stacked tensors, in a trace.

    axis: along which the tensors are stacked, and the results will be.

    Returns:
        the last values; the results, stacked in the order of the rows.
    """

    def turn(place: Any, carries: list[Any], rows: list[Any]) -> Turn:
        return Turn(*step(carries, rows))

    stacked = [convert_to_tensor(x) for x in stacked]
    kinds = [row_type(x, axis) for x in stacked]
    body = TracedBody(what, [convert_to_tensor(v) for v in start], kinds, turn)
    count = int(stacked[0].shape[axis])
    axes, into = [axis] * len(stacked), [axis] * len(body.results)
    return Loop(body, list(stacked), count, backwards=backwards, axes=axes, into=into).run()
