"""The evaluator of fused kernels: the value of any node at any index, as LLVM IR.

A kernel's body is pulled from its results: `Body.evaluate(node, index)` writes the code for one
lane group of ``node`` at ``index`` and asks its inputs in turn, until it reaches buffers. Equal
requests are answered once. The loops around the body are written by maps.py and folds.py.

A body is evaluated twice: a dry run on a throwaway body records how every buffer is addressed,
from which `merge_axes` joins loops (a dense tensor becomes one long loop); then the real run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from caudal.codegen.builder import Builder, Value, element_type, llvm_type
from caudal.codegen.index import (
    NEVER,
    Condition,
    Divides,
    Dynamic,
    Index,
    InRange,
    LoopVar,
    Quotient,
    flatten,
    sort_key,
    unflatten,
    variables,
)
from caudal.codegen.pull import PullContext
from caudal.codegen.ranges import narrowed
from caudal.codegen.squares import Squares
from caudal.codegen.target import Target
from caudal.errors import InternalError
from caudal.ir import dtypes
from caudal.ir.dtypes import DType
from caudal.ir.node import Node
from caudal.ops.record import Elementwise, Pull, View


@dataclass
class Group:
    """Loop variables that run as one loop; ``ssa`` is its counter while code is written."""

    members: list[LoopVar]
    ssa: str = ""

    @property
    def extent(self) -> int:
        """The product of the members' extents."""
        total = 1
        for member in self.members:
            total *= member.extent
        return total

    @property
    def inner(self) -> LoopVar:
        """The member whose coefficient is the group's."""
        return self.members[-1]


@dataclass
class Trace:
    """What a dry run saw: offset and buffer of each access, the variables used in other ways.

    ``guarded`` are the buffers of which a read may be left out, ``bounded`` the variables of which
    nothing more is asked than that they lie within bounds.
    """

    offsets: list[tuple[Index, str]] = field(default_factory=list)
    opaque: set[LoopVar] = field(default_factory=set)
    bounded: set[LoopVar] = field(default_factory=set)
    guarded: set[str] = field(default_factory=set)


class Body(Builder):
    """Writes a kernel's innermost code. ``buffers`` maps materialised nodes to pointer names."""

    def __init__(self, target: Target, buffers: dict[Node, str], trace: Trace | None = None):
        super().__init__(target)
        self.buffers = buffers
        self.outputs: dict[Node, str] = {}
        self.written: frozenset[str] = frozenset()
        # Whether computing and writing a result a second time changes nothing.
        self.repeatable = False
        self.entry: list[str] = []
        self.block = "entry"
        self.trace = trace
        self.groups: list[Group] = []
        self.lane_group: Group | None = None
        self.lanes = 1
        self.squares: Squares | None = None
        self.memo: dict[Any, Value] = {}

    # --- control flow ------------------------------------------------------------------------

    def label(self, label: str) -> None:
        """Start a basic block."""
        super().label(label)
        self.block = label

    def alloca(self, dtype: DType, lanes: int = 1) -> str:
        """A slot in the function's entry block, which LLVM turns into a register."""
        name = self.name("a")
        self.entry.append(f"  {name} = alloca {llvm_type(dtype, lanes)}")
        return name

    def get(self, slot: str, dtype: DType, lanes: int = 1) -> Value:
        """The value in a slot."""
        return self.emit(f"load {llvm_type(dtype, lanes)}, ptr {slot}", dtype, lanes)

    def set(self, slot: str, value: Value) -> None:
        """Change the value in a slot."""
        self.raw(f"store {llvm_type(value.dtype, value.lanes)} {value.text}, ptr {slot}")

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Values found inside are forgotten outside, where their block does not dominate."""
        outer = self.memo
        self.memo = dict(outer)
        yield
        self.memo = outer

    @contextmanager
    def loop(
        self, start: str, end: str, step: int = 1, group: Group | None = None
    ) -> Iterator[str]:
        """``for counter in range(start, end, step)`` around the code written inside."""
        head, done = self.fresh_label("loop"), self.fresh_label("done")
        counter, following, before = self.name("i"), self.name("n"), self.block
        if start.startswith("%") or end.startswith("%"):
            enter = self.name("c")
            self.raw(f"{enter} = icmp slt i64 {start}, {end}")
            self.raw(f"br i1 {enter}, label %{head}, label %{done}")
        else:
            self.raw(f"br label %{head}")
        self.label(head)
        slot = len(self.lines)
        self.lines.append("")
        saved = group.ssa if group else ""
        if group:
            group.ssa = counter
        with self.scope():
            yield counter
        if group:
            group.ssa = saved
        self.raw(f"{following} = add nsw i64 {counter}, {step}")
        again = self.name("c")
        self.raw(f"{again} = icmp slt i64 {following}, {end}")
        self.raw(f"br i1 {again}, label %{head}, label %{done}")
        self.lines[slot] = (
            f"  {counter} = phi i64 [ {start}, %{before} ], [ {following}, %{self.block} ]"
        )
        self.label(done)

    @contextmanager
    def when(self, test: Value) -> Iterator[None]:
        """The code written inside runs only where the test holds."""
        yes, done = self.fresh_label("yes"), self.fresh_label("done")
        self.raw(f"br i1 {test.text}, label %{yes}, label %{done}")
        self.label(yes)
        with self.scope():
            yield
        self.raw(f"br label %{done}")
        self.label(done)

    # --- nodes -----------------------------------------------------------------------------

    def evaluate(
        self, node: Node, index: tuple[Index, ...], guard: Condition = frozenset()
    ) -> Value:
        """The value of ``node`` at ``index``; loads happen only where ``guard`` holds."""
        key = (node, index, guard)
        found = self.memo.get(key)
        if found is None and guard:
            found = self.memo.get((node, index, frozenset()))
        if found is None:
            found = self._compute(node, index, guard)
            self.memo[key] = found
        return found

    def _compute(self, node: Node, index: tuple[Index, ...], guard: Condition) -> Value:
        if node in self.buffers:
            return self.read_buffer(node, flatten(index, node.shape), guard)
        emit = node.op.emit
        if node.op.name == "constant":
            return self.const(node.params["value"].array.reshape(-1)[0], node.dtype)
        if isinstance(emit, Elementwise):
            parts = [self.evaluate(x, align(index, x.shape), guard) for x in node.inputs]
            shorter = narrowed(node)
            if shorter is not None:
                return self.math(shorter, *parts)
            result: Value = emit.fn(self, *parts, **node.params)
            return result
        if isinstance(emit, View):
            (source,) = node.inputs
            flat = flatten(index, node.shape)
            if source in self.buffers:
                return self.read_buffer(source, flat, guard)
            return self.evaluate(source, unflatten(flat, source.shape), guard)
        if isinstance(emit, Pull):
            result = emit.fn(PullContext(self, node, guard), index, **node.params)
            return result
        raise InternalError("{op} cannot be computed in place", op=node.op.name)

    def read_buffer(self, node: Node, flat: Index, guard: Condition) -> Value:
        """An element (or a lane group) of a buffer at a flat offset."""
        if self.trace is not None:
            self._note(flat, self.buffers[node])
            if guard:
                self.trace.guarded.add(self.buffers[node])
            self._note_condition(guard)
            return self.const(0, node.dtype)
        key = ("read", self.buffers[node], flat, guard)
        found = self.memo.get(key)
        if found is None:
            found = self._read(self.buffers[node], node.dtype, flat, guard)
            self.memo[key] = found
        return found

    # --- addresses -------------------------------------------------------------------------

    def _note(self, flat: Index, base: str) -> None:
        assert self.trace is not None
        self.trace.offsets.append((flat, base))
        self.trace.opaque |= variables(flat)

    def _note_condition(self, guard: Condition) -> None:
        assert self.trace is not None
        for atom in guard:
            var = _bounded(atom)
            if var is None:
                self._opaque(atom.index)
            else:
                self.trace.bounded.add(var)

    def _opaque(self, index: Index) -> None:
        assert self.trace is not None
        self.trace.opaque |= variables(index)
        self.trace.opaque |= {t for t, _ in index.terms if isinstance(t, LoopVar)}

    def _by_group(self, index: Index) -> tuple[dict[int, int], list[tuple[Any, int]]]:
        """Coefficients by loop group, and the terms that are no loop variables."""
        coefficients = index.coefficients
        found = {
            position: coefficients[group.inner]
            for position, group in enumerate(self.groups)
            if group.inner in coefficients
        }
        others = [(t, c) for t, c in index.terms if not isinstance(t, LoopVar)]
        others.sort(key=lambda item: sort_key(Index(frozenset((item,)))))
        return found, others

    def _split_lanes(self, index: Index) -> tuple[Value, int, Value | None]:
        """(uniform i64 part, stride by lane, i64 part that differs by lane)."""
        by_group, others = self._by_group(index)
        total: Value | None = self.const(index.constant, dtypes.int64) if index.constant else None
        stride = 0
        for position, coefficient in by_group.items():
            group = self.groups[position]
            part = self._scaled(Value(group.ssa, dtypes.int64), coefficient)
            total = part if total is None else self.add(total, part)
            if group is self.lane_group:
                stride = coefficient
        varying: Value | None = None
        for term, coefficient in others:
            value = self._scaled(self._term(term), coefficient)
            if value.lanes > 1:
                varying = value if varying is None else self.add(varying, value)
            else:
                total = value if total is None else self.add(total, value)
        return total or self.const(0, dtypes.int64), stride, varying

    def _scaled(self, value: Value, factor: int) -> Value:
        return value if factor == 1 else self.mul(value, self.const(factor, value))

    def _term(self, term: Any) -> Value:
        if isinstance(term, Dynamic):
            return term.value
        assert isinstance(term, Quotient)
        key = ("quotient", term)
        if key not in self.memo:
            value = self.index_value(term.index, dtypes.int32)
            value = self.div(value, self.const(term.divisor, value))
            self.memo[key] = self.convert(value, dtypes.int64)
        return self.memo[key]

    def index_value(self, index: Index, dtype: DType = dtypes.int64) -> Value:
        """An index as an integer, one lane where it is the same in all."""
        if self.trace is not None:
            self._opaque(index)
            return self.const(0, dtype)
        key = ("index", index, dtype)
        if key not in self.memo:
            base, stride, varying = self._split_lanes(index)
            value = self.convert(base, dtype)
            if varying is not None:
                value = self.add(value, self.convert(varying, dtype))
            if stride and self.lanes > 1:
                value = self.add(value, self._ramp(stride, dtype))
            self.memo[key] = value
        return self.memo[key]

    def _ramp(self, stride: int, dtype: DType) -> Value:
        element = element_type(dtype)
        text = ", ".join(f"{element} {i * stride}" for i in range(self.lanes))
        return Value(f"<{text}>", dtype, self.lanes)

    def test(self, guard: Condition) -> Value:
        """A condition as a bool."""
        if self.trace is not None:
            self._note_condition(guard)
            return self.const(True, dtypes.bool_)
        if guard is NEVER or guard == NEVER:
            return self.const(False, dtypes.bool_)
        key = ("test", guard)
        if key not in self.memo:
            result = self.const(True, dtypes.bool_)
            for atom in sorted(guard, key=lambda atom: (sort_key(atom.index), repr(type(atom)))):
                result = self.and_(result, self._atom(atom))
            self.memo[key] = result
        return self.memo[key]

    def _atom(self, atom: InRange | Divides) -> Value:
        low, high = atom.index.bounds()
        index, scale = atom.index, 1
        for group in self.groups:
            if _bounded(atom) is group.members[0] is not group.inner:
                # The bounds of the outermost variable are bounds of the merged loop's counter.
                scale = group.extent // group.members[0].extent
                index = Index.of(group.inner) + index.constant * scale
        small = low * scale > -(2**31) and (high + 1) * scale < 2**31
        value = self.index_value(index, dtypes.int32 if small else dtypes.int64)
        if isinstance(atom, Divides):
            rest = self.rem(value, self.const(atom.divisor, value))
            return self.eq(rest, self.const(0, value))
        result = self.const(True, dtypes.bool_)
        if low < atom.low:
            result = self.ge(value, self.const(atom.low * scale, value))
        if high >= atom.high:
            result = self.and_(result, self.lt(value, self.const(atom.high * scale, value)))
        return result

    def pointer(self, base: str, dtype: DType, offset: Value) -> str:
        """The address of an element of a buffer."""
        self.invariant = base not in self.written
        memory = "i8" if dtype.is_bool else f"i{dtype.size * 8}"
        name = self.name("p")
        self.raw(f"{name} = getelementptr {memory}, ptr {base}, i64 {offset.text}")
        return name

    def _read(self, base: str, dtype: DType, flat: Index, guard: Condition) -> Value:
        offset, stride, varying = self._split_lanes(flat)
        mask = self.test(guard) if guard else None
        if varying is None and self.lanes > 1 and stride in (1, -1):
            return self._read_row(base, dtype, offset, stride, mask)
        if varying is None and (stride == 0 or self.lanes == 1):
            if mask is not None and mask.lanes > 1:
                # One address for all lanes: read where any of them may.
                mask = self.any_lane(mask)
            return self._read_one(base, dtype, offset, mask)
        squares = self.squares if varying is None and mask is None else None
        if squares and squares.fit(self, dtype, flat, stride):
            rows = squares.read(self, base, dtype, offset, stride)
            self.memo |= {("read", base, flat + turn, guard): row for turn, row in enumerate(rows)}
            return rows[0]
        return self._read_lanes(base, dtype, (offset, stride, varying), mask)

    def _read_row(
        self, base: str, dtype: DType, offset: Value, stride: int, mask: Value | None
    ) -> Value:
        if stride == -1:
            offset = self.sub(offset, self.const(self.lanes - 1, offset))
        backwards = list(range(self.lanes - 1, -1, -1))
        pointer = self.pointer(base, dtype, offset)
        if mask is None:
            value = self.load(pointer, dtype, self.lanes)
        else:
            mask = self.splat(mask, self.lanes)
            if stride == -1:
                mask = self.shuffle(mask, backwards)
            value = self.masked_load(pointer, dtype, mask, self.lanes)
        return value if stride == 1 else self.shuffle(value, backwards)

    def _read_one(self, base: str, dtype: DType, offset: Value, mask: Value | None) -> Value:
        if mask is None:
            return self.load(self.pointer(base, dtype, offset), dtype)
        safe = self.select(mask, offset, self.const(0, offset))
        value = self.load(self.pointer(base, dtype, safe), dtype)
        return self.select(mask, value, self.const(0, value))

    def _read_lanes(
        self,
        base: str,
        dtype: DType,
        address: tuple[Value, int, Value | None],
        mask: Value | None,
    ) -> Value:
        offset, stride, varying = address
        parts = []
        for lane in range(self.lanes):
            here = offset
            if stride and lane:
                here = self.add(here, self.const(stride * lane, here))
            if varying is not None:
                here = self.add(here, self.lane(varying, lane))
            lane_mask = self.lane(mask, lane) if mask is not None else None
            parts.append(self._read_one(base, dtype, here, lane_mask))
        return self.from_lanes(parts)

    def write(self, base: str, flat: Index, value: Value) -> None:
        """A result to its place, usually contiguous along the lanes."""
        if self.trace is not None:
            self._note(flat, base)
            return
        offset, stride, _ = self._split_lanes(flat)
        lanes = self.lanes if stride else 1
        if lanes > 1 and stride != 1:
            value = self.splat(value, lanes)
            for lane in range(lanes):
                here = self.add(offset, self.const(stride * lane, offset))
                self.store(self.pointer(base, value.dtype, here), self.lane(value, lane))
            return
        self.store(self.pointer(base, value.dtype, offset), value, lanes)


def align(index: tuple[Index, ...], shape: tuple[int, ...]) -> tuple[Index, ...]:
    """The index of a broadcast operand: trailing axes line up, extents of 1 stay at 0."""
    skip = len(index) - len(shape)
    zero = Index.of(0)
    return tuple(
        zero if extent == 1 else part for part, extent in zip(index[skip:], shape, strict=True)
    )


def merge_axes(axes: list[LoopVar], trace: Trace, target: Target) -> list[Group]:
    """Neighbouring axes joined wherever every access treats them as one.

    What is held within bounds is joined with axes inside it only if those would not fill a vector:
    lanes must be masked then, one by one.
    """
    groups: list[Group] = []
    rest = math.prod(var.extent for var in axes)
    for var in axes:
        if var.extent == 1:
            continue
        narrow = rest < target.lanes32 if target.masked else False
        rest //= var.extent
        if groups and _mergeable(groups[-1], var, trace, narrow):
            groups[-1].members.append(var)
        else:
            groups.append(Group([var]))
    return groups


def _mergeable(group: Group, inner: LoopVar, trace: Trace, narrow: bool) -> bool:
    outer, bounded = group.inner, group.members[0] in trace.bounded
    if outer in trace.opaque or inner in trace.opaque or inner in trace.bounded:
        return False
    if bounded and not narrow:
        return False
    for offset, base in trace.offsets:
        coefficients = offset.coefficients
        step = coefficients.get(inner, 0)
        if coefficients.get(outer, 0) != step * inner.extent:
            return False
        if bounded and base in trace.guarded and abs(step) > 1:
            # The lanes would have to ask one by one whether they may read.
            return False
    return True


def _bounded(atom: InRange | Divides) -> LoopVar | None:
    """The variable that is held within bounds, if that is all that a condition says."""
    terms = list(atom.index.terms)
    if isinstance(atom, Divides) or len(terms) != 1:
        return None
    ((term, coefficient),) = terms
    return term if coefficient == 1 and isinstance(term, LoopVar) else None
