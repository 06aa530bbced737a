"""Packing: a block of rhs copied so that the columns of a panel are neighbours.

The packed panel is [step of the sum][column], columns filled up with zeros to whole vectors.
Columns that lie far apart in rhs are brought together by transposing squares in registers.
"""

from __future__ import annotations

from collections.abc import Callable

from caudal.codegen.builder import llvm_type
from caudal.codegen.contract_flow import Flow
from caudal.codegen.contract_plan import Panel
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

    def text(self) -> str:
        """The whole function."""
        self._walk(0, "%source", "%panel")
        return self.flow.function(
            f"define internal void {pack_name(self.shared, self.panel)}"
            "(ptr noalias %source, ptr noalias %panel, i64 %len)"
        )

    def _walk(self, level: int, source: str, target: str) -> None:
        """Loops over the sums of the block."""
        flow, plan = self.flow, self.plan
        last = level == len(self.dims) - 1
        count = "%len" if level == 0 else str(self.dims[level].extent)
        step, near = rhs_step(self.shared, self.panel, level), self.dims[level].rhs
        squares = last and plan.col.rhs != 1 and near == 1 and plan.lanes & (plan.lanes - 1) == 0
        done = "0"
        if squares:
            blocks = flow.idiv(count, plan.lanes)
            done = flow.imul(blocks, plan.lanes)
            with flow.loop("0", blocks) as block:
                k = flow.imul(block, plan.lanes)
                here = flow.at(source, plan.dtype, k)
                self._vectors(here, flow.at(target, plan.dtype, flow.imul(k, step)), self._square)
        with flow.loop(done, count) as k:
            here = flow.at(source, plan.dtype, flow.imul(k, near))
            there = flow.at(target, plan.dtype, flow.imul(k, step))
            if last:
                self._vectors(here, there, self._copy if plan.col.rhs == 1 else self._gather)
            else:
                self._walk(level + 1, here, there)

    def _vectors(self, source: str, target: str, move: Callable[[str, str, int], None]) -> None:
        """``move`` for every vector of the panel: a loop over whole ones, then the last."""
        flow, plan = self.flow, self.plan
        whole = sum(lanes == plan.lanes for lanes in self.panel.lanes)
        with flow.loop("0", whole) as v:
            at = flow.imul(v, plan.lanes)
            near = flow.at(source, plan.dtype, flow.imul(at, plan.col.rhs))
            move(near, flow.at(target, plan.dtype, at), plan.lanes)
        if whole < len(self.panel.lanes):
            near = flow.at(source, plan.dtype, whole * plan.lanes * plan.col.rhs)
            move(near, flow.at(target, plan.dtype, whole * plan.lanes), self.panel.lanes[-1])

    def _store(self, target: str, value: str) -> None:
        kind = llvm_type(self.plan.dtype, self.plan.lanes)
        self.flow.raw(f"store {kind} {value}, ptr {target}, align {self.plan.dtype.size}")

    def _copy(self, source: str, target: str, lanes: int) -> None:
        """One step of the sum, columns adjacent already."""
        plan = self.plan
        if lanes < plan.lanes and not plan.masked:
            self._gather(source, target, lanes)
            return
        self._store(target, load_lanes(self.flow, source, plan.dtype, lanes, plan.lanes).text)

    def _gather(self, source: str, target: str, lanes: int) -> None:
        """One step of the sum, element by element."""
        flow, plan = self.flow, self.plan
        parts = [
            flow.load(flow.at(source, plan.dtype, lane * plan.col.rhs), plan.dtype, 1)
            for lane in range(lanes)
        ]
        parts += [flow.const(0, plan.dtype)] * (plan.lanes - lanes)
        self._store(target, flow.from_lanes(parts).text)

    def _square(self, source: str, target: str, lanes: int) -> None:
        """As many steps of the sum as a vector has lanes: load along the sum, transpose."""
        flow, plan = self.flow, self.plan
        rows = [
            flow.load(flow.at(source, plan.dtype, row * plan.col.rhs), plan.dtype, plan.lanes).text
            if row < lanes
            else "zeroinitializer"
            for row in range(plan.lanes)
        ]
        step = rhs_step(self.shared, self.panel, len(self.dims) - 1)
        for k, row in enumerate(transpose(flow, rows, llvm_type(plan.dtype, plan.lanes))):
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
