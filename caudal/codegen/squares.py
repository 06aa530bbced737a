"""Reads of a matrix the other way round: squares that are turned in registers.

Lane by lane such a read takes one element of each of many cache lines, and comes back to them
lane group after lane group. A square takes whole lines: as many rows as a vector has lanes, each
as long. Turned, its rows are what as many turns of another loop want.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caudal.codegen.builder import Value
from caudal.codegen.contract_pack import transpose
from caudal.codegen.index import Index, LoopVar
from caudal.ir.dtypes import DType

if TYPE_CHECKING:
    from caudal.codegen.loops import Body


@dataclass
class Squares:
    """``side`` turns of the loop over ``var`` are written side by side, ``blocks`` counts them.

    turn: which of them is being written; the first reads the squares of all.
    """

    var: LoopVar
    blocks: LoopVar
    side: int
    turn: int = 0

    def turns(self, index: tuple[Index, ...]) -> Iterator[tuple[Index, ...]]:
        """``index`` at each turn of a block."""
        for turn in range(self.side):
            self.turn = turn
            place = Index.of(self.blocks) * self.side + turn
            yield tuple(_with(part, self.var, place) for part in index)

    def fit(self, body: Body, dtype: DType, flat: Index, stride: int) -> bool:
        """Whether a read of a lane group is the first row of a turned square."""
        affine = all(isinstance(term, LoopVar) for term, _ in flat.terms) and dtype.size >= 4
        along = flat.coefficients.get(self.blocks) == self.side
        return affine and along and stride > 1 and body.lanes == self.side and self.turn == 0

    def read(self, body: Body, base: str, dtype: DType, offset: Value, stride: int) -> list[Value]:
        """The lane groups of all turns, given where the first lane of the first turn lies."""
        rows = []
        for lane in range(self.side):
            place = body.add(offset, body.const(stride * lane, offset))
            rows.append(body.load(body.pointer(base, dtype, place), dtype, self.side))
        return transpose(body, rows)


def _with(index: Index, var: LoopVar, place: Index) -> Index:
    step = index.coefficients.get(var, 0)
    return index - Index.of(var) * step + place * step
