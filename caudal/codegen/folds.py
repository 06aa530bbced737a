"""Kernels with a reduction or a window inside, and what follows from it elementwise.

Two shapes of code: the lanes run along the results (column sums, pooling over channels), each
lane folding its own column; or along the reduced elements (row sums), folded across lanes at the
end in a fixed tree. The order of folding depends on the shapes alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from caudal.codegen.builder import Value, is_half, llvm_type
from caudal.codegen.index import Condition, Index, InRange, LoopVar, condition, flatten
from caudal.codegen.kernels import (
    Code,
    Kernel,
    axes_of,
    chunk_bounds,
    cost_of,
    frame,
    nest,
    new_body,
    split,
    store_roots,
)
from caudal.codegen.loops import Body, Group, Trace, merge_axes
from caudal.codegen.slices import slices_of
from caudal.codegen.target import Target
from caudal.ir.dtypes import bool_, float32
from caudal.ir.node import Node
from caudal.ops.record import Place, Reduce, Window
from caudal.ops.window_argmax import nowhere

UNROLL = 16
"""Windows of up to so many elements are written out rather than looped over."""
MOST_FOLDED = 1024
"""The longest rows that are folded side by side: of others little is spent on the last vector."""
BLOCK = 4
"""Vectors folded side by side, to hide the latency of the combining instruction."""


@dataclass
class Fold:
    """The geometry of a reduction: results, reduced axes and the input's index for both."""

    anchor: Node
    out: list[LoopVar]
    reduced: list[LoopVar]

    @property
    def out_index(self) -> tuple[Index, ...]:
        """The index of the result."""
        return tuple(Index.of(axis) for axis in self.out)

    @property
    def each(self) -> dict[LoopVar, Index]:
        """Every reduced axis as the loop over it."""
        return {axis: Index.of(axis) for axis in self.reduced}

    def source(self, reduced: dict[LoopVar, Index]) -> tuple[tuple[Index, ...], Condition]:
        """The input's index where the reduced axes take the given values, and its guard."""
        source, params = self.anchor.inputs[0], self.anchor.params
        if isinstance(self.anchor.op.emit, Reduce):
            folded, kept = iter(self.reduced), iter(self.out)
            axes = params["axes"]
            index = tuple(
                reduced[next(folded)] if axis in axes else Index.of(next(kept))
                for axis in range(len(source.shape))
            )
            return index, frozenset()
        parts, guards = [], []
        for axis, extent in enumerate(source.shape):
            low = params["padding"][axis][0]
            at = Index.of(self.out[axis]) * params["strides"][axis]
            at = at + reduced[self.reduced[axis]] - low
            parts.append(at)
            guards.append(InRange(at, 0, extent))
        return tuple(parts), condition(*guards)


def _place_of(kernel: Kernel) -> Node | None:
    """The node of a kernel that says where what its fold keeps was found, if there is one."""
    anchor = kernel.anchor
    assert anchor is not None
    if not isinstance(anchor.op.emit, Window):
        return None
    better = anchor.op.emit.better
    for node in kernel.ordered:
        same = node.inputs == anchor.inputs and node.params == anchor.params
        if same and isinstance(node.op.emit, Place) and node.op.emit.better is better:
            return node
    return None


def _geometry(anchor: Node) -> Fold:
    source, params = anchor.inputs[0], anchor.params
    if isinstance(anchor.op.emit, Reduce):
        extents = [source.shape[axis] for axis in params["axes"]]
    else:
        extents = list(params["window"])
    reduced = [LoopVar(f"r{position}", extent) for position, extent in enumerate(extents)]
    return Fold(anchor, axes_of(anchor.shape), reduced)


class _Writer:
    """Writes one folding kernel."""

    def __init__(self, kernel: Kernel, target: Target, slices: int) -> None:
        assert kernel.anchor is not None
        self.kernel, self.target, self.slices = kernel, target, slices
        self.fold = _geometry(kernel.anchor)
        emit = kernel.anchor.op.emit
        assert isinstance(emit, Reduce | Window)
        self.emit = emit
        # 16-bit floats are summed in float32 and rounded once, as the reference does.
        self.dtype = float32 if is_half(kernel.anchor.dtype) else kernel.anchor.dtype
        # Where the fold's element lies, if the kernel wants that, is found by its comparisons.
        self.place = _place_of(kernel)
        self.padded = any(pad != (0, 0) for pad in kernel.anchor.params.get("padding", ()))
        trace = Trace()
        dry, self.buffers = new_body(kernel, target, trace)
        self._element(dry, self.fold.each)
        self._finish(dry, dry.const(0, self.dtype))
        self.trace, self.dry = trace, dry
        self.body, _ = new_body(kernel, target, None)
        self.out = merge_axes(self.fold.out, trace, target)
        self.reduced = merge_axes(self.fold.reduced, trace, target)

    def _element(self, body: Body, reduced: dict[LoopVar, Index]) -> tuple[Value, Condition]:
        """An element, neutral where its guard does not hold; and the guard."""
        index, guard = self.fold.source(reduced)
        source = self.fold.anchor.inputs[0]
        value = body.evaluate(source, index, guard)
        if guard:
            neutral = body.const(self.emit.init(source.dtype), source.dtype)
            value = body.select(body.test(guard), value, neutral)
        return body.widen(value), guard

    def _neutral(self, body: Body) -> Value:
        return body.const(self.emit.init(self.dtype), self.dtype)

    def _combine(self, body: Body, x: Value, y: Value) -> Value:
        result: Value = self.emit.combine(body, x, y)
        return result

    def _finish(self, body: Body, value: Value, place: Value | None = None) -> None:
        index = self.fold.out_index
        value = body.narrow(value, self.fold.anchor.dtype)
        body.memo[self.fold.anchor, index, frozenset()] = value
        if place is not None:
            body.memo[self.place, index, frozenset()] = place
        store_roots(body, self.kernel, index)

    # --- choosing ----------------------------------------------------------------------------

    def write(self) -> Code:
        """The kernel's code."""
        body, width = self.body, self.target.lanes32
        body.groups = [*self.out, *self.reduced]
        work = cost_of(self.kernel.inside) + 1
        for group in body.groups:
            work *= group.extent
        if self._along_results():
            chunks, size = self._outer(work, self.out[:-1], self.out[-1], width)
        elif self._has_squares(width):
            chunks, size = self._side_by_side(work, width)
        else:
            chunks, size = self._outer(work, self.out, None, width)
        pointers = list(body.outputs.values())
        shared = self.out[0] if self.out else None
        parts = slices_of(self.trace, self.dry, shared, chunks, size)
        return Code(frame(body, pointers), chunks, self.buffers, parts)

    def _along_results(self) -> bool:
        if not self.out:
            return False
        if not self.reduced:
            return True
        few = isinstance(self.emit, Window) and 2 * self.reduced[-1].extent < self.target.lanes32
        if few or self.place is not None:
            return True
        last, folded = self.out[-1].inner, self.reduced[-1].inner
        columns = rows = apart = 0
        for offset, _ in self.trace.offsets:
            coefficients = offset.coefficients
            apart += (abs(coefficients.get(folded, 0)) > 1) - (abs(coefficients.get(last, 0)) > 1)
            if folded in coefficients or any(g.inner in coefficients for g in self.reduced):
                columns += abs(coefficients.get(last, 0)) == 1
                rows += abs(coefficients.get(folded, 0)) == 1
        if apart:
            # Lanes must not lie apart; one value for all of them costs nothing.
            return apart > 0
        if columns == rows:
            return self.out[-1].extent >= self.reduced[-1].extent
        return columns > rows

    def _outer(
        self, work: int, outer: list[Group], last: Group | None, width: int
    ) -> tuple[int, int]:
        """(chunks, turns of the first loop that each takes), once the loops are written."""
        body = self.body

        def inner() -> None:
            if last is None:
                self._row(width)
            else:
                self._columns(last, width, 0, last.extent)

        if outer:
            chunks, size = split(work, outer[0].extent, slices=self.slices)
            start, end = chunk_bounds(body, outer[0].extent, size)
            with body.loop(start, end, 1, outer[0]):
                nest(body, outer[1:], inner)
            return chunks, size
        if last is None:
            inner()
            return 1, 1
        return self._chunked_columns(work, last, width)

    def _chunked_columns(self, work: int, last: Group, width: int) -> tuple[int, int]:
        body = self.body
        chunks, size = split(work, last.extent, BLOCK * width, self.slices)
        if chunks == 1:
            self._columns(last, width, 0, last.extent)
            return 1, last.extent
        full = last.extent // (BLOCK * width) * (BLOCK * width)
        start, end = chunk_bounds(body, last.extent, size, full)
        with body.loop(start, end, BLOCK * width) as base:
            self._block(last, [(base, width, position * width) for position in range(BLOCK)])
        if full < last.extent:
            final = body.name("c")
            body.raw(f"{final} = icmp sge i64 %hi, {chunks}")
            with body.when(Value(final, bool_)):
                self._columns(last, width, full, last.extent)
        return chunks, size

    # --- lanes along the results ---------------------------------------------------------------

    def _columns(self, last: Group, width: int, start: int, stop: int) -> None:
        body, step = self.body, BLOCK * width
        blocks = (stop - start) // step
        if blocks:
            with body.loop(str(start), str(start + blocks * step), step) as base:
                self._block(last, [(base, width, position * width) for position in range(BLOCK)])
        start += blocks * step
        rest = []
        while start < stop:
            lanes = min(width, stop - start)
            if lanes < width <= stop and body.repeatable:
                # Columns before these once more, rather than a narrower vector.
                start, lanes = stop - width, width
            rest.append((str(start), lanes, 0))
            start += lanes
        if rest:
            self._block(last, rest)

    def _block(self, last: Group, vectors: list[tuple[str, int, int]]) -> None:
        """Fold a few vectors of results side by side."""
        body = self.body
        body.lane_group = last
        starts = [self._start(*vector) for vector in vectors]
        kept = [self._kept(lanes) for _, lanes in starts]

        def step(reduced: dict[LoopVar, Index]) -> None:
            for slots, (ssa, lanes) in zip(kept, starts, strict=True):
                last.ssa, body.lanes = ssa, lanes
                with body.scope():
                    self._step(slots, reduced, lanes)

        self._each(step)
        for (best, place), (ssa, lanes) in zip(kept, starts, strict=True):
            last.ssa, body.lanes = ssa, lanes
            with body.scope():
                found = body.get(place, self.place.dtype, lanes) if self.place else None
                self._finish(body, body.get(best, self.dtype, lanes), found)
        body.lanes, body.lane_group = 1, None

    def _kept(self, lanes: int) -> tuple[str, str]:
        """Slots for what is kept of the elements so far, and for its place if that is wanted."""
        body, place = self.body, self.place
        slot = body.alloca(self.dtype, lanes)
        body.set(slot, body.splat(self._neutral(body), lanes))
        if place is None:
            return slot, ""
        # Without padding the first element is there, and it is kept if no other is better.
        first = body.const(nowhere(place.dtype) if self.padded else 0, place.dtype)
        where = body.alloca(place.dtype, lanes)
        body.set(where, body.splat(first, lanes))
        return slot, where

    def _step(self, slots: tuple[str, str], reduced: dict[LoopVar, Index], lanes: int) -> None:
        """Fold one more element in, in every lane."""
        body, (slot, where) = self.body, slots
        value, guard = self._element(body, reduced)
        value, old = body.splat(value, lanes), body.get(slot, self.dtype, lanes)
        if self.place is None:
            body.set(slot, self._combine(body, old, value))
            return
        emit, kind = self.place.op.emit, self.place.dtype
        assert isinstance(emit, Place)
        index = tuple(reduced[axis] for axis in self.fold.reduced)
        number = flatten(index, self.place.params["window"])
        if number == Index.of(0) and not self.padded:
            body.set(slot, value)
            return
        place = body.get(where, kind, lanes)
        better = emit.better(body, value, old)
        if self.padded:
            none = body.eq(place, body.const(nowhere(kind), kind))
            better = body.or_(better, body.and_(none, body.test(guard)))
        body.set(slot, body.select(better, value, old))
        body.set(where, body.select(better, body.index_value(number, kind), place))

    def _start(self, base: str, lanes: int, offset: int) -> tuple[str, int]:
        if not offset:
            return base, lanes
        name = self.body.name("j")
        self.body.raw(f"{name} = add i64 {base}, {offset}")
        return name, lanes

    def _each(self, step: Callable[[dict[LoopVar, Index]], None]) -> None:
        """``step`` for every reduced element: written out where few, else looped."""
        total = 1
        for axis in self.fold.reduced:
            total *= axis.extent
        if total <= UNROLL:
            for values in _constants(self.fold.reduced):
                step(values)
            return
        nest(self.body, self.reduced, lambda: step(self.fold.each))

    # --- lanes along the reduced elements --------------------------------------------------------

    def _row(self, width: int) -> None:
        body = self.body
        if not self.reduced:
            self._finish(body, self._element(body, self.fold.each)[0])
            return
        values, spare, rest = self._vectors(width)
        with body.scope():
            self._finish(body, self._folded(values, spare, rest))

    def _vectors(self, width: int) -> tuple[list[Value], str, int]:
        """A row folded to one vector, if it has one; the slot and the lanes of the rest."""
        body = self.body
        reduced = self.fold.each
        *outer, last = self.reduced
        full = last.extent // width
        block = BLOCK if full >= 2 * BLOCK else 1
        rest = last.extent - full * width
        slots = [body.alloca(self.dtype, width) for _ in range(block)] if full else []
        for slot in slots:
            body.set(slot, body.splat(self._neutral(body), width))
        spare = body.alloca(self.dtype, rest) if rest else ""
        if rest:
            body.set(spare, body.splat(self._neutral(body), rest))

        def add(slot: str, ssa: str, lanes: int) -> None:
            last.ssa, body.lanes, body.lane_group = ssa, lanes, last
            with body.scope():
                value = body.splat(self._element(body, reduced)[0], lanes)
                old = body.get(slot, self.dtype, lanes)
                body.set(slot, self._combine(body, old, value))
            body.lanes, body.lane_group = 1, None

        def inner() -> None:
            whole = full // block * block
            if whole:
                with body.loop("0", str(whole * width), block * width) as base:
                    for position, slot in enumerate(slots):
                        add(slot, self._start(base, width, position * width)[0], width)
            for vector in range(whole, full):
                add(slots[vector - whole], str(vector * width), width)
            if rest:
                add(spare, str(full * width), rest)

        nest(body, outer, inner)
        values = [body.get(slot, self.dtype, width) for slot in slots]
        while len(values) > 1:
            values = [self._combine(body, *p) if len(p) == 2 else p[0] for p in _pairs(values)]
        return values, spare, rest

    def _folded(self, values: list[Value], spare: str, rest: int) -> Value:
        body = self.body

        def combine(x: Value, y: Value) -> Value:
            return self._combine(body, x, y)

        parts = [body.fold_lanes(value, combine) for value in values]
        if rest:
            parts.append(body.fold_lanes(body.get(spare, self.dtype, rest), combine))
        return parts[0] if len(parts) == 1 else combine(*parts)

    # --- as many rows as lanes -------------------------------------------------------------------

    def _has_squares(self, width: int) -> bool:
        """Whether short rows are folded side by side, so that their results fill a vector."""
        if not (self.out and self.reduced and isinstance(self.emit, Reduce)):
            return False
        rows, folded = self.out[-1].extent, self.reduced[-1].extent
        whole = rows % (width * (self.slices if len(self.out) == 1 else 1) or width) == 0
        return whole and folded % width == 0 and folded <= MOST_FOLDED and self.dtype.size <= 4

    def _side_by_side(self, work: int, width: int) -> tuple[int, int]:
        """(chunks, turns of the first loop that each takes), once the loops are written."""
        body, (*outer, last) = self.body, self.out
        name = body.name("rows")
        body.entry.append(f"  {name} = alloca [{width} x {llvm_type(self.dtype, width)}]")
        if outer:
            chunks, size = split(work, outer[0].extent, slices=self.slices)
            start, end = chunk_bounds(body, outer[0].extent, size)
            with body.loop(start, end, 1, outer[0]):
                nest(body, outer[1:], lambda: self._squares(last, "0", str(last.extent), name))
        else:
            chunks, size = split(work, last.extent, width, self.slices)
            self._squares(last, *chunk_bounds(body, last.extent, size), name)
        return chunks, size

    def _squares(self, last: Group, start: str, end: str, rows: str) -> None:
        """Rows ``start`` to ``end``: each folded to a vector, those of a square to one of all."""
        body, width = self.body, self.target.lanes32

        def place(row: int | str) -> str:
            kind = llvm_type(self.dtype, width)
            slot = body.name("row")
            body.raw(f"{slot} = getelementptr {kind}, ptr {rows}, i64 {row}")
            return slot

        with body.loop(start, end, width) as base:
            with body.loop("0", str(width)) as row:
                last.ssa = body.name("j")
                body.raw(f"{last.ssa} = add i64 {base}, {row}")
                (value,), _, _ = self._vectors(width)
                body.set(place(row), value)
            values = [body.get(place(row), self.dtype, width) for row in range(width)]
            last.ssa, body.lanes, body.lane_group = base, width, last
            with body.scope():
                self._finish(body, self._turned(values))
            body.lanes, body.lane_group = 1, None

    def _turned(self, values: list[Value]) -> Value:
        """A vector of the folds of as many: halves on halves, those of two vectors at a time."""
        body, width, part = self.body, len(values), len(values) // 2
        while part:
            order = [lane for lane in range(2 * width) if lane // part % 2 == 0]
            sides = (order, [lane + part for lane in order])
            values = [
                self._combine(body, *(body.shuffle_two(x, y, side) for side in sides))
                for x, y in zip(values[::2], values[1::2], strict=True)
            ]
            part //= 2
        return values[0]


def _pairs(values: list[Value]) -> Iterator[list[Value]]:
    for position in range(0, len(values), 2):
        yield values[position : position + 2]


def _constants(axes: list[LoopVar]) -> Iterator[dict[LoopVar, Index]]:
    for values in itertools.product(*(range(axis.extent) for axis in axes)):
        yield {axis: Index.of(value) for axis, value in zip(axes, values, strict=True)}


def write_fold(kernel: Kernel, target: Target, slices: int = 0) -> Code:
    """The code of a kernel around a Reduce or a Window; see `split` for ``slices``."""
    return _Writer(kernel, target, slices).write()
