"""How the work of a contraction is cut into chunks: parts of the sum, batch, rows, columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caudal.codegen.contract_plan import Plan

CHUNK_CYCLES = 8_000
"""The least work worth handing to another thread, about 2 microseconds."""
MAX_CHUNKS = 64
MAX_PARTS = 16
FEW_PARTS = 4
"""Parts where operands have more bytes than these: as many as most machines' cores share."""
FINE_PARTS = 64
"""Parts of a sum where a partial output is small."""
SMALL_BYTES = 8 * 1024
LIGHT_BYTES = 64 * 1024
"""A partial output that is quickly sent from core to core."""
_CORES = (2, 3, 4, 6, 8, 12, 16)


def _bytes(plan: Plan, side: str) -> int:
    """Bytes of an operand that one batch element reads."""
    dims = (*plan.rows, *plan.outer_cols, plan.col, *plan.sums)
    span: int = 1 + sum((dim.extent - 1) * abs(getattr(dim, side)) for dim in dims)
    touched: int = math.prod(dim.extent for dim in dims if getattr(dim, side))
    return min(span, touched) * int(plan.dtype.size)


def grid_of(plan: Plan, may_part: bool) -> tuple[int, int, int, int]:
    """(parts, batch blocks, row blocks, column blocks): see `Plan.grid`."""
    batches = math.prod(dim.extent for dim in plan.batch)
    # Work that only moves memory counts by its bytes, about 8 a cycle.
    operands = _bytes(plan, "lhs") + _bytes(plan, "rhs")
    out_bytes = plan.out_size * plan.dtype.size
    moved = batches * operands + out_bytes
    want = int(min(max(max(plan.cycles, moved / 8) // CHUNK_CYCLES, 1), MAX_CHUNKS))
    batch_blocks = min(batches, want)
    need = -(-want // batch_blocks)
    may_part = may_part and batches == 1 and plan.sums[0].extent > 1
    most = FINE_PARTS if out_bytes <= SMALL_BYTES else MAX_PARTS
    whole = min(need, plan.sums[0].extent, most) if may_part else 1
    tries = [(1, need), (whole, -(-need // whole)), (whole, 1)]
    # Each core had better sum what it wrote itself: few bytes of parts are sent to others then,
    # instead of many of operands.
    light = out_bytes <= LIGHT_BYTES
    few = min(whole, FEW_PARTS)
    if not light and 4 * few * out_bytes <= operands:
        light, tries = True, [(1, need), (few, -(-need // few))]
    options = []
    for parts, blocks in tries if whole > 1 else tries[:1]:
        shares = _spread(plan, parts, blocks)
        cost = _block_cost(plan, parts, *shares)
        if parts > 1 and not light:
            # Adding the parts is one more kernel, and nothing fuses into this one.
            cost = 1.25 * cost + CHUNK_CYCLES
        options.append((cost, (parts, *shares)))
    parts, row_blocks, col_blocks = min(options)[1]
    return parts, batch_blocks, row_blocks, col_blocks


def _spread(plan: Plan, parts: int, need: int) -> tuple[int, int]:
    """Row and column blocks, at least ``need`` of them where there are as many tiles."""
    tiles, panels = plan.row_tiles.count, plan.col_panels.count
    choices = []
    for row_blocks in range(1, min(tiles, need) + 1):
        col_blocks = min(panels, -(-need // row_blocks))
        choices.append((_block_cost(plan, parts, row_blocks, col_blocks), row_blocks, col_blocks))
    return min(choices)[1:]


def _block_cost(plan: Plan, parts: int, row_blocks: int, col_blocks: int) -> float:
    """Cycles of one batch element on 16 cores: arithmetic, packing, traffic, partial outputs.

    How well the blocks share out is averaged over machines of several sizes.
    """
    tiles, panels = plan.row_tiles.count, plan.col_panels.count
    blocks = parts * row_blocks * col_blocks
    uneven = (-(-tiles // row_blocks) * row_blocks / tiles) * (
        -(-panels // col_blocks) * col_blocks / panels
    )
    batches = math.prod(dim.extent for dim in plan.batch)
    wait = 1.0 if batches > 1 else sum(-(-blocks // n) * n / blocks for n in _CORES) / len(_CORES)
    arithmetic = plan.cycles / batches / 16 * uneven * wait
    lhs, rhs = _bytes(plan, "lhs"), _bytes(plan, "rhs")
    packing = (row_blocks - 1) * rhs / plan.dtype.size * 2 / 16 if plan.pack else 0.0
    # All cores together read about 40 bytes a cycle from what they share.
    traffic = (col_blocks * lhs + row_blocks * rhs) / 40
    traffic += _restarts(plan, row_blocks) / 16
    partial = 3 * parts * plan.out_size / batches * plan.dtype.size / 40
    return arithmetic + packing + traffic + (partial if parts > 1 else 0.0)


def _restarts(plan: Plan, row_blocks: int) -> float:
    """Cycles lost where each run of rows begins a far stream of lhs for every step of the sum."""
    far = [dim for dim in plan.sums if abs(dim.lhs) * plan.dtype.size >= 4096]
    near = abs(plan.rows[-1].lhs) * plan.dtype.size < 64
    streams = math.prod(dim.extent for dim in far) if far and near else 0
    return 100.0 * streams * row_blocks * plan.col_panels.count
