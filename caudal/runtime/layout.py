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
    """One row of a driver's table: a kernel, a call back to NumPy, or a loop on one thread."""

    step: Step
    start: int
    chunks: int
    inside: list[Row] = field(default_factory=list)


class Layout:
    """The rows of a compiled program, and the places of its buffers in the pointer block."""

    def __init__(self, compiled: Compiled) -> None:
        self.width = 0
        self.places: dict[Place, list[int]] = {}
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
            yield Row(step, start, step.chunks)

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
            for _ in range(turns.count or 0):
                yield from rows
            return
        start = self.width
        self._put(self._outside[own, body.program.states[0]] if turns.guarded else None)
        for _ in range(SERIAL_WORDS - 1):
            self._put(None)
        yield Row(step, start, 1, rows)
