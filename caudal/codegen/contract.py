"""The one generator for sums of products: matmul, convolution, both of its gradients.

``contract(name, loops, dtype, target)`` gives the text of

    define void @NAME(ptr %bufs, i64 %lo, i64 %hi)

which does chunks lo..hi of the work. ``bufs[0]`` is lhs, ``bufs[1]`` rhs, ``bufs[2]`` the output
(or the partial outputs, see `Plan.parts`); further buffers belong to the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caudal.codegen import contract_columns as columns
from caudal.codegen.contract_flow import Flow
from caudal.codegen.contract_live import (
    live_function,
    live_name,
    sound_function,
    sound_name,
    words,
)
from caudal.codegen.contract_pack import pack_function, pack_name
from caudal.codegen.contract_plan import Dim, Panel, Plan, make_plan
from caudal.codegen.contract_tile import (
    DirectStore,
    Shared,
    Stream,
    TileStore,
    finish_function,
    finish_name,
    tile_function,
    tile_name,
    zero_text,
)
from caudal.codegen.target import Target
from caudal.errors import InternalError
from caudal.ir.dtypes import DType, int64
from caudal.ops.contract import Loops


@dataclass(frozen=True)
class Kernel:
    """A generated contraction: LLVM functions, the declarations they need, and the plan."""

    name: str
    plan: Plan
    text: str
    declarations: frozenset[str]

    @property
    def module(self) -> str:
        """A module of its own."""
        return "\n".join((self.text, *sorted(self.declarations)))


def contract(
    name: str,
    loops: Loops,
    dtype: DType,
    target: Target,
    store: TileStore | None = None,
    plan: Plan | None = None,
    linkage: str = "",
    holes: tuple[bool, bool] = (False, False),
    ahead: tuple[Stream, ...] = (),
) -> Kernel:
    """The kernel of a contraction over elements of ``dtype``.

    store: what to do with finished sums; by default they go to ``bufs[2]``. With
        ``plan.parts`` > 1 it must be left out.
    plan: the cut, from `make_plan` for the same loops, dtype and target.
    linkage: LLVM's word for it, "internal " for a part of another kernel.
    holes: whether lhs, rhs may be zero over whole steps of the sum often enough to look for that.
    ahead: buffers of as many elements as the result, whose lines are asked for meanwhile.
    Raises InternalError for a dtype that is not computed in its own width.
    """
    if not (dtype.is_floating or dtype.is_integer) or dtype.name in ("float16", "bfloat16"):
        raise InternalError("contraction of {dtype}: convert the operands first", dtype=dtype)
    plan = plan or make_plan(loops, dtype, target, may_part=store is None)
    if store is not None and plan.parts > 1:
        raise InternalError("contraction {name}: partial sums take no store", name=name)
    axes = [axis.name for axis in loops.axes if axis.kind != "sum"]
    store = store or DirectStore(plan.out_size, dtype.size)
    cut = columns.whole_rows(plan, target, store) if holes[not plan.swapped] else None
    plan = cut or plan
    skips = holes[plan.swapped]
    shared = Shared(name, plan, axes, target, store, set(), skips, ahead, cut is not None)
    functions = _functions(shared)
    functions.append(_Driver(shared).text(linkage))
    return Kernel(name, plan, "\n".join(functions), frozenset(shared.declarations))


def _functions(shared: Shared) -> list[str]:
    plan = shared.plan
    tiles = plan.row_tiles
    sizes = [tiles.size] * bool(tiles.large) + [tiles.size - 1] * bool(tiles.small)
    texts = []
    for panel in _panels(plan):
        texts += [tile_function(shared, size, panel) for size in sizes]
        if shared.whole_rows:
            texts += [columns.fill_function(shared, size) for size in sizes]
            texts += [columns.columns_function(shared), columns.end_function(shared)]
            continue
        if not shared.direct:
            texts.append(finish_function(shared, panel))
        if plan.pack:
            texts.append(pack_function(shared, panel))
        if shared.skips:
            texts.append(sound_function(shared, panel))
    return [*texts, live_function(shared)] if shared.skips else texts


def _panels(plan: Plan) -> list[Panel]:
    cols = plan.col_panels
    panels = [cols.panel] if cols.full else []
    return [*panels, cols.rest] if cols.rest is not None else panels


@dataclass
class _Place:
    """Pointers and indices as the loops go inwards."""

    lhs: str
    rhs: str
    out: str
    index: list[str]

    def inside(self, flow: Flow, plan: Plan, dims: tuple[Dim, ...], index: list[str]) -> _Place:
        """The place ``index`` steps along ``dims``."""
        lhs = rhs = "0"
        out = self.out
        for dim, at in zip(dims, index, strict=True):
            lhs = flow.iadd(lhs, flow.imul(at, dim.lhs))
            rhs = flow.iadd(rhs, flow.imul(at, dim.rhs))
            out = flow.iadd(out, flow.imul(at, dim.out))
        left, right = flow.at(self.lhs, plan.dtype, lhs), flow.at(self.rhs, plan.dtype, rhs)
        return _Place(left, right, out, [*self.index, *index])


class _Driver:
    """Writes the function that runs chunks: loops around the tiles."""

    def __init__(self, shared: Shared) -> None:
        self.shared, self.plan = shared, shared.plan
        self.flow = shared.flow()
        plan = self.plan
        panels = _panels(plan)
        slot = max((shared.slot(panel) for panel in panels), default=0)
        self.acc = self.packed = self.steps = self.info = "null"
        # Where the next matrix of a batch begins, and whether this one has another panel.
        self.after = self.more_panels = ""
        if shared.whole_rows:
            self._reserve_columns()
            return
        if not shared.direct:
            tiles = plan.group if plan.blocked else 1
            self.acc = self.flow.reserve(plan.dtype, max(tiles * slot, 1))
        if plan.pack:
            width = max(len(panel.lanes) for panel in panels) * plan.lanes
            self.packed = self.flow.reserve(plan.dtype, max(plan.depth * width, 1))
        if shared.skips:
            self.steps = self.flow.reserve(int64, words(plan.depth))

    def _reserve_columns(self) -> None:
        plan, width = self.plan, self.plan.col.extent
        # A vector is read from the last column on.
        self.acc = self.flow.reserve(plan.dtype, plan.row_tiles.height * width + plan.lanes)
        self.packed = self.flow.reserve(plan.dtype, plan.depth * width)
        self.info = self.flow.reserve(int64, columns.words(plan))
        self.fill = self.flow.reserve(plan.dtype, plan.row_tiles.height)

    def text(self, linkage: str) -> str:
        """The whole function."""
        plan, flow = self.plan, self.flow
        header = f"define {linkage}void @{self.shared.name}(ptr noalias %bufs, i64 %lo, i64 %hi)"
        if plan.out_size == 0:
            return flow.function(header)
        left, right = (1, 0) if plan.swapped else (0, 1)
        lhs = flow.at(flow.buffer(left), plan.dtype, plan.lhs_offset)
        rhs = flow.at(flow.buffer(right), plan.dtype, plan.rhs_offset)
        with flow.loop("%lo", "%hi") as chunk:
            part, *blocks = flow.decode(chunk, list(plan.grid))
            out = flow.imul(part, plan.out_size)
            self._chunk(part, blocks, _Place(lhs, rhs, out, []))
        return flow.function(header)

    def _range(self, block: str, total: int, blocks: int) -> tuple[str, str]:
        if blocks == 1:
            return "0", str(total)
        flow = self.flow
        return flow.share(block, total, blocks), flow.share(flow.iadd(block, 1), total, blocks)

    def _chunk(self, part: str, blocks: list[str], place: _Place) -> None:
        flow, plan = self.flow, self.plan
        extents = [dim.extent for dim in plan.batch]
        total = 1
        for extent in extents:
            total *= extent
        sums = self._range(part, plan.sums[0].extent, plan.parts)
        tiles = self._range(blocks[1], plan.row_tiles.count, plan.grid[2])
        panels = self._range(blocks[2], plan.col_panels.count, plan.grid[3])
        batches = self._range(blocks[0], total, plan.grid[1])
        with flow.loop(*batches) as b:
            inside = place.inside(flow, plan, plan.batch, flow.decode(b, extents))
            if self.shared.streamed and plan.batch:
                after = flow.smaller(flow.iadd(b, 1), flow.iadd(batches[1], -1))
                self.after = place.inside(flow, plan, plan.batch, flow.decode(after, extents)).rhs
            if self.shared.skips:
                flow.raw(f"call void {live_name(self.shared)}(ptr {inside.lhs}, ptr {self.steps})")
            if self.shared.whole_rows:
                self._columns(tiles, inside)
            else:
                self._groups(tiles, panels, sums, inside)

    def _columns(self, tiles: tuple[str, str], place: _Place) -> None:
        """The columns that count, brought together; then tile after tile, whole rows."""
        flow, plan, shared, panel = self.flow, self.plan, self.shared, self.plan.col_panels.panel
        here = place.inside(flow, plan, (plan.col,), ["0"])
        name = columns.columns_name(shared)
        flow.raw(f"call void {name}(ptr {here.rhs}, ptr {self.info}, ptr {self.packed})")
        live = flow.word(self.info, 0)
        used = flow.idiv(flow.iadd(live, panel.width - 1), panel.width)
        with flow.loop(*tiles) as t:
            tile, large = self._tile_place(t, here)
            self._by_size(large, lambda size: self._call_fill(size, tile.lhs))
            with flow.loop("0", used) as p:
                steps = flow.imul(p, plan.depth)
                rhs = flow.at(self.packed, plan.dtype, flow.imul(steps, panel.width))
                acc = flow.at(self.acc, plan.dtype, flow.imul(p, panel.width))
                ahead = f"ptr null, i64 {steps}"
                self._call_tile(panel, large, tile, rhs, acc, str(plan.depth), ahead)
            flow.raw(
                f"call void {columns.end_name(shared)}(ptr %bufs, ptr {self.acc}, "
                f"ptr {self.info}, ptr {self.fill}, i64 {self._rows(large)}, "
                f"i64 {tile.out}, {self._indices(tile)})"
            )

    def _groups(
        self, tiles: tuple[str, str], panels: tuple[str, str], sums: tuple[str, str], place: _Place
    ) -> None:
        flow, plan = self.flow, self.plan
        if plan.group >= -(-plan.row_tiles.count // plan.grid[2]):
            self._panel_loop(tiles, panels, sums, place)
            return
        count = flow.iadd(tiles[1], flow.imul(tiles[0], -1))
        groups = flow.idiv(flow.iadd(count, plan.group - 1), plan.group)
        with flow.loop("0", groups) as g:
            low = flow.iadd(tiles[0], flow.imul(g, plan.group))
            high = flow.smaller(flow.iadd(low, plan.group), tiles[1])
            self._panel_loop((low, high), panels, sums, place)

    def _panel_loop(
        self, tiles: tuple[str, str], panels: tuple[str, str], sums: tuple[str, str], place: _Place
    ) -> None:
        flow, plan, cols = self.flow, self.plan, self.plan.col_panels
        extents = [*(dim.extent for dim in plan.outer_cols), cols.each]
        with flow.loop(*panels) as p:
            *outer, j = flow.decode(p, extents)
            column = flow.imul(j, cols.panel.width)
            dims = (*plan.outer_cols, plan.col)
            here = place.inside(flow, plan, dims, [*outer, column])
            if self.after:
                self.more_panels = flow.less(flow.iadd(p, 1), panels[1])
            if cols.full and cols.rest is not None:
                last = cols.rest
                whole = flow.name("whole")
                flow.raw(f"{whole} = icmp slt i64 {j}, {cols.full}")
                flow.either(
                    whole,
                    lambda: self._panel(cols.panel, tiles, sums, here),
                    lambda: self._panel(last, tiles, sums, here),
                )
            else:
                self._panel(_panels(plan)[0], tiles, sums, here)

    def _panel(
        self, panel: Panel, tiles: tuple[str, str], sums: tuple[str, str], place: _Place
    ) -> None:
        flow, plan = self.flow, self.plan
        if plan.blocked:
            self._clear(panel, tiles)
        self._blocks(0, panel, tiles, sums, place)
        if plan.blocked:
            with flow.loop(*tiles) as t:
                acc = self._slot(panel, t, tiles[0])
                here, size = self._tile_place(t, place)
                self._finish(panel, acc, here, size)

    def _clear(self, panel: Panel, tiles: tuple[str, str]) -> None:
        flow, plan = self.flow, self.plan
        kind, zero = zero_text(plan)
        count = flow.iadd(tiles[1], flow.imul(tiles[0], -1))
        vectors = flow.imul(count, self.shared.slot(panel) // plan.lanes)
        with flow.loop("0", vectors) as at:
            slot = flow.at(self.acc, plan.dtype, flow.imul(at, plan.lanes))
            flow.raw(f"store {kind} {zero}, ptr {slot}, align 16")

    def _slot(self, panel: Panel, tile: str, first: str) -> str:
        flow = self.flow
        ahead = flow.iadd(tile, flow.imul(first, -1))
        return flow.at(self.acc, self.plan.dtype, flow.imul(ahead, self.shared.slot(panel)))

    def _blocks(
        self,
        level: int,
        panel: Panel,
        tiles: tuple[str, str],
        sums: tuple[str, str],
        place: _Place,
    ) -> None:
        """Loops over blocks of the sum, outermost axis first."""
        flow, plan = self.flow, self.plan
        dim = plan.sums[level]
        bounds = sums if level == 0 else ("0", str(dim.extent))
        if level < plan.split:
            with flow.loop(*bounds) as k:
                self._blocks(level + 1, panel, tiles, sums, self._sum_place(dim, k, place))
            return
        low, high = bounds
        count = flow.iadd(high, flow.imul(low, -1))
        if plan.segments == 1:
            self._block(panel, tiles, count, self._sum_place(dim, low, place))
            return
        with flow.loop("0", plan.segments) as s:
            first = self._segment(count, s)
            length = flow.iadd(self._segment(count, flow.iadd(s, 1)), flow.imul(first, -1))
            at = flow.iadd(low, first)
            self._block(panel, tiles, length, self._sum_place(dim, at, place))

    def _segment(self, count: str, s: str) -> str:
        """Where segment ``s`` of ``count`` steps begins."""
        name = self.flow.name("share")
        self.flow.raw(f"{name} = mul i64 {count}, {s}")
        return self.flow.idiv(name, self.plan.segments)

    def _sum_place(self, dim: Dim, at: str, place: _Place) -> _Place:
        inside = place.inside(self.flow, self.plan, (dim,), [at])
        return _Place(inside.lhs, inside.rhs, place.out, place.index)

    def _block(self, panel: Panel, tiles: tuple[str, str], length: str, place: _Place) -> None:
        """All row tiles over one block of the sum."""
        flow, plan = self.flow, self.plan
        rhs = place.rhs
        if plan.pack:
            name = pack_name(self.shared, panel)
            flow.raw(f"call void {name}(ptr {rhs}, ptr {self.packed}, i64 {length})")
            rhs = self.packed
        if self.shared.skips:
            name = sound_name(self.shared, panel)
            flow.raw(f"call void {name}(ptr {self.packed}, ptr {self.steps})")
        with flow.loop(*tiles) as t:
            acc = self._slot(panel, t, tiles[0]) if plan.blocked else self.acc
            ahead = self._share_ahead(panel, tiles, t, place.rhs)
            here, large = self._tile_place(t, place)
            self._call_tile(panel, large, here, rhs, acc, length, ahead)
            if not self.shared.direct and not plan.blocked:
                self._finish(panel, acc, here, large)

    def _call_tile(
        self, panel: Panel, large: str, here: _Place, rhs: str, acc: str, length: str, ahead: str
    ) -> None:
        def call(size: int) -> None:
            self.flow.raw(
                f"call void {tile_name(self.shared, size, panel)}(ptr %bufs, ptr {here.lhs}, "
                f"ptr {rhs}, ptr {acc}, ptr {self.steps}, i64 {length}, {ahead}, "
                f"i64 {here.out}, {self._indices(here)})"
            )

        self._by_size(large, call)

    def _call_fill(self, size: int, lhs: str) -> None:
        name = columns.fill_name(self.shared, size)
        self.flow.raw(f"call void {name}(ptr {lhs}, ptr {self.fill})")

    def _by_size(self, large: str, call: Callable[[int], None]) -> None:
        """What is written for tiles of the one or the other size."""
        size = self.plan.row_tiles.size
        if large in ("true", "false"):
            call(size if large == "true" else size - 1)
        else:
            self.flow.either(large, lambda: call(size), lambda: call(size - 1))

    def _share_ahead(self, panel: Panel, tiles: tuple[str, str], tile: str, rhs: str) -> str:
        """What a tile is told of the next panel: where it begins, and the tile's first line."""
        if not self.shared.streamed:
            return "ptr null, i64 0"
        flow, plan = self.flow, self.plan
        following = flow.at(rhs, plan.dtype, panel.width * plan.col.rhs)
        if self.after:
            following = flow.pick(self.more_panels, following, self.after)
        ahead = flow.iadd(tile, flow.imul(tiles[0], -1))
        return f"ptr {following}, i64 {flow.imul(ahead, self.shared.lines_ahead(panel))}"

    def _indices(self, place: _Place) -> str:
        """Indices in the order of `Shared.dims`: batch, rows, columns."""
        batch, cols = len(self.plan.batch), len(self.plan.outer_cols) + 1
        index = place.index
        order = [*index[:batch], *index[batch + cols :], *index[batch : batch + cols]]
        return ", ".join(f"i64 {at}" for at in order)

    def _tile_place(self, tile: str, place: _Place) -> tuple[_Place, str]:
        """Where a row tile begins, and whether it is a large one (an i1)."""
        flow, plan, rows = self.flow, self.plan, self.plan.row_tiles
        outer = [dim.extent for dim in plan.rows[: rows.axis]]
        *index, j = flow.decode(tile, [*outer, rows.large + rows.small])
        start, large = flow.imul(j, rows.size), "true" if rows.large else "false"
        if rows.small and rows.large:
            large, late, less = flow.name("large"), flow.iadd(j, -rows.large), flow.name("late")
            flow.raw(f"{large} = icmp slt i64 {j}, {rows.large}")
            flow.raw(f"{less} = select i1 {large}, i64 0, i64 {late}")
            start = flow.iadd(start, flow.imul(less, -1))
        index = [*index, start, *("0" for _ in plan.rows[rows.axis + 1 :])]
        return place.inside(flow, plan, plan.rows, index), large

    def _finish(self, panel: Panel, acc: str, place: _Place, large: str) -> None:
        self.flow.raw(
            f"call void {finish_name(self.shared, panel)}(ptr %bufs, ptr {acc}, "
            f"i64 {self._rows(large)}, i64 {place.out}, {self._indices(place)})"
        )

    def _rows(self, large: str) -> str:
        """The rows of a tile."""
        flow, rows = self.flow, self.plan.row_tiles
        high, low = rows.height, rows.height - rows.inner
        if large in ("true", "false"):
            return str(high if large == "true" else low)
        count = flow.name("rows")
        flow.raw(f"{count} = select i1 {large}, i64 {high}, i64 {low}")
        return count


__all__ = ["DirectStore", "Kernel", "TileStore", "contract", "make_plan"]
