"""Control flow and index arithmetic for the contraction generator, on top of `Builder`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from caudal.codegen.builder import Builder, element_type
from caudal.codegen.contract_plan import Dim
from caudal.codegen.target import Target
from caudal.ir.dtypes import DType, int64


def _number(x: str) -> int | None:
    return int(x) if x.lstrip("-").isdigit() else None


class Flow(Builder):
    """One function's text. Indices are i64, given as SSA names or literals."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.block = "entry"
        self._prelude: list[str] = []
        self._buffers: dict[int, str] = {}
        self._known: dict[tuple[str, ...], str] = {}

    def label(self, label: str) -> None:
        """Start a basic block."""
        super().label(label)
        self.block = label
        self._known.clear()

    def function(self, header: str) -> str:
        """The finished function, ``header`` being all that precedes its body."""
        body = "\n".join((*self._prelude, *self.lines))
        return f"{header} {{\nentry:\n{body}\n  ret void\n}}\n"

    def buffer(self, position: int) -> str:
        """The pointer ``bufs[position]``, loaded once at the function's entry."""
        if position not in self._buffers:
            slot, pointer = self.name("slot"), self.name("buf")
            self._prelude += [
                f"  {slot} = getelementptr ptr, ptr %bufs, i64 {position}",
                f"  {pointer} = load ptr, ptr {slot}, align 8",
            ]
            self._buffers[position] = pointer
        return self._buffers[position]

    def reserve(self, dtype: DType, count: int) -> str:
        """Stack memory for ``count`` elements."""
        pointer = self.name("stack")
        kind = f"[{count} x {element_type(dtype)}]"
        self._prelude.append(f"  {pointer} = alloca {kind}, align 64")
        return pointer

    # --- indices -------------------------------------------------------------------------------

    def _once(self, *text: str) -> str:
        """The name of an instruction, written once a block."""
        if text not in self._known:
            self._known[text] = self.name("i")
            self.raw(f"{self._known[text]} = {' '.join(text)}")
        return self._known[text]

    def _index(self, op: str, x: str, y: str) -> str:
        return self._once(op, "i64", f"{x}, {y}")

    def iadd(self, x: str, y: str | int) -> str:
        """x + y."""
        a, b = _number(x), _number(str(y))
        if a is not None and b is not None:
            return str(a + b)
        if b == 0:
            return x
        return str(y) if a == 0 else self._index("add", x, str(y))

    def imul(self, x: str, y: int) -> str:
        """x * y."""
        a = _number(x)
        if a is not None:
            return str(a * y)
        if y in (0, 1):
            return x if y else "0"
        return self._index("mul", x, str(y))

    def idiv(self, x: str, y: int) -> str:
        """x // y for x >= 0."""
        a = _number(x)
        if a is not None:
            return str(a // y)
        return x if y == 1 else self._index("udiv", x, str(y))

    def imod(self, x: str, y: int) -> str:
        """x % y for x >= 0."""
        a = _number(x)
        if a is not None:
            return str(a % y)
        return "0" if y == 1 else self._index("urem", x, str(y))

    def smaller(self, x: str, y: str) -> str:
        """min(x, y)."""
        a, b = _number(x), _number(y)
        if a is not None and b is not None:
            return str(min(a, b))
        return self._once("select", f"i1 {self.less(x, y)}, i64 {x}, i64 {y}")

    def pick(self, condition: str, x: str, y: str) -> str:
        """One of two pointers."""
        return self._once("select", f"i1 {condition}, ptr {x}, ptr {y}")

    def less(self, x: str, y: str) -> str:
        """x < y, an i1."""
        return self._once("icmp", "slt", "i64", f"{x}, {y}")

    def larger(self, x: str, y: str) -> str:
        """max(x, y)."""
        return self._once("select", f"i1 {self.less(y, x)}, i64 {x}, i64 {y}")

    def share(self, part: str, total: int, parts: int) -> str:
        """The first of ``total`` items that belongs to ``part`` of ``parts`` equal ranges."""
        return self.idiv(self.imul(part, total), parts)

    def decode(self, linear: str, extents: list[int]) -> list[str]:
        """The row-major index of a linear one."""
        index: list[str] = []
        for extent in reversed(extents[1:]):
            index.append(self.imod(linear, extent))
            linear = self.idiv(linear, extent)
        return [*([linear] if extents else []), *reversed(index)]

    def at(self, pointer: str, dtype: DType, offset: str | int) -> str:
        """The address of an element."""
        if _number(str(offset)) == 0:
            return pointer
        return self._once("getelementptr", f"{element_type(dtype)}, ptr {pointer}, i64 {offset}")

    def at_byte(self, pointer: str, offset: str) -> str:
        """The address ``offset`` bytes on."""
        return self._once("getelementptr", f"i8, ptr {pointer}, i64 {offset}")

    def word(self, array: str, at: str | int) -> str:
        """Element ``at`` of an array of i64."""
        name = self.name("word")
        self.raw(f"{name} = load i64, ptr {self.at(array, int64, at)}")
        return name

    def put_word(self, array: str, at: str | int, value: str) -> None:
        """Set element ``at`` of an array of i64."""
        self.raw(f"store i64 {value}, ptr {self.at(array, int64, at)}")

    def prefetch(self, place: str, *, nearest: bool = True) -> None:
        """Ask memory for the line at an address, into the first cache or the second."""
        self.declarations.add("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
        self.raw(f"call void @llvm.prefetch.p0(ptr {place}, i32 0, i32 {2 + nearest}, i32 1)")

    # --- loops ---------------------------------------------------------------------------------

    @contextmanager
    def loop(self, low: str, high: str | int) -> Iterator[str]:
        """``for index in range(low, high)``; yields the index."""
        head, body, done = (self.fresh_label(part) for part in ("head", "body", "done"))
        index, following, more = self.name("i"), self.name("next"), self.name("more")
        before = self.block
        self.raw(f"br label %{head}")
        self.label(head)
        at = len(self.lines)
        self.raw(f"{more} = icmp slt i64 {index}, {high}")
        self.raw(f"br i1 {more}, label %{body}, label %{done}")
        self.label(body)
        yield index
        self.raw(f"{following} = add nsw i64 {index}, 1")
        phi = f"  {index} = phi i64 [{low}, %{before}], [{following}, %{self.block}]"
        self.raw(f"br label %{head}")
        self.lines.insert(at, phi)
        self.label(done)

    def either(self, condition: str, yes: Callable[[], None], no: Callable[[], None]) -> None:
        """Two branches that meet again."""
        first, second, after = (self.fresh_label(part) for part in ("yes", "no", "after"))
        self.raw(f"br i1 {condition}, label %{first}, label %{second}")
        self.label(first)
        yes()
        self.raw(f"br label %{after}")
        self.label(second)
        no()
        self.raw(f"br label %{after}")
        self.label(after)

    def accumulate(
        self,
        count: str,
        kinds: list[str],
        start: list[str],
        body: Callable[[str, list[str]], list[str]],
    ) -> list[str]:
        """A loop run at least once that carries values of the LLVM types ``kinds``."""
        head, done = self.fresh_label("sum"), self.fresh_label("end")
        index, following, more = self.name("k"), self.name("next"), self.name("more")
        carried = [self.name("c") for _ in start]
        before = self.block
        self.raw(f"br label %{head}")
        self.label(head)
        at = len(self.lines)
        results = body(index, carried)
        self.raw(f"{following} = add nuw nsw i64 {index}, 1")
        self.raw(f"{more} = icmp slt i64 {following}, {count}")
        phis = [f"  {index} = phi i64 [0, %{before}], [{following}, %{self.block}]"]
        for name, kind, first, result in zip(carried, kinds, start, results, strict=True):
            phis.append(f"  {name} = phi {kind} [{first}, %{before}], [{result}, %{self.block}]")
        self.lines[at:at] = phis
        self.raw(f"br i1 {more}, label %{head}, label %{done}")
        self.label(done)
        return results


class Coordinates(Mapping[str, str]):
    """Axis name -> i64 index of the first lane; what nobody asks for is never computed.

    ``where`` gives each dim's index as an SSA name plus a constant; axes of extent 1 are in no
    dim and have index 0.
    """

    def __init__(self, flow: Flow, axes: list[str], where: list[tuple[Dim, str, int]]) -> None:
        self._flow = flow
        self._index: dict[str, str] = {}
        self._axes = axes
        self._where = {name: place for place in where for name, _ in place[0].axes}

    def __getitem__(self, name: str) -> str:
        if name not in self._index:
            if name in self._axes and name not in self._where:
                return "0"
            dim, at, plus = self._where[name]
            index = self._flow.decode(self._flow.iadd(at, plus), [extent for _, extent in dim.axes])
            self._index.update(zip((axis for axis, _ in dim.axes), index, strict=True))
        return self._index[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._axes)

    def __len__(self) -> int:
        return len(self._axes)
