"""Kernels around a contraction: the register tiles of contract.py with a fused ending."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from caudal.codegen.builder import Builder, Value
from caudal.codegen.contract import contract
from caudal.codegen.contract_plan import Plan, make_plan
from caudal.codegen.contract_tile import Stream
from caudal.codegen.index import Index, LoopVar
from caudal.codegen.kernels import (
    Code,
    Kernel,
    cost_of,
    is_scalar_constant,
    may_be_updated,
    write_roots,
)
from caudal.codegen.loops import Body, Group, Trace
from caudal.codegen.machine import PLAIN
from caudal.codegen.slices import Slices, runs_of
from caudal.codegen.target import Target
from caudal.codegen.winograd import winograd
from caudal.codegen.winograd_plan import Tiled
from caudal.ir.node import Node
from caudal.ops.contract import Axis, Loops
from caudal.ops.record import Contraction, View

_INLINE_COST = 8
"""Instructions a lane up to which the ending is written at every register of a tile."""

_FEW = 8
"""Elements up to which a value in an ending is no work for its lanes."""

_SLICED_LOSS = 1.1
"""How much slower a product may be that is cut as others want it."""
_SLICED_CYCLES = 20_000
"""Cycles, of all cores together, that a small one may lose beside that: a chain that ends at it
loses more by waiting."""
_FEW_ROWS = 4
"""Rows that a chunk needs at least for a matrix that comes from the second cache."""
_NEAR_ELEMENTS = 1 << 13
"""Elements that the first cache holds."""

TOUCHED_BYTES = 1 << 16
"""A buffer that an ending touches once a program, and so beyond the second cache."""


def loops_of(node: Node) -> Loops:
    """The affine loops of a contraction node."""
    emit = node.op.emit
    assert isinstance(emit, Contraction)
    loops: Loops = emit.spec(tuple(x.type for x in node.inputs), **node.params)
    return loops


def parts_of(node: Node, target: Target) -> int:
    """Into how many partial sums the contraction of a node had best be cut."""
    loops = loops_of(node)
    if isinstance(loops, Tiled):
        return 1
    return make_plan(loops, node.dtype, target, may_part=True).parts


def cycles_of(node: Node, target: Target) -> float:
    """About how long the contraction of a node takes on one core."""
    loops = loops_of(node)
    if isinstance(loops, Tiled):
        return math.prod(axis.extent for axis in loops.axes) / target.lanes32
    return make_plan(loops, node.dtype, target, may_part=False).cycles


class FusedStore:
    """Ends a contraction with whatever its kernel's roots compute from it."""

    def __init__(self, kernel: Kernel, loops: Loops, buffers: list[Node], target: Target) -> None:
        assert kernel.anchor is not None
        self.kernel, self.target = kernel, target
        self.buffers = buffers
        self.axes = [axis for axis in loops.axes if axis.kind != "sum"]
        self.vars = {axis.name: LoopVar(axis.name, axis.extent) for axis in self.axes}
        self.index = _dims(self.axes, self.vars, kernel.anchor.shape)
        self.guarded: frozenset[Node] = frozenset()
        # A turn's number, the start of a slice: the same in all lanes, worked out once.
        lanes = frozenset(node for node in kernel.inside if node.type.size > _FEW)
        self.inline = cost_of(lanes) <= _INLINE_COST
        reads = set(kernel.inputs)
        self.reads = [node for node in buffers if node in reads and not is_scalar_constant(node)]
        self.streams = _streams(kernel, buffers)

    def tile(self, b: Any, out_offset: str, coordinates: Mapping[str, str], value: Value) -> None:
        """Evaluate and store the roots at one vector of results."""
        assert self.kernel.anchor is not None
        pointers = {node: b.buffer(position) for position, node in enumerate(self.buffers)}
        body = Body(self.target, {node: pointers[node] for node in self.reads})
        _share(body, b)
        roots = self.kernel.roots
        states = [node for node in self.reads if may_be_updated(node, self.kernel)]
        body.written = frozenset(pointers[node] for node in (*roots, *states))
        for axis in self.axes:
            if axis.extent > 1:
                group = Group([self.vars[axis.name]], coordinates[axis.name])
                body.groups.append(group)
                if axis.out == 1:
                    body.lane_group = group
        body.lanes = value.lanes
        body.memo[self.kernel.anchor, self.index, frozenset()] = value
        write_roots(body, self.kernel, self.index, {root: pointers[root] for root in roots})

    def accesses(self) -> list[tuple[Node, Index]]:
        """Where the ending reads and writes, in terms of the axes' variables."""
        assert self.kernel.anchor is not None
        names = {node: f"%b{position}" for position, node in enumerate(self.buffers)}
        trace = Trace()
        body = Body(self.target, {node: names[node] for node in self.reads}, trace)
        anchor = self.kernel.anchor
        body.memo[anchor, self.index, frozenset()] = body.const(0, anchor.dtype)
        write_roots(body, self.kernel, self.index, names)
        nodes = {name: node for node, name in names.items()}
        self.guarded = frozenset(nodes[name] for name in trace.guarded)
        return [(nodes[name], flat) for flat, name in trace.offsets]


def _streams(kernel: Kernel, buffers: list[Node]) -> tuple[Stream, ...]:
    """The far buffers that an ending touches where the product lies.

    A result that updates what is read is where that is.
    """
    assert kernel.anchor is not None
    size, first = kernel.anchor.type.size, 2 + len(kernel.roots)
    like = [
        (at, node)
        for at, node in enumerate(buffers)
        if at >= 2 and node.type.size == size and node.type.nbytes >= TOUCHED_BYTES
    ]
    updated = {node.type for at, node in like if at >= first and may_be_updated(node, kernel)}
    return tuple(
        (at, node.dtype.size) for at, node in like if at >= first or node.type not in updated
    )


def _share(body: Body, b: Builder) -> None:
    """Let ``body`` write into the function that ``b`` writes, with names of its own."""
    body.lines, body.declarations = b.lines, b.declarations
    body.tag = b.name("f")[1:] + "_"


def _dims(axes: list[Axis], names: dict[str, LoopVar], shape: tuple[int, ...]) -> tuple[Index, ...]:
    """The output's index in terms of the contraction's axes, several of which may make one dim."""
    index: list[Index] = []
    rest = list(axes)
    for position, extent in enumerate(shape):
        total, product = Index.of(0), 1
        last = position == len(shape) - 1
        while rest and (product < extent or last):
            axis = rest.pop(0)
            total = total * axis.extent + Index.of(names[axis.name])
            product *= axis.extent
        index.append(total)
    assert not rest or math.prod(axis.extent for axis in rest) == 1
    return tuple(index)


def sliced(anchor: Node, target: Target, count: int) -> Loops | None:
    """The same sums with ``count`` equal runs of the outermost results as batch elements.

    None where that is no way to cut them, or a bad one.
    """
    loops = loops_of(anchor)
    whole = "parts" in anchor.params or isinstance(loops, Tiled)
    cut = None if whole else _with_runs(loops, count)
    if cut is None or _rereads(cut):
        return None
    plan = make_plan(cut, anchor.dtype, target, may_part=False, slices=count)
    most = _SLICED_LOSS * cycles_of(anchor, target) + _SLICED_CYCLES
    return cut if plan.cycles <= most else None


def _rereads(loops: Loops) -> bool:
    """Whether each chunk reads a whole far matrix for few rows, which takes longer than sums."""
    axes = [axis for axis in loops.axes if axis.extent > 1]
    rows = math.prod(axis.extent for axis in axes if axis.kind == "row")
    shared = all(axis.rhs == 0 for axis in axes if axis.kind == "batch")
    elements = math.prod(axis.extent for axis in axes if axis.rhs)
    return shared and rows < _FEW_ROWS and elements > _NEAR_ELEMENTS


def _with_runs(loops: Loops, count: int) -> Loops | None:
    lead, *others = [axis for axis in loops.axes if axis.extent > 1 and axis.kind != "sum"]
    if lead.extent % count:
        return None
    if any(axis.kind == "batch" for axis in loops.axes):
        return loops if lead.kind == "batch" else None
    inner = lead.extent // count
    outer = Axis(
        f"{lead.name}.slice", count, "batch", lead.lhs * inner, lead.rhs * inner, lead.out * inner
    )
    sums = [axis for axis in loops.axes if axis.kind == "sum"]
    return replace(loops, axes=(outer, replace(lead, extent=inner), *others, *sums))


def _touched(
    kernel: Kernel, store: FusedStore, loops: Loops, shared: list[str]
) -> tuple[list[tuple[Node, Index]], list[LoopVar]]:
    """All accesses in terms of the axes' variables; the variables of the axes ``shared``."""
    assert kernel.anchor is not None
    names = dict(store.vars)
    for axis in loops.axes:
        names.setdefault(axis.name, LoopVar(axis.name, axis.extent))

    def place(side: str) -> Index:
        return sum((Index.of(names[a.name]) * getattr(a, side) for a in loops.axes), Index.of(0))

    left, right = kernel.anchor.inputs
    operands = [
        (left, place("lhs") + loops.lhs_offset),
        (right, place("rhs") + loops.rhs_offset),
    ]
    return [*operands, *store.accesses()], [names[name] for name in shared]


def _summed_slices(
    kernel: Kernel, plan: Plan, loops: Loops, target: Target, buffers: list[Node]
) -> Slices | None:
    """What chunks touch that each sum an equal run of the outermost sum, into a part of its own."""
    (root,) = kernel.roots
    outer = plan.sums[0]
    if outer.extent % plan.parts:
        return None
    store = FusedStore(kernel, loops, buffers, target)
    accesses, members = _touched(kernel, store, loops, [name for name, _ in outer.axes])
    runs = runs_of([(node, flat) for node, flat in accesses if node is not root], members)
    return Slices(plan.parts, {**runs, root: root.type.size})


def write_product(
    kernel: Kernel, target: Target, slices: int = 0, ahead: Sequence[Node] = ()
) -> Code:
    """The code of a kernel around a contraction; see `sliced` for ``slices``.

    ahead: what later kernels touch, of as many elements, and had better find near.
    """
    anchor = kernel.anchor
    assert anchor is not None
    loops = loops_of(anchor)
    cut = sliced(anchor, target, slices) if slices else None
    loops, slices = cut or loops, slices if cut else 0
    left, right = anchor.inputs
    alone = kernel.roots == (anchor,)
    extra = [] if alone else [x for x in kernel.inputs if _is_extra(x, anchor)]
    buffers = [left, right, *kernel.roots, *extra]
    later = tuple((at, node.dtype.size) for at, node in enumerate(ahead, len(buffers)))
    store = None if alone else FusedStore(kernel, loops, buffers, target)
    if isinstance(loops, Tiled):
        lines = [(2 + at, root.dtype.size) for at, root in enumerate(kernel.roots)]
        streams = store.streams if store is not None else ()
        lines += [(at, size) for at, size in streams if at >= 2 + len(kernel.roots)]
        text, chunks = winograd("kernel", loops, target, store, lines), loops.cut.chunks
    else:
        parted = alone and "parts" in anchor.params
        plan = make_plan(
            loops, anchor.dtype, target, may_part=parted, merge_cols=alone, slices=slices
        )
        holes = has_holes(left), has_holes(right)
        made = contract(
            "kernel", loops, anchor.dtype, target, store, plan, holes=holes, ahead=later
        )
        text, chunks = made.module, made.plan.chunks
    parts = None
    if slices:
        ending = store or FusedStore(kernel, loops, buffers, target)
        lead = next(axis for axis in loops.axes if axis.extent > 1)
        runs = runs_of(*_touched(kernel, ending, loops, [lead.name]))
        parts = Slices(slices, runs, ending.guarded)
    elif not isinstance(loops, Tiled) and plan.parts > 1 and plan.chunks == plan.parts:
        parts = _summed_slices(kernel, plan, loops, target, buffers)
    return Code(PLAIN + text + "\n!0 = !{}\n", chunks, [*buffers, *ahead], parts)


def has_holes(node: Node) -> bool:
    """Whether zeros may fill whole columns: a ReLU's or a dropout's result or gradient."""
    while isinstance(node.op.emit, View):
        (node,) = node.inputs
    if node.op.name != "select":
        return False
    return any(
        branch.op.name == "constant" and not branch.params["value"].array.any()
        for branch in node.inputs[1:]
    )


def _is_extra(node: Node, anchor: Node) -> bool:
    return node not in anchor.inputs and not is_scalar_constant(node)
