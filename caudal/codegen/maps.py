"""Kernels without a reduction: every result element on its own, vectorised along the last loop."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from caudal.codegen.builder import Value
from caudal.codegen.index import Index, LoopVar, flatten
from caudal.codegen.kernels import (
    Code,
    Kernel,
    axes_of,
    chunk_bounds,
    cost_of,
    frame,
    nest,
    new_body,
    row_place,
    row_source,
    split,
    store_roots,
)
from caudal.codegen.loops import Body, Group, Trace, merge_axes
from caudal.codegen.slices import slices_of
from caudal.codegen.squares import Squares
from caudal.codegen.target import Target
from caudal.ir.dtypes import bool_
from caudal.ir.node import Node
from caudal.ops.movement import concat

_SQUARE_COST = 12
"""Instructions a lane up to which a body is written for every row of a square."""


def write_map(kernel: Kernel, target: Target, slices: int = 0) -> Code:
    """The code of a kernel of elementwise and index-moving nodes; see `split` for ``slices``."""
    axes = axes_of(kernel.shape)
    index = tuple(Index.of(axis) for axis in axes)
    trace = Trace()
    dry, buffers = new_body(kernel, target, trace)
    store_roots(dry, kernel, index)
    body, _ = new_body(kernel, target, None)
    body.groups = merge_axes(axes, trace, target)
    shared = body.groups[0] if body.groups else None
    _find_squares(body, kernel, trace, target.lanes32)
    work = math.prod(kernel.shape) * cost_of(kernel.inside)

    def store() -> None:
        places = body.squares.turns(index) if body.squares else [index]
        for place in places:
            store_roots(body, kernel, place)

    chunks, size = _write_loops(body, work, target.lanes32, store, slices)
    if shared and shared.extent != body.groups[0].extent:
        size *= target.lanes32
    parts = slices_of(trace, dry, shared, chunks, size)
    return Code(frame(body, list(body.outputs.values())), chunks, buffers, parts)


def _find_squares(body: Body, kernel: Kernel, trace: Trace, side: int) -> None:
    """Where lanes read far apart what turns of another loop read as neighbours: squares."""
    *outer, last = body.groups or [Group([])]
    if not outer or side < 2 or last.extent % side or cost_of(kernel.inside) > _SQUARE_COST:
        return
    reads = [flat.coefficients for flat, base in trace.offsets if base in body.buffers.values()]
    for position, group in enumerate(outer):
        *around, var = group.members
        both = any(c.get(var) == 1 and c.get(last.inner, 0) > 1 for c in reads)
        if both and var.extent % side == 0:
            blocks = LoopVar(f"{var.name}.block", var.extent // side)
            body.groups[position] = Group([*around, blocks])
            body.squares = Squares(var, blocks, side)
            return


def joined_value(kernel: Kernel) -> Node | None:
    """The join that a kernel stores, as a whole or as a row of something, and nothing else."""
    stored = {row_source(root) if root in kernel.parts else root for root in kernel.roots}
    root = stored.pop()
    return root if not stored and root in kernel.inside and root.op is concat else None


def write_joined(kernel: Kernel, target: Target, slices: int = 0) -> Code:
    """The code of a kernel that only joins values: each goes to its place, none is chosen.

    See `split` for ``slices``.
    """
    root = joined_value(kernel)
    assert root is not None
    axis = root.params["axis"]
    axes = axes_of(root.shape)
    trace = Trace()
    dry, buffers = new_body(kernel, target, trace)
    body, _ = new_body(kernel, target, None)
    parts = []
    begin = 0
    for operand in root.inputs:
        inner = [LoopVar(f"p{at}", n) for at, n in enumerate(operand.shape)]
        inner[:axis] = axes[:axis]
        index = tuple(Index.of(axis) for axis in inner)
        place = (*index[:axis], index[axis] + begin, *index[axis + 1 :])
        begin += operand.shape[axis]
        parts.append((operand, inner, index, place))

    def store(body: Body, operand: Node, index: tuple[Index, ...], place: Any) -> None:
        value = body.evaluate(operand, index)
        flat = flatten(place, root.shape)
        for target in kernel.roots:
            where = row_place(body, target, flat) if target in kernel.parts else flat
            body.write(body.outputs[target], where, value)

    for operand, _, index, place in parts:
        store(dry, operand, index, place)
    outer = merge_axes(axes[:axis], trace, target)
    work = root.type.size * cost_of(kernel.inside)
    chunks, size = 1, 0

    def each() -> None:
        for operand, inner, index, place in parts:
            groups = merge_axes(inner[axis:], trace, target)
            body.groups = [*outer, *groups]
            *around, last = groups or [Group([])]
            body.lane_group = last if groups else None

            def write(operand: Node = operand, index: Any = index, place: Any = place) -> None:
                store(body, operand, index, place)

            def row(last: Group = last, write: Callable[[], None] = write) -> None:
                lanes(body, last, target.lanes32, write)

            if groups:
                nest(body, around, row)
            else:
                write()

    body.groups = outer
    if outer:
        chunks, size = split(work, outer[0].extent, slices=slices)
        start, end = chunk_bounds(body, outer[0].extent, size)
        with body.loop(start, end, 1, outer[0]):
            nest(body, outer[1:], each)
    else:
        each()
    owned = slices_of(trace, dry, outer[0] if outer else None, chunks, size)
    return Code(frame(body, list(body.outputs.values())), chunks, buffers, owned)


def _write_loops(
    body: Body, work: int, width: int, inner: Callable[[], None], slices: int
) -> tuple[int, int]:
    """(chunks, turns of the first loop that each takes), once the loops are written."""
    groups = body.groups
    if not groups:
        inner()
        return 1, 1
    *outer, last = groups
    body.lane_group = last
    if outer:
        chunks, size = split(work, outer[0].extent, slices=slices)
        start, end = chunk_bounds(body, outer[0].extent, size)
        with body.loop(start, end, 1, outer[0]):
            nest(body, outer[1:], lambda: lanes(body, last, width, inner))
        return chunks, size
    chunks, size = split(work, last.extent, 4 * width, slices)
    full = last.extent // width * width
    if chunks == 1:
        lanes(body, last, width, inner)
        return 1, last.extent
    start, end = chunk_bounds(body, last.extent, size, full)
    body.lanes = width
    with body.loop(start, end, width, last):
        inner()
    if full < last.extent:
        final = body.name("c")
        body.raw(f"{final} = icmp sge i64 %hi, {chunks}")
        with body.when(Value(final, bool_)):
            tail(body, last, full, inner)
    return chunks, size


def lanes(body: Body, group: Group, width: int, inner: Callable[[], None]) -> None:
    """A whole loop in steps of ``width`` lanes, the rest as one narrower vector.

    Where a result may be written twice, the rest is a whole vector that overlaps the one before.
    """
    full = group.extent // width * width
    if full:
        body.lanes = width
        with body.loop("0", str(full), width, group):
            inner()
    if full < group.extent:
        tail(body, group, group.extent - width if full and body.repeatable else full, inner)


def tail(body: Body, group: Group, start: int, inner: Callable[[], None]) -> None:
    """The last lanes of a loop, as a vector of just that many."""
    body.lanes = group.extent - start
    group.ssa = str(start)
    with body.scope():
        inner()
    body.lanes = 1
