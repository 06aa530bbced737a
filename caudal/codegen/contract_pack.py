"""Packing: a block of rhs copied so that the columns of a panel are neighbours.

The packed panel is [step of the sum][column], the last column repeated to whole vectors.
Columns that lie far apart in rhs are brought together by transposing squares in registers.
"""

from __future__ import annotations

from caudal.codegen.builder import llvm_type
from caudal.codegen.contract_flow import Flow
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
        self.offsets: list[str] = []

    def text(self) -> str:
        """The whole function."""
        flow, plan = self.flow, self.plan
        if plan.col.rhs == 1:
            self._walk(0, "%source", "%panel")
        else:
            with flow.loop("0", len(self.panel.lanes)) as v:
                first = flow.imul(v, plan.lanes)
                near = flow.at("%source", plan.dtype, flow.imul(first, plan.col.rhs))
                self.offsets = self._lane_offsets(first)
                self._walk(0, near, flow.at("%panel", plan.dtype, first))
        return flow.function(
            f"define internal void {pack_name(self.shared, self.panel)}"
            "(ptr noalias %source, ptr noalias %panel, i64 %len)"
        )

    def _lane_offsets(self, first: str) -> list[str]:
        """Where the columns of one vector lie; past the last column, the last one again."""
        flow, plan = self.flow, self.plan
        if self.panel.lanes[-1] == plan.lanes:
            return [str(lane * plan.col.rhs) for lane in range(plan.lanes)]
        last = flow.iadd(str(self.panel.width - 1), flow.imul(first, -1))
        lanes = [flow.smaller(str(lane), last) for lane in range(plan.lanes)]
        return [flow.imul(lane, plan.col.rhs) for lane in lanes]

    def _walk(self, level: int, source: str, target: str) -> None:
        """Loops over the sums of the block."""
        flow, plan = self.flow, self.plan
        dim, last = self.dims[level], level == len(self.dims) - 1
        count = "%len" if level == 0 else str(dim.extent)
        step, done = rhs_step(self.shared, self.panel, level), "0"
        if last and self._has_squares(dim):
            blocks = flow.idiv(count, plan.lanes)
            done = flow.imul(blocks, plan.lanes)
            with flow.loop("0", blocks) as block:
                k = flow.imul(block, plan.lanes)
                here = flow.at(source, plan.dtype, k)
                self._square(here, flow.at(target, plan.dtype, flow.imul(k, step)), step)
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
        lanes = self.plan.lanes
        longest = self.plan.segment if dim is self.dims[0] else dim.extent
        wanted = self.plan.col.rhs != 1 and dim.rhs == 1 and longest >= lanes
        return wanted and lanes & (lanes - 1) == 0

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
        flow, dtype = self.flow, self.plan.dtype
        places = [flow.at(source, dtype, offset) for offset in self.offsets]
        self._store(target, flow.from_lanes([flow.load(at, dtype, 1) for at in places]).text)

    def _square(self, source: str, target: str, step: int) -> None:
        """As many steps of the sum as a vector has lanes: load along the sum, transpose."""
        flow, plan = self.flow, self.plan
        places = [flow.at(source, plan.dtype, offset) for offset in self.offsets]
        rows = [flow.load(at, plan.dtype, plan.lanes).text for at in places]
        for k, row in enumerate(transpose(flow, rows, self.kind)):
            self._store(flow.at(target, plan.dtype, k * step), row)


def transpose(flow: Flow, rows: list[str], kind: str) -> list[str]:
    """The transpose of a square of vectors, as many as their lanes (a power of two).

    Zipping row i with row i + n/2 rotates the bits of (row, lane) by one; log2(n) times
    exchanges them.
    """
    n = len(rows)
    for _ in range(n.bit_length() - 1):
        zipped = []
        for first, second in zip(rows[: n // 2], rows[n // 2 :], strict=True):
            for start in (0, n // 2):
                order = [at + side for at in range(start, start + n // 2) for side in (0, n)]
                mask = ", ".join(f"i32 {at}" for at in order)
                name = flow.name("zip")
                operands = f"{kind} {first}, {kind} {second}"
                flow.raw(f"{name} = shufflevector {operands}, <{n} x i32> <{mask}>")
                zipped.append(name)
        rows = zipped
    return rows
