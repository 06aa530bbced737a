"""The functions under a contraction's loops: register tiles, their results, packed panels.

A tile keeps ``height`` rows x a few vectors of columns in registers. Each step of the sum loads
one vector of rhs a column group and multiplies it by one splatted element of lhs a row. Nothing is
unrolled further: LLVM would hoist loads until the accumulators spill (measured: 30 % slower).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from caudal.codegen.builder import Builder, Value, element_type, llvm_type
from caudal.codegen.contract_flow import Coordinates, Flow
from caudal.codegen.contract_plan import Dim, Panel, Plan
from caudal.codegen.target import Target
from caudal.ir import dtypes
from caudal.ir.dtypes import DType, int64

AHEAD = 32
"""Steps of the sum, some 800 cycles, from asking for far memory to its use.

What another core wrote takes 400 cycles and more to come."""
LIVE, DEAD, FIRST, COUNT, LISTS = range(5)
"""Where the steps of a sum that counts are listed: see contract_live."""
PAGE = 4096
"""Bytes of memory that the processor finds by one entry of its tables."""
FAR_BYTES = 1 << 20
"""An array of the output's size from which its lines are asked for ahead."""


Stream = tuple[int, int]
"""A buffer by its position, and the bytes of an element."""


class TileStore(Protocol):
    """What happens to finished sums.

    inline: whether `tile` is short enough to be written once a register, in the tile's own
        function; otherwise it is written in a loop over the tile's rows.
    streams: the buffers, by position, that it touches where the output lies and that are far.
    """

    inline: bool
    streams: tuple[Stream, ...]

    def tile(
        self, b: Builder, out_offset: str, coordinates: Mapping[str, str], value: Value
    ) -> None:
        """Consume ``value.lanes`` consecutive outputs, the first at element ``out_offset``.

        ``coordinates`` maps every axis that is no sum to its i64 index at the first lane.
        Pointers come from ``b.buffer(position)``, a method of the `Flow` that is passed.
        """
        ...


class DirectStore:
    """The plain store to ``bufs[2]``, an output of ``size`` elements."""

    inline = True

    def __init__(self, size: int = 0, itemsize: int = 1) -> None:
        far = size * itemsize > FAR_BYTES
        self.streams: tuple[Stream, ...] = ((2, itemsize),) if far else ()

    def tile(
        self, b: Builder, out_offset: str, coordinates: Mapping[str, str], value: Value
    ) -> None:
        """Write the lanes to the output."""
        assert isinstance(b, Flow)
        pointer = b.at(b.buffer(2), value.dtype, out_offset)
        kind = llvm_type(value.dtype, value.lanes)
        b.raw(f"store {kind} {value.text}, ptr {pointer}, align {value.dtype.size}")


@dataclass(frozen=True)
class Shared:
    """What all functions of one kernel know."""

    name: str
    plan: Plan
    axes: list[str]
    target: Target
    store: TileStore
    declarations: set[str]
    holes: bool = False
    ahead: tuple[Stream, ...] = ()
    """Buffers of as many elements that others touch after this kernel."""
    whole_rows: bool = False
    """Whether columns are brought together and a tile in memory has all: see contract_columns."""

    @property
    def direct(self) -> bool:
        """Whether tiles store their own results."""
        plan = self.plan
        return not self.whole_rows and self.store.inline and not plan.blocked and not self.scattered

    @property
    def scattered(self) -> bool:
        """Whether neighbouring columns are not neighbours in the output."""
        return self.plan.col.out != 1 and self.plan.col.extent > 1

    def asks_late(self, panel: Panel) -> bool:
        """Whether a tile has too few steps to ask for its own ending's lines meanwhile."""
        plan = self.plan
        single = plan.row_tiles.inner == 1 and plan.segments == 1 and not plan.split
        steps = plan.depth if single and plan.parts == 1 else 0
        return steps < plan.row_tiles.height * len(panel.lanes)

    @property
    def skips(self) -> bool:
        """Whether steps are left out where lhs has zeros only: see contract_live.

        Looking for them must cost little beside the products.
        """
        plan = self.plan
        if not (self.holes and plan.pack) or self.whole_rows or plan.vector_lhs:
            return False
        one = len(plan.rows) == len(plan.sums) == 1 and plan.sums[0].lhs == 1
        whole = plan.parts == plan.segments == plan.grid[2] == 1 and not plan.split
        columns = plan.col_panels.panel.width * plan.col_panels.count // plan.grid[3]
        much = plan.row_tiles.count >= 4 and columns >= 64 and 32 <= plan.depth <= 4096
        return one and whole and much and plan.dtype.is_floating

    @property
    def streamed(self) -> bool:
        """Whether packing reads long columns of an rhs too large for the nearer caches.

        Each tile then asks for a share of the next panel.
        """
        plan = self.plan
        batches = math.prod(dim.extent for dim in plan.batch if dim.rhs)
        size = plan.dtype.size * batches * plan.col.extent * plan.sums[-1].extent
        far = plan.pack and plan.col.rhs != 1 and plan.sums[-1].rhs == 1 and not self.whole_rows
        return far and len(plan.sums) == 1 and size >= FAR_BYTES and plan.row_tiles.count < 64

    def lines_ahead(self, panel: Panel) -> int:
        """Lines of the next panel that a tile asks for."""
        tiles = -(-self.plan.row_tiles.count // self.plan.grid[2])
        return -(-panel.width * self.lines_of_column() // tiles)

    def lines_of_column(self) -> int:
        """Lines of memory that a block of a column takes."""
        return -(-self.plan.depth * int(self.plan.dtype.size) // 64)

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The dims whose start indices are passed to a tile."""
        plan = self.plan
        return (*plan.batch, *plan.rows, *plan.outer_cols, plan.col)

    def flow(self) -> Flow:
        """A fresh function."""
        flow = Flow(self.target)
        flow.declarations = self.declarations
        return flow

    def slot(self, panel: Panel) -> int:
        """Elements of a tile in memory."""
        return self.plan.row_tiles.height * len(panel.lanes) * self.plan.lanes

    def arguments(self) -> str:
        """The parameters that say where a tile lies."""
        return ", ".join(f"i64 %x{at}" for at in range(len(self.dims)))

    def width(self, panel: Panel, at: int) -> int:
        """Register lanes of one vector of a panel: a masked one has the next power of two."""
        used = panel.lanes[at]
        if not (self.plan.masked or self.plan.pack):
            return used
        narrowest = min(16 // self.plan.dtype.size, self.plan.lanes)
        return int(max(2 ** (used - 1).bit_length(), narrowest))


def load_lanes(flow: Flow, pointer: str, dtype: DType, lanes: int, width: int) -> Value:
    """``lanes`` elements in a register of ``width`` lanes; no other memory is touched."""
    if width == lanes:
        return flow.load(pointer, dtype, width)
    flags = ", ".join(f"i1 {'true' if at < lanes else 'false'}" for at in range(width))
    return flow.masked_load(pointer, dtype, Value(f"<{flags}>", dtypes.bool_, width), width)


def tile_name(shared: Shared, size: int, panel: Panel) -> str:
    """The function of one kind of tile."""
    return f"@{shared.name}.tile{size}x{panel.width}"


def rhs_step(shared: Shared, panel: Panel, level: int) -> int:
    """The step in rhs, as packed, of a sum inside a block."""
    dims = shared.plan.sums[shared.plan.split :]
    if not shared.plan.pack:
        return dims[level].rhs
    inside = math.prod(dim.extent for dim in dims[level + 1 :])
    return inside * len(panel.lanes) * shared.plan.lanes


class _Tile:
    """Writes one tile function."""

    def __init__(self, shared: Shared, size: int, panel: Panel) -> None:
        plan = shared.plan
        self.shared, self.plan, self.size, self.panel = shared, plan, size, panel
        self.flow = shared.flow()
        self.height = size * plan.row_tiles.inner
        self.vectors = len(panel.lanes)
        self.kinds = [llvm_type(plan.dtype, shared.width(panel, at)) for at in range(self.vectors)]
        self.sums = plan.sums[plan.split :]
        fixed = plan.segments == 1 and (plan.split > 0 or plan.parts == 1)
        self.count = str(self.sums[0].extent) if fixed else "%len"

    def row(self, m: int) -> list[tuple[Dim, int]]:
        """The tile's row ``m`` as a constant index along each dim that it spans."""
        tiles, rows = self.plan.row_tiles, self.plan.rows
        inner = rows[tiles.axis + 1 :]
        places = []
        for dim in reversed(inner):
            places.append((dim, m % dim.extent))
            m //= dim.extent
        return [(rows[tiles.axis], m), *reversed(places)]

    def text(self) -> str:
        """The whole function."""
        flow, plan = self.flow, self.plan
        results = self._steps(0, "%lhs", "%rhs", self._start())
        for m in range(self.height):
            for v in range(self.vectors):
                result = Value(
                    results[m * self.vectors + v], plan.dtype, self.shared.width(self.panel, v)
                )
                if self.shared.direct:
                    self._finish(m, v, result)
                else:
                    slot = self._slot(m, v)
                    flow.raw(f"store {self.kinds[v]} {result.text}, ptr {slot}, align 16")
        name = tile_name(self.shared, self.size, self.panel)
        return flow.function(
            f"define internal void {name}(ptr noalias %bufs, ptr noalias %lhs, ptr noalias %rhs, "
            f"ptr noalias %acc, ptr noalias %steps, i64 %len, ptr %next, i64 %line, i64 %out, "
            f"{self.shared.arguments()})"
        )

    def _slot(self, m: int, v: int) -> str:
        at = (m * self.vectors + v) * self.plan.lanes
        if self.shared.whole_rows:
            at = m * self.plan.col.extent + v * self.plan.lanes
        return self.flow.at("%acc", self.plan.dtype, at)

    def _start(self) -> list[str]:
        kinds = self.kinds * self.height
        if not self.plan.blocked:
            scalar = "0.0" if self.plan.dtype.is_floating else "0"
            return ["zeroinitializer" if kind.startswith("<") else scalar for kind in kinds]
        start = []
        for m in range(self.height):
            for v in range(self.vectors):
                name, slot = self.flow.name("a"), self._slot(m, v)
                self.flow.raw(f"{name} = load {self.kinds[v]}, ptr {slot}, align 16")
                start.append(name)
        return start

    def _steps(self, level: int, lhs: str, rhs: str, sums: list[str], done: str = "0") -> list[str]:
        """The loops from ``level`` inwards; ``done`` turns of those around them are over."""
        flow, dtype = self.flow, self.plan.dtype
        if level == len(self.sums):
            return self._multiply(lhs, rhs, sums)
        dim, right = self.sums[level], rhs_step(self.shared, self.panel, level)
        if dim.extent == 0:
            return sums
        count = self.count if level == 0 else str(dim.extent)
        if count == "1":
            return self._steps(level + 1, lhs, rhs, sums, done)
        steps = None
        if self.shared.skips:
            steps, count = self._listed()

        def body(index: str, carried: list[str]) -> list[str]:
            at = flow.iadd(flow.imul(done, dim.extent), index)
            if level == len(self.sums) - 1:
                self._ask_for_ending(at)
                self._ask_for_panel(at)
            if steps is not None:
                index = flow.word(steps, index)
            left = flow.at(lhs, dtype, flow.imul(index, dim.lhs))
            panel = flow.at(rhs, dtype, flow.imul(index, right))
            return self._steps(level + 1, left, panel, carried, at)

        return flow.accumulate(count, self.kinds * self.height, sums, body)

    def _listed(self) -> tuple[str, str]:
        """The list of the steps to go through, and how many there are."""
        first, count = (self.flow.word("%steps", at) for at in (FIRST, COUNT))
        return self.flow.at("%steps", int64, first), count

    def _load(self, pointer: str, offset: int, v: int, packed: bool) -> Value:
        width = self.shared.width(self.panel, v)
        pointer = self.flow.at(pointer, self.plan.dtype, offset)
        lanes = width if packed else self.panel.lanes[v]
        return load_lanes(self.flow, pointer, self.plan.dtype, lanes, width)

    def _multiply(self, lhs: str, rhs: str, sums: list[str]) -> list[str]:
        """One step of the sum: every accumulator of the tile gets one product."""
        flow, plan = self.flow, self.plan
        columns = [self._load(rhs, v * plan.lanes, v, plan.pack) for v in range(self.vectors)]
        self._ask_ahead(lhs, rhs)
        results = []
        for m in range(self.height):
            offset = sum(dim.lhs * at for dim, at in self.row(m))
            element = None if plan.vector_lhs else self._element(lhs, offset)
            for v, column in enumerate(columns):
                if element is None:
                    left = self._load(lhs, offset + v * plan.lanes, v, False)
                else:
                    left = flow.splat(element, column.lanes)
                total = Value(sums[m * self.vectors + v], plan.dtype, column.lanes)
                results.append(flow.fma(left, column, total).text)
        return results

    def _ask_ahead(self, lhs: str, rhs: str) -> None:
        """Prefetch where steps of the sum lie so far apart that the hardware follows none."""
        flow, plan, dim = self.flow, self.plan, self.sums[-1]
        places = []
        if not plan.pack and abs(dim.rhs) * plan.dtype.size >= 512 and self.height >= 4:
            first = AHEAD * dim.rhs
            places = [flow.at(rhs, plan.dtype, first + v * plan.lanes) for v in range(self.vectors)]
        run = plan.rows[-1].lhs == 1 and not plan.vector_lhs
        if run and abs(dim.lhs) * plan.dtype.size >= PAGE:
            # The run of the tile after this: pages ahead of the sum's end need not exist.
            places.append(flow.at(lhs, plan.dtype, 2 * self.height - 1))
        elif run and abs(dim.lhs) * plan.dtype.size >= 128:
            first = AHEAD * dim.lhs
            places += [flow.at(lhs, plan.dtype, first + at) for at in (0, self.height - 1)]
        for place in places:
            flow.prefetch(place, nearest=False)

    def _ask_for_ending(self, index: str) -> None:
        """Prefetch what the store will touch, a line or so at each step of the sum.

        The last lane's line: that of the first was touched with the columns before.
        """
        flow, plan = self.flow, self.plan
        (dim, _), *others = self.row(0)
        if self.shared.whole_rows:
            # Whole rows: of all the steps that the panels take one after the other.
            index, each = flow.iadd("%line", index), 1
            vectors = plan.col.extent // plan.lanes
        elif self.shared.asks_late(self.panel) or others:
            return
        else:
            each = 1 if self.shared.skips else plan.depth // (self.height * self.vectors)
            vectors = self.vectors
        at = flow.smaller(flow.idiv(index, each), str(self.height * vectors - 1))
        row, vector = flow.idiv(at, vectors), flow.imod(at, vectors)
        step = flow.iadd(flow.imul(row, dim.out), flow.imul(vector, plan.lanes))
        step = flow.iadd(step, plan.lanes - 1)
        for stream, size in (*self.shared.store.streams, *self.shared.ahead):
            place = flow.at_byte(flow.buffer(stream), flow.imul(flow.iadd("%out", step), size))
            flow.prefetch(place, nearest=False)

    def _ask_for_panel(self, index: str) -> None:
        """Prefetch this tile's share of the next panel, so that packing it need not wait."""
        if not self.shared.streamed:
            return
        flow, plan = self.flow, self.plan
        each, lines = self.shared.lines_ahead(self.panel), self.shared.lines_of_column()
        ahead = flow.idiv(flow.imul(index, each), plan.depth)
        if self.shared.skips:
            ahead = flow.smaller(index, str(each - 1))
        line = flow.iadd("%line", ahead)
        column = flow.imul(flow.idiv(line, lines), plan.col.rhs)
        offset = flow.iadd(column, flow.imul(flow.imod(line, lines), 64 // plan.dtype.size))
        flow.prefetch(flow.at("%next", plan.dtype, offset), nearest=False)

    def _element(self, lhs: str, offset: int) -> Value:
        return self.flow.load(self.flow.at(lhs, self.plan.dtype, offset), self.plan.dtype, 1)

    def _finish(self, m: int, v: int, value: Value) -> None:
        flow, plan = self.flow, self.plan
        lanes = self.panel.lanes[v]
        if value.lanes > lanes:
            value = flow.shuffle(value, list(range(lanes)))
        inside = {id(dim): at for dim, at in self.row(m)}
        inside[id(plan.col)] = v * plan.lanes
        where = [
            (dim, f"%x{at}", inside.get(id(dim), 0)) for at, dim in enumerate(self.shared.dims)
        ]
        offset = flow.iadd("%out", sum(dim.out * plus for dim, _, plus in where))
        coordinates = Coordinates(flow, self.shared.axes, where)
        self.shared.store.tile(flow, offset, coordinates, value)


def tile_function(shared: Shared, size: int, panel: Panel) -> str:
    """``size`` indices of the tiled row dim x ``panel``, summed over one block."""
    return _Tile(shared, size, panel).text()


def finish_name(shared: Shared, panel: Panel) -> str:
    """The function that stores tiles kept in memory."""
    return f"@{shared.name}.finish{panel.width}"


def finish_function(shared: Shared, panel: Panel) -> str:
    """Hands ``%rows`` rows of a tile in memory to the store, one after the other."""
    flow, plan = shared.flow(), shared.plan
    tiles, vectors = plan.row_tiles, len(panel.lanes)
    dims = plan.rows[tiles.axis :]
    with flow.loop("0", "%rows") as m:
        index = flow.decode(m, [0, *(dim.extent for dim in dims[1:])])
        place = {id(dim): at for dim, at in zip(dims, index, strict=True)}
        out, starts = "%out", []
        for at, dim in enumerate(shared.dims):
            inside = place.get(id(dim), "0")
            starts.append((dim, flow.iadd(f"%x{at}", inside)))
            out = flow.iadd(out, flow.imul(inside, dim.out))
        row = flow.imul(m, vectors * plan.lanes)
        if shared.scattered:
            with flow.loop("0", panel.width) as column:
                slot = flow.at("%acc", plan.dtype, flow.iadd(row, column))
                where = [
                    (dim, flow.iadd(at, column) if dim is plan.col else at, 0) for dim, at in starts
                ]
                offset = flow.iadd(out, flow.imul(column, plan.col.out))
                coordinates = Coordinates(flow, shared.axes, where)
                value = flow.load(slot, plan.dtype, 1)
                shared.store.tile(flow, offset, coordinates, value)
        else:
            below = tiles.height * plan.rows[-1].out
            for v, lanes in enumerate(panel.lanes):
                step = v * plan.lanes
                for stream, size in shared.store.streams if shared.asks_late(panel) else ():
                    later = flow.imul(flow.iadd(out, step + below), size)
                    flow.prefetch(flow.at_byte(flow.buffer(stream), later), nearest=False)
                slot = flow.at("%acc", plan.dtype, flow.iadd(row, step))
                where = [(dim, at, step if dim is plan.col else 0) for dim, at in starts]
                coordinates = Coordinates(flow, shared.axes, where)
                value = flow.load(slot, plan.dtype, lanes)
                shared.store.tile(flow, flow.iadd(out, step), coordinates, value)
    return flow.function(
        f"define internal void {finish_name(shared, panel)}(ptr noalias %bufs, "
        f"ptr noalias %acc, i64 %rows, i64 %out, {shared.arguments()})"
    )


def zero_text(plan: Plan) -> tuple[str, str]:
    """The LLVM type of a whole vector and its zero."""
    kind = llvm_type(plan.dtype, plan.lanes)
    scalar = "0.0" if element_type(plan.dtype) in ("float", "double") else "0"
    return kind, "zeroinitializer" if kind.startswith("<") else scalar
