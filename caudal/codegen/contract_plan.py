"""How a contraction is cut: which axis fills vectors, tile sizes, blocks of the sum, chunks.

Everything here follows from the problem and the target alone, never from the number of threads,
so the same bits come out however the chunks are shared.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from caudal.codegen.contract_share import grid_of
from caudal.codegen.target import Target
from caudal.ir.dtypes import DType
from caudal.ops.contract import Axis, Loops

PANEL_BYTES = 128 * 1024
"""What a panel of rhs (sum block x columns) may take: well inside a core's second cache."""
TILES_BYTES = 160 * 1024
"""What accumulators that wait for the next sum block may take."""


@dataclass(frozen=True)
class Dim:
    """One loop: axes of the description, merged where their steps allow.

    ``axes`` are (name, extent) pairs, outermost first; ``lhs``, ``rhs``, ``out`` element steps.
    """

    axes: tuple[tuple[str, int], ...]
    extent: int
    lhs: int
    rhs: int
    out: int


@dataclass(frozen=True)
class Rows:
    """Register tiles over the rows: ``size`` (then ``size - 1``) indices of dim ``axis``.

    The dims inside ``axis`` are covered whole by every tile, ``inner`` rows for each index.
    """

    axis: int
    size: int
    large: int
    small: int
    inner: int
    outer: int

    @property
    def count(self) -> int:
        """All tiles."""
        return self.outer * (self.large + self.small)

    @property
    def height(self) -> int:
        """Rows of a large tile."""
        return self.size * self.inner


@dataclass(frozen=True)
class Panel:
    """Columns of one tile: lanes used of each vector."""

    lanes: tuple[int, ...]

    @property
    def width(self) -> int:
        """Columns."""
        return sum(self.lanes)


@dataclass(frozen=True)
class Cols:
    """``full`` panels and perhaps a last narrower one, for each outer column."""

    panel: Panel
    full: int
    rest: Panel | None
    outer: int

    @property
    def each(self) -> int:
        """Panels along the vector axis."""
        return self.full + (self.rest is not None)

    @property
    def count(self) -> int:
        """All panels."""
        return self.outer * self.each


@dataclass(frozen=True)
class Plan:
    """The whole cut. ``chunks`` and, where ``parts`` > 1, ``scratch`` are for the caller.

    chunks: the range that the generated function is called on; any partition gives the same bits.
    parts: more than 1 where the sum is cut: ``bufs[2]`` then receives ``parts`` partial outputs,
        each laid out as the output, ``scratch`` elements in all; the caller adds them in order.
    """

    dtype: DType
    swapped: bool
    vector_lhs: bool
    lhs_offset: int
    rhs_offset: int
    lanes: int
    masked: bool
    batch: tuple[Dim, ...]
    rows: tuple[Dim, ...]
    outer_cols: tuple[Dim, ...]
    col: Dim
    sums: tuple[Dim, ...]
    row_tiles: Rows
    col_panels: Cols
    pack: bool
    split: int
    segments: int
    group: int
    grid: tuple[int, int, int, int]
    cycles: float
    out_size: int

    @property
    def parts(self) -> int:
        """Ranges of the outermost sum, each with an output of its own."""
        return self.grid[0]

    @property
    def chunks(self) -> int:
        """Independent pieces of work."""
        return math.prod(self.grid)

    @property
    def scratch(self) -> int:
        """Elements of the partial outputs; 0 where the output is written at once."""
        return self.parts * self.out_size if self.parts > 1 else 0

    @property
    def blocked(self) -> bool:
        """Whether accumulators leave the registers between blocks of the sum."""
        outer = self.sums[: self.split]
        return self.segments > 1 or any(dim.extent > 1 for dim in outer)

    @property
    def segment(self) -> int:
        """The longest run of ``sums[split]`` in one block."""
        return -(-_part_extent(self.sums, self.split, self.parts) // self.segments)

    @property
    def depth(self) -> int:
        """The longest sum of one block."""
        return self.segment * math.prod(dim.extent for dim in self.sums[self.split + 1 :])


def _part_extent(sums: tuple[Dim, ...], axis: int, parts: int) -> int:
    return -(-sums[axis].extent // parts) if axis == 0 else sums[axis].extent


# Fusion, chains and the writer ask for the same plans.
@functools.lru_cache(maxsize=4096)
def make_plan(
    loops: Loops,
    dtype: DType,
    target: Target,
    *,
    may_part: bool = True,
    merge_cols: bool = True,
    slices: int = 0,
) -> Plan:
    """The cheapest cut that is known for ``loops`` over elements of ``dtype``.

    may_part: whether the caller can add partial outputs.
    merge_cols: whether a vector may run over several column axes (a store that reads other
        buffers, broadcast along one of them, must say no).
    slices: the chunks to make, each an equal run of the batch axes; 0 to choose.
    """
    axes = loops.axes
    empty = any(axis.extent == 0 for axis in axes if axis.kind != "sum")
    if empty:
        loops = replace(loops, axes=tuple(replace(axis, extent=1) for axis in axes))
    choices = [
        _plan(roles, loops, dtype, target, may_part and not empty, slices)
        for roles in _roles(loops, merge_cols)
    ]
    best = min(choices, key=lambda plan: plan.cycles)
    return replace(best, out_size=0) if empty else best


# --- roles: which axis fills the vectors ---------------------------------------------------------


@dataclass(frozen=True)
class _Roles:
    swapped: bool
    vector_lhs: bool
    batch: tuple[Dim, ...]
    rows: tuple[Dim, ...]
    cols: tuple[Dim, ...]
    sums: tuple[Dim, ...]


def _merge(axes: list[Axis], key: str, merge: bool = True) -> tuple[Dim, ...]:
    """Dims of the axes, outermost (longest step) first, neighbours joined where steps agree."""
    axes = [axis for axis in axes if axis.extent != 1]
    axes.sort(key=lambda axis: -max(abs(getattr(axis, name)) for name in key.split()))
    dims: list[Dim] = []
    for axis in axes:
        dim = Dim(((axis.name, axis.extent),), axis.extent, axis.lhs, axis.rhs, axis.out)
        if dims and merge:
            above, n = dims[-1], axis.extent
            steps = (above.lhs, above.rhs, above.out)
            if steps == (dim.lhs * n, dim.rhs * n, dim.out * n):
                dims[-1] = replace(dim, axes=above.axes + dim.axes, extent=above.extent * n)
                continue
        dims.append(dim)
    return tuple(dims)


def _roles(loops: Loops, merge_cols: bool) -> Iterator[_Roles]:
    kinds: dict[str, list[Axis]] = {"batch": [], "row": [], "col": [], "sum": []}
    for axis in loops.axes:
        kinds[axis.kind].append(axis)
    turned = [replace(axis, lhs=axis.rhs, rhs=axis.lhs) for axis in loops.axes]
    swapped: dict[str, list[Axis]] = {"batch": [], "row": [], "col": [], "sum": []}
    for axis in turned:
        swapped[{"row": "col", "col": "row"}.get(axis.kind, axis.kind)].append(axis)
    for flag, k in ((False, kinds), (True, swapped)):
        yield _Roles(
            flag,
            False,
            _merge(k["batch"], "out"),
            _merge(k["row"], "out"),
            _merge(k["col"], "out", merge_cols),
            _merge(k["sum"], "lhs rhs"),
        )
    batch = _merge(kinds["batch"], "out", merge_cols)
    if batch and (batch[-1].lhs, batch[-1].rhs, batch[-1].out) == (1, 1, 1):
        rows, cols = _merge(kinds["row"], "out"), _merge(kinds["col"], "out")
        sums = _merge(kinds["sum"], "lhs rhs")
        yield _Roles(False, True, batch[:-1], rows, (*cols, batch[-1]), sums)


# --- tiles ---------------------------------------------------------------------------------------


def _fits(height: int, vectors: int, target: Target) -> bool:
    """Accumulators, the columns, one element of lhs; without FMA a product too."""
    spare = 2 if target.name == "baseline" else 1
    return height * vectors + vectors + spare <= target.registers


def _tile_cycles(height: int, vectors: int, vector_lhs: bool, depth: int) -> float:
    """Cycles of one tile: two FMAs and two loads a cycle, four cycles from FMA to FMA."""
    loads = vectors + height * (vectors if vector_lhs else 1)
    steady = max(height * vectors / 2, loads / 2, 4.0) + 0.5
    return depth * steady + 1.5 * height * vectors + 15


def _row_tilings(rows: tuple[Dim, ...], most: int) -> Iterator[Rows]:
    for axis in range(len(rows)):
        inner = math.prod(dim.extent for dim in rows[axis + 1 :])
        outer = math.prod(dim.extent for dim in rows[:axis])
        extent = rows[axis].extent
        sizes = set()
        for size in range(1, min(extent, most // max(inner, 1)) + 1):
            count = -(-extent // size)
            sizes.add(-(-extent // count))
        for size in sizes:
            count = -(-extent // size)
            small = count * size - extent
            yield Rows(axis, size, count - small, small, inner, outer)


def _col_tiling(cols: tuple[Dim, ...], vectors: int, lanes: int) -> Cols:
    extent, width = cols[-1].extent, vectors * lanes
    rest, full = extent % width, extent // width
    last: Panel | None = None
    if rest:
        used = (lanes,) * (rest // lanes)
        last = Panel((*used, rest % lanes) if rest % lanes else used)
    outer = math.prod(dim.extent for dim in cols[:-1])
    return Cols(Panel((lanes,) * vectors), full, last, outer)


def _tiling_cycles(rows: Rows, cols: Cols, vector_lhs: bool, depth: int) -> float:
    total = 0.0
    for count, size in ((rows.large, rows.size), (rows.small, rows.size - 1)):
        for panels, panel in ((cols.full, cols.panel), (1, cols.rest)):
            if count and panels and panel is not None:
                each = _tile_cycles(size * rows.inner, len(panel.lanes), vector_lhs, depth)
                total += count * panels * each
    if vector_lhs:
        # Nothing is computed often here: wide tiles read memory in longer runs.
        total *= 1 + 0.6 / max(len(cols.panel.lanes), 1)
    kinds = (1 + bool(rows.small)) * (bool(cols.full) + (cols.rest is not None))
    return total * rows.outer * cols.outer * (1 + 0.005 * kinds)


def _most_rows(roles: _Roles, size: int, target: Target) -> int:
    """Rows that a tile may read at once: those 4 KiB apart share 8 ways of the first cache."""
    step = abs(roles.rows[-1].lhs) * size
    if step and step % 4096 == 0:
        return 6
    return 12 if step and step % 2048 == 0 else target.registers


def _tiles(
    roles: _Roles, lanes: int, depth: int, size: int, target: Target
) -> tuple[Rows, Cols, float]:
    best: tuple[Rows, Cols, float] | None = None
    most = _most_rows(roles, size, target)
    for vectors in range(1, 9):
        cols = _col_tiling(roles.cols, vectors, lanes)
        widest = vectors if cols.full else len(cols.rest.lanes) if cols.rest else 1
        if widest < vectors:
            break
        for rows in _row_tilings(roles.rows, most):
            if not _fits(rows.height, vectors, target):
                continue
            cycles = _tiling_cycles(rows, cols, roles.vector_lhs, depth)
            if best is None or cycles < best[2]:
                best = rows, cols, cycles
    assert best is not None  # one row and one vector always fit
    return best


def _worth_packing(roles: _Roles, rows: Rows, dtype: DType) -> bool:
    """Whether adjacent columns are copied even so: far steps of the sum thrash cache and TLB."""
    step = min(abs(dim.rhs) for dim in roles.sums) * dtype.size
    return step >= 1024 and rows.count * rows.height >= 512 and not roles.vector_lhs


# --- blocks --------------------------------------------------------------------------------------

_NONE = Dim((), 1, 0, 0, 0)


def _plan(
    roles: _Roles, loops: Loops, dtype: DType, target: Target, may_part: bool, slices: int
) -> Plan:
    roles = replace(
        roles,
        rows=roles.rows or (_NONE,),
        cols=roles.cols or (replace(_NONE, out=1, rhs=1),),
        sums=roles.sums or (_NONE,),
    )
    lanes = max(target.vector_bytes // dtype.size, 1)
    depth = math.prod(dim.extent for dim in roles.sums)
    batches = math.prod(dim.extent for dim in roles.batch)
    rows, cols, cycles = _tiles(roles, lanes, depth, dtype.size, target)
    col = roles.cols[-1]
    far = col.rhs != 1 and col.extent > 1
    pack = far or _worth_packing(roles, rows, dtype)
    extents = [dim.extent for dim in roles.rows + roles.cols]
    out_size = batches * math.prod(extents)
    # Transposing costs about half a cycle an element; storing element by element many more.
    near = any(dim.rhs == 1 for dim in roles.sums)
    panels = depth * batches * col.extent * cols.outer
    cycles = batches * cycles + (panels * (0.5 if near else 2) if far else 0)
    cycles += 8 * out_size if col.out != 1 and col.extent > 1 else 0
    plan = Plan(
        dtype=dtype,
        swapped=roles.swapped,
        vector_lhs=roles.vector_lhs,
        lhs_offset=loops.rhs_offset if roles.swapped else loops.lhs_offset,
        rhs_offset=loops.lhs_offset if roles.swapped else loops.rhs_offset,
        lanes=lanes,
        masked=target.name in ("avx512", "avx2") and dtype.size >= 4,
        batch=roles.batch,
        rows=roles.rows,
        outer_cols=roles.cols[:-1],
        col=col,
        sums=roles.sums,
        row_tiles=rows,
        col_panels=cols,
        pack=pack,
        split=0,
        segments=1,
        group=rows.count,
        grid=(1, 1, 1, 1),
        cycles=cycles,
        out_size=out_size,
    )
    plan = replace(plan, grid=(1, slices, 1, 1) if slices else grid_of(plan, may_part))
    return _blocks(plan)


def _blocks(plan: Plan) -> Plan:
    """Cut the sum so that a panel of rhs stays near, the rows so that their tiles do."""
    size, tiles = plan.dtype.size, plan.row_tiles
    width = max(plan.col_panels.panel.width, plan.lanes)
    most = max(PANEL_BYTES // (width * size), 1)
    inner, split, segments = 1, len(plan.sums) - 1, 1
    for axis in range(len(plan.sums) - 1, -1, -1):
        extent = _part_extent(plan.sums, axis, plan.parts)
        split = axis
        if inner * extent > most:
            segments = -(-extent // max(most // inner, 1))
            # The shortest part has a step for every segment too: tiles run at least once.
            segments = min(segments, plan.sums[0].extent // plan.parts if axis == 0 else extent)
            break
        inner *= extent
    plan = replace(plan, split=split, segments=segments)
    group = run = -(-tiles.count // plan.grid[2])
    if plan.vector_lhs and not plan.blocked:
        group = 1
    if plan.blocked:
        most = max(TILES_BYTES // (tiles.height * width * size), 1)
        group = -(-run // -(-run // most))
    return replace(plan, group=group)
