"""Packing: a block of rhs copied so that the columns of a panel are neighbours.

The packed panel is [step of the sum][column], the last column repeated to whole vectors.
Columns that lie far apart in rhs are brought together by transposing squares in registers.
"""

from __future__ import annotations

from caudal.codegen.builder import Builder, Value, element_type, llvm_type
from caudal.codegen.contract_plan import Dim, Panel
from caudal.codegen.contract_tile import Shared, load_lanes, rhs_step


def pack_name(shared: Shared, panel: Panel) -> str:
    """The function that packs a panel of rhs."""
    return f"@{shared.name}.pack{panel.width}"


def pack_function(shared: Shared, panel: Panel) -> str:
    """Packs the block of rhs at ``%source``, ``%len`` steps of its outermost sum."""
    return _Pack(shared, panel).text()


class _Pack:
    def __init__(self, shared: Shared, panel: Panel) -> None:
        self.shared, self.plan, self.panel = shared, shared.plan, panel
        self.flow = shared.flow()
        self.dims = self.plan.sums[self.plan.split :]
        self.kind = llvm_type(self.plan.dtype, self.plan.lanes)
        self.side = max(min(16 // self.plan.dtype.size, self.plan.lanes), 1)
        self.last = "0"

    def text(self) -> str:
        """The whole function."""
        flow, plan = self.flow, self.plan
        if plan.col.rhs == 1:
            self._walk(0, "%source", "%panel")
        else:
            with flow.loop("0", len(self.panel.lanes)) as v:
                first = flow.imul(v, plan.lanes)
                near = flow.at("%source", plan.dtype, flow.imul(first, plan.col.rhs))
                self.last = self._last_lane(first)
                self._walk(0, near, flow.at("%panel", plan.dtype, first))
        return flow.function(
            f"define internal void {pack_name(self.shared, self.panel)}"
            "(ptr noalias %source, ptr noalias %panel, i64 %len)"
        )

    def _last_lane(self, first: str) -> str:
        """The last lane of a vector that has a column; those behind it repeat it."""
        if self.panel.lanes[-1] == self.plan.lanes:
            return str(self.plan.lanes - 1)
        return self.flow.iadd(str(self.panel.width - 1), self.flow.imul(first, -1))

    def _walk(self, level: int, source: str, target: str) -> None:
        """Loops over the sums of the block."""
        flow, plan = self.flow, self.plan
        dim, last = self.dims[level], level == len(self.dims) - 1
        count = "%len" if level == 0 else str(dim.extent)
        step, done = rhs_step(self.shared, self.panel, level), "0"
        if last and self._has_squares(dim):
            blocks = flow.idiv(count, self.side)
            done = flow.imul(blocks, self.side)
            with flow.loop("0", blocks) as block:
                k = flow.imul(block, self.side)
                here = flow.at(source, plan.dtype, k)
                self._squares(here, flow.at(target, plan.dtype, flow.imul(k, step)), step)
        with flow.loop(done, count) as k:
            here = flow.at(source, plan.dtype, flow.imul(k, dim.rhs))
            there = flow.at(target, plan.dtype, flow.imul(k, step))
            if not last:
                self._walk(level + 1, here, there)
            elif plan.col.rhs == 1:
                self._copy(here, there)
            else:
                self._gather(here, there)

    def _has_squares(self, dim: Dim) -> bool:
        longest = self.plan.segment if dim is self.dims[0] else dim.extent
        whole = self.side > 1 and self.plan.lanes % self.side == 0
        return self.plan.col.rhs != 1 and dim.rhs == 1 and longest >= self.side and whole

    def _store(self, target: str, value: str) -> None:
        self.flow.raw(f"store {self.kind} {value}, ptr {target}, align {self.plan.dtype.size}")

    def _copy(self, source: str, target: str) -> None:
        """One step of the sum, columns adjacent already."""
        flow, plan = self.flow, self.plan
        for v, lanes in enumerate(self.panel.lanes):
            near = flow.at(source, plan.dtype, v * plan.lanes)
            width = lanes
            if lanes < plan.lanes and plan.masked:
                width = plan.lanes
            value = load_lanes(flow, near, plan.dtype, lanes, width)
            if width < plan.lanes:
                value = flow.shuffle(value, [min(lane, width - 1) for lane in range(plan.lanes)])
            self._store(flow.at(target, plan.dtype, v * plan.lanes), value.text)

    def _gather(self, source: str, target: str) -> None:
        """One step of the sum for one vector, element by element."""
        flow, dtype, kind = self.flow, self.plan.dtype, element_type(self.plan.dtype)
        with flow.loop("0", self.plan.lanes) as lane:
            column = flow.smaller(lane, self.last)
            place = flow.at(source, dtype, flow.imul(column, self.plan.col.rhs))
            value = flow.load(place, dtype, 1)
            flow.raw(f"store {kind} {value.text}, ptr {flow.at(target, dtype, lane)}")

    def _squares(self, source: str, target: str, step: int) -> None:
        """As many steps of the sum as 16 bytes hold: load along the sum, transpose squares.

        Rows ``side`` apart are joined to one vector, so that every square lies in a 16-byte lane,
        where shuffles are cheap to run and to compile.
        """
        flow, plan, side = self.flow, self.plan, self.side
        rows = []
        for lane in range(plan.lanes):
            column = flow.smaller(str(lane), self.last)
            place = flow.at(source, plan.dtype, flow.imul(column, plan.col.rhs))
            rows.append(flow.load(place, plan.dtype, side))
        joined = [self._join(rows[first::side]) for first in range(side)]
        for k, row in enumerate(transpose(flow, joined)):
            self._store(flow.at(target, plan.dtype, k * step), row.text)

    def _join(self, rows: list[Value]) -> Value:
        """The vectors one after the other, in pairs of pairs."""
        while len(rows) > 1:
            order = list(range(2 * rows[0].lanes))
            pairs = zip(rows[::2], rows[1::2], strict=True)
            rows = [self.flow.shuffle_two(low, high, order) for low, high in pairs]
        return rows[0]


def transpose(b: Builder, rows: list[Value]) -> list[Value]:
    """Transposes the squares that vectors form, as many rows as columns.

    Zipping row i with row i + n/2 rotates the bits of (row, column) by one; log2(n) times
    exchanges them.
    """
    n, lanes = len(rows), rows[0].lanes
    for _ in range(n.bit_length() - 1):
        zipped = []
        for first, second in zip(rows[: n // 2], rows[n // 2 :], strict=True):
            for half in (0, n // 2):
                inside = [at + side for at in range(half, half + n // 2) for side in (0, lanes)]
                order = [square + at for square in range(0, lanes, n) for at in inside]
                zipped.append(b.shuffle_two(first, second, order))
        rows = zipped
    return rows
