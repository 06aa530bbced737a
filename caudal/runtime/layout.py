"""Where the buffers of a program's kernels stand in its pointer block; loops laid flat.

A kernel finds its buffers through a run of pointers in one block. The kernels of a loop's body
have theirs in the same block: a body's states and inputs are values of the program around it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from caudal.ir.node import Node
from caudal.passes.pipeline import Compiled, Step, Turns

Place = tuple[int, Node]
"""A buffer: the number of its program (0 for the outermost, each loop has its own), its node."""

MOST_ROWS = 1 << 16
"""Rows up to which a loop's kernels are written down once for each turn."""
SERIAL_WORDS = 5
"""Words of a loop's own block: guard, table, rows, turns, the word that stops it."""


@dataclass
class Row:
    """One row of a driver's table: a kernel, a call back to NumPy, or a loop on one thread.

    follows: its chunks go on those of the row before. waits: it begins when all before are done.
    number: of its program, as in `Place`.
    """

    step: Step
    start: int
    chunks: int
    follows: bool = False
    waits: bool = True
    number: int = 0
    inside: list[Row] = field(default_factory=list)


class Layout:
    """The rows of a compiled program, and the places of its buffers in the pointer block."""

    def __init__(self, compiled: Compiled) -> None:
        self.width = 0
        self.places: dict[Place, list[int]] = {}
        self.turns: dict[int, list[int]] = {}
        """By number: the pointers to it."""
        self.arenas: dict[int, Compiled] = {0: compiled}
        self._outside: dict[Place, Place] = {}
        self._numbers = itertools.count(1)
        self.rows = list(self._rows(compiled, 0))

    def resolve(self, number: int, node: Node) -> Place:
        """The buffer that a node of a program lives in."""
        node = self.arenas[number].alias.get(node, node)
        outside = self._outside.get((number, node))
        return (number, node) if outside is None else outside

    def _rows(self, compiled: Compiled, number: int) -> Iterator[Row]:
        for step in compiled.steps:
            if step.loop is not None:
                yield from self._loop(step, step.loop, number)
                continue
            start = self.width
            for node in step.buffers:
                self._put(self.resolve(number, node))
            yield Row(step, start, step.chunks, step.follows, step.waits, number)

    def _put(self, place: Place | None) -> None:
        if place is not None:
            self.places.setdefault(place, []).append(self.width)
        self.width += 1

    def _loop(self, step: Step, turns: Turns, number: int) -> Iterator[Row]:
        body, own = turns.body, next(self._numbers)
        self.arenas[own] = body
        for inner, outer in zip(body.program.inputs, turns.inputs, strict=True):
            self._outside[own, inner] = self.resolve(number, outer)
        for index, (inner, outer) in enumerate(zip(body.program.states, turns.states, strict=True)):
            place = self.resolve(number, outer)
            self._outside[own, inner] = place
            if index in body.in_place:
                self._outside[own, body.in_place[index]] = place
        rows = list(self._rows(body, own))
        if not rows:
            return
        counted = turns.count is not None and not turns.guarded
        # A loop of many small kernels is faster on one thread than shared row by row.
        shared = any(row.chunks > 1 for row in rows)
        if counted and shared and turns.count * len(rows) <= MOST_ROWS:  # type: ignore[operator]
            yield from self._flat(turns, own, rows)
            return
        start = self.width
        self._put(self._outside[own, body.program.states[0]] if turns.guarded else None)
        for _ in range(SERIAL_WORDS - 1):
            self._put(None)
        yield Row(step, start, 1, number=number, inside=rows)

    def _flat(self, turns: Turns, own: int, rows: list[Row]) -> Iterator[Row]:
        """The rows of all turns of a counted loop.

        Where the state that counts them is known, each turn finds its number at a place of its
        own, and the kernel that counts runs in the last one only. A body that is one chain then
        goes on from turn to turn: all that it writes is cut in one way, whoever reads it.
        """
        count = turns.count or 0
        body, number = turns.body, turns.counter
        adds = body.in_place.get(number) if number is not None else None
        if adds is None or any(row.step.loop or row.step.host for row in rows):
            for _ in range(count):
                yield from rows
            return
        counting = [row for row in rows if adds in row.step.kernel.roots]
        others = [row for row in rows if row not in counting]
        if len(counting) != 1 or counting[0].step.kernel.roots != (adds,):
            for _ in range(count):
                yield from rows
            return
        counter = self._outside[own, body.program.states[number or 0]]
        chained = all(row.follows for row in others[1:])
        for turn in range(count):
            for row in others:
                start = self.width
                for node in row.step.buffers:
                    place = self.resolve(own, node)
                    if place == counter:
                        self.turns.setdefault(turn, []).append(self.width)
                    self._put(None if place == counter else place)
                follows = row.follows or (chained and turn > 0)
                yield Row(row.step, start, row.chunks, follows, row.waits, own)
        yield from self._last_number(counting[0], own, counter, count)

    def _last_number(self, row: Row, own: int, counter: Place, count: int) -> Iterator[Row]:
        """The kernel that adds one to the number of the turn, after the last."""
        start = self.width
        for node in row.step.buffers:
            place = self.resolve(own, node)
            reads = place == counter and node.op.name == "state"
            if reads:
                self.turns.setdefault(count - 1, []).append(self.width)
            self._put(None if reads else place)
        yield Row(row.step, start, row.chunks, number=own)
