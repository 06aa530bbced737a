"""The scalar and vector language of all kernels: a small writer of LLVM IR text.

A `Value` is an SSA name with a dtype and a lane count; one lane is a scalar, n lanes an LLVM
vector. Mixing one lane with n lanes splats. float16 and bfloat16 values live in float32
registers and are rounded after every operation, which is what their NumPy references do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.codegen import halves
from caudal.codegen.rounding import rounded_by_magic
from caudal.codegen.target import Target
from caudal.codegen.values import (
    BITS,
    COMPILED,
    Value,
    element_type,
    is_half,
    literal,
    llvm_type,
    memory_type,
)
from caudal.errors import InternalError
from caudal.ir import dtypes
from caudal.ir.dtypes import DType


class Builder:
    """Writes one function's straight-line code; loops are written by its users."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.lines: list[str] = []
        self.declarations: set[str] = set()
        self.invariant = False
        self.tag = ""
        self._serial = 0

    # --- text ------------------------------------------------------------------------------

    def name(self, prefix: str = "v") -> str:
        """A fresh SSA name."""
        self._serial += 1
        return f"%{prefix}{self.tag}{self._serial}"

    def raw(self, line: str) -> None:
        """Append one line of IR."""
        self.lines.append("  " + line)

    def label(self, label: str) -> None:
        """Start a basic block."""
        self.lines.append(f"{label}:")

    def fresh_label(self, prefix: str) -> str:
        """A fresh block name."""
        self._serial += 1
        return f"{prefix}{self._serial}"

    def emit(self, text: str, dtype: DType, lanes: int) -> Value:
        """``%new = text``."""
        name = self.name()
        self.lines.append(f"  {name} = {text}")
        return Value(name, dtype, lanes)

    def intrinsic(self, name: str, dtype: DType, *xs: Value) -> Value:
        """Call an LLVM intrinsic overloaded on its first argument's type."""
        lanes = xs[0].lanes
        kind = llvm_type(xs[0].dtype, lanes)
        element = element_type(xs[0].dtype)
        short = {"float": "f32", "double": "f64"}.get(element, element)
        suffix = short if lanes == 1 else f"v{lanes}{short}"
        self.declarations.add(
            f"declare {llvm_type(dtype, lanes)} @llvm.{name}.{suffix}"
            f"({', '.join(llvm_type(x.dtype, lanes) for x in xs)})"
        )
        args = ", ".join(f"{llvm_type(x.dtype, lanes)} {x.text}" for x in xs)
        result = llvm_type(dtype, lanes)
        if name in ("ctlz", "cttz"):
            raise InternalError("intrinsic {name} takes a flag", name=name)
        del kind
        return self.emit(f"call {result} @llvm.{name}.{suffix}({args})", dtype, lanes)

    # --- constants, lanes ------------------------------------------------------------------

    def const(self, value: Any, like: DType | Value) -> Value:
        """A one-lane constant; it splats where lanes meet."""
        dtype = like.dtype if isinstance(like, Value) else like
        return Value(literal(dtype, value), dtype, 1)

    def splat(self, x: Value, lanes: int) -> Value:
        """``x`` in every lane."""
        if x.lanes == lanes:
            return x
        if x.lanes != 1:
            raise InternalError("cannot splat {have} lanes to {want}", have=x.lanes, want=lanes)
        element = element_type(x.dtype)
        if not x.text.startswith("%"):
            text = ", ".join([f"{element} {x.text}"] * lanes)
            return Value(f"<{text}>", x.dtype, lanes)
        kind = f"<{lanes} x {element}>"
        first = self.name()
        self.raw(f"{first} = insertelement {kind} poison, {element} {x.text}, i64 0")
        mask = f"<{lanes} x i32> zeroinitializer"
        return self.emit(f"shufflevector {kind} {first}, {kind} poison, {mask}", x.dtype, lanes)

    def match(self, *xs: Value) -> list[Value]:
        """All values with as many lanes as the widest."""
        lanes = max(x.lanes for x in xs)
        return [self.splat(x, lanes) for x in xs]

    def lane(self, x: Value, position: int) -> Value:
        """One lane of a vector."""
        if x.lanes == 1:
            return x
        kind = llvm_type(x.dtype, x.lanes)
        return self.emit(f"extractelement {kind} {x.text}, i64 {position}", x.dtype, 1)

    def from_lanes(self, xs: list[Value]) -> Value:
        """A vector of scalars."""
        lanes, dtype = len(xs), xs[0].dtype
        if lanes == 1:
            return xs[0]
        kind, element = llvm_type(dtype, lanes), element_type(dtype)
        text = "poison"
        for position, x in enumerate(xs):
            name = self.name()
            self.raw(f"{name} = insertelement {kind} {text}, {element} {x.text}, i64 {position}")
            text = name
        return Value(text, dtype, lanes)

    def shuffle(self, x: Value, order: list[int]) -> Value:
        """Lanes of ``x`` in another order (a prefix too)."""
        kind = llvm_type(x.dtype, x.lanes)
        if len(order) == 1:
            return self.lane(x, order[0])
        mask = ", ".join(f"i32 {i}" for i in order)
        return self.emit(
            f"shufflevector {kind} {x.text}, {kind} poison, <{len(order)} x i32> <{mask}>",
            x.dtype,
            len(order),
        )

    def shuffle_two(self, x: Value, y: Value, order: list[int]) -> Value:
        """Lanes of ``x`` and, numbered on, of ``y``."""
        kind = llvm_type(x.dtype, x.lanes)
        mask = ", ".join(f"i32 {i}" for i in order)
        return self.emit(
            f"shufflevector {kind} {x.text}, {kind} {y.text}, <{len(order)} x i32> <{mask}>",
            x.dtype,
            len(order),
        )

    def fold_lanes(self, x: Value, combine: Callable[[Value, Value], Value]) -> Value:
        """All lanes combined in a fixed tree: halves on halves."""
        while x.lanes > 1:
            half = x.lanes // 2
            odd = x.lanes % 2
            low = self.shuffle(x, list(range(half)))
            high = self.shuffle(x, list(range(half, 2 * half)))
            rest = self.lane(x, x.lanes - 1) if odd else None
            x = combine(low, high)
            if rest is not None:
                first = combine(self.lane(x, 0), rest)
                x = self._with_lane(x, 0, first)
        return x

    def any_lane(self, mask: Value) -> Value:
        """Whether a bool holds in any lane."""
        if mask.lanes == 1:
            return mask
        name, kind = f"@llvm.vector.reduce.or.v{mask.lanes}i1", llvm_type(mask.dtype, mask.lanes)
        self.declarations.add(f"declare i1 {name}({kind})")
        return self.emit(f"call i1 {name}({kind} {mask.text})", mask.dtype, 1)

    def _with_lane(self, x: Value, position: int, part: Value) -> Value:
        if x.lanes == 1:
            return part
        kind, element = llvm_type(x.dtype, x.lanes), element_type(x.dtype)
        return self.emit(
            f"insertelement {kind} {x.text}, {element} {part.text}, i64 {position}",
            x.dtype,
            x.lanes,
        )

    # --- 16-bit floats ---------------------------------------------------------------------

    def widen(self, x: Value) -> Value:
        """A 16-bit float as the float32 that it is held in."""
        return Value(x.text, dtypes.float32, x.lanes) if is_half(x.dtype) else x

    def narrow(self, x: Value, dtype: DType) -> Value:
        """A float32 rounded to a 16-bit float (to nearest even)."""
        return halves.narrow(self, x, dtype) if is_half(dtype) else x

    # --- arithmetic ------------------------------------------------------------------------

    def _binary(self, float_op: str, int_op: str, x: Value, y: Value) -> Value:
        x, y = self.match(x, y)
        op = float_op if x.dtype.is_floating else int_op
        kind = llvm_type(x.dtype, x.lanes)
        text = f"{op} {kind} {x.text}, {y.text}"
        if is_half(x.dtype):
            return self.narrow(self.emit(text, dtypes.float32, x.lanes), x.dtype)
        return self.emit(text, x.dtype, x.lanes)

    def add(self, x: Value, y: Value) -> Value:
        """x + y; integers wrap."""
        return self._binary("fadd", "add", x, y)

    def sub(self, x: Value, y: Value) -> Value:
        """x - y."""
        return self._binary("fsub", "sub", x, y)

    def mul(self, x: Value, y: Value) -> Value:
        """x * y; on bool: and."""
        return self._binary("fmul", "and" if x.dtype.is_bool else "mul", x, y)

    def div(self, x: Value, y: Value) -> Value:
        """x / y; on integers C's truncating division."""
        return self._binary("fdiv", "udiv" if x.dtype.is_unsigned else "sdiv", x, y)

    def rem(self, x: Value, y: Value) -> Value:
        """C's remainder (fmod on floats: exact, by the C library)."""
        return self._binary("frem", "urem" if x.dtype.is_unsigned else "srem", x, y)

    def neg(self, x: Value) -> Value:
        """-x."""
        if x.dtype.is_floating:
            kind = llvm_type(x.dtype, x.lanes)
            return self.emit(f"fneg {kind} {x.text}", x.dtype, x.lanes)
        return self.sub(self.const(0, x), x)

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """x * y + z, rounded once on floats where the target has the instruction."""
        if not x.dtype.is_floating or is_half(x.dtype):
            return self.add(self.mul(x, y), z)
        x, y, z = self.match(x, y, z)
        # Without hardware fma the intrinsic is a library call a lane; muladd splits there.
        exact = self.target.name != "baseline"
        return self.intrinsic("fma" if exact else "fmuladd", x.dtype, x, y, z)

    def abs(self, x: Value) -> Value:
        """|x|."""
        if x.dtype.is_floating:
            return self.intrinsic("fabs", x.dtype, x)
        if x.dtype.is_unsigned or x.dtype.is_bool:
            return x
        return self.select(self.lt(x, self.const(0, x)), self.neg(x), x)

    def fmin(self, x: Value, y: Value) -> Value:
        """``x < y ? x : y``."""
        return self.select(self.lt(x, y), x, y)

    def fmax(self, x: Value, y: Value) -> Value:
        """``x > y ? x : y``."""
        return self.select(self.gt(x, y), x, y)

    def minimum(self, x: Value, y: Value) -> Value:
        """The smaller; NaN if either is."""
        if not x.dtype.is_floating:
            return self.fmin(x, y)
        # An unordered comparison picks a NaN on the left; a NaN on the right is added in.
        least = self.select(self._compare("ult", "", x, y), x, y)
        return self._nan_of(y, least)

    def maximum(self, x: Value, y: Value) -> Value:
        """The greater; NaN if either is."""
        if not x.dtype.is_floating:
            return self.fmax(x, y)
        most = self.select(self._compare("ugt", "", x, y), x, y)
        return self._nan_of(y, most)

    def _nan_of(self, y: Value, chosen: Value) -> Value:
        # `chosen` is x wherever a comparison with NaN failed: take y where y itself is NaN.
        if y.lanes == 1 and not y.text.startswith("%") and y.text != "0x7FF8000000000000":
            return chosen
        return self.select(self.ne(y, y), y, chosen)

    # --- comparison, bits, selection ---------------------------------------------------------

    def _compare(self, float_op: str, int_op: str, x: Value, y: Value) -> Value:
        x, y = self.match(x, y)
        kind = llvm_type(x.dtype, x.lanes)
        if x.dtype.is_floating:
            text = f"fcmp {float_op} {kind} {x.text}, {y.text}"
        else:
            if int_op not in ("eq", "ne"):
                int_op = ("u" if x.dtype.kind in ("uint", "bool") else "s") + int_op
            text = f"icmp {int_op} {kind} {x.text}, {y.text}"
        return self.emit(text, dtypes.bool_, x.lanes)

    def lt(self, x: Value, y: Value) -> Value:
        """x < y."""
        return self._compare("olt", "lt", x, y)

    def le(self, x: Value, y: Value) -> Value:
        """x <= y."""
        return self._compare("ole", "le", x, y)

    def gt(self, x: Value, y: Value) -> Value:
        """x > y."""
        return self._compare("ogt", "gt", x, y)

    def ge(self, x: Value, y: Value) -> Value:
        """x >= y."""
        return self._compare("oge", "ge", x, y)

    def eq(self, x: Value, y: Value) -> Value:
        """x == y."""
        return self._compare("oeq", "eq", x, y)

    def ne(self, x: Value, y: Value) -> Value:
        """x != y; true where either is NaN."""
        return self._compare("une", "ne", x, y)

    def _bits(self, op: str, x: Value, y: Value) -> Value:
        x, y = self.match(x, y)
        kind = llvm_type(x.dtype, x.lanes)
        return self.emit(f"{op} {kind} {x.text}, {y.text}", x.dtype, x.lanes)

    def and_(self, x: Value, y: Value) -> Value:
        """Bitwise and."""
        return self._bits("and", x, y)

    def or_(self, x: Value, y: Value) -> Value:
        """Bitwise or."""
        return self._bits("or", x, y)

    def xor(self, x: Value, y: Value) -> Value:
        """Bitwise exclusive or."""
        return self._bits("xor", x, y)

    def not_(self, x: Value) -> Value:
        """All bits flipped."""
        return self.xor(x, self.const(True if x.dtype.is_bool else -1, x))

    def shl(self, x: Value, y: Value) -> Value:
        """x << y."""
        return self._bits("shl", x, y)

    def lshr(self, x: Value, y: Value) -> Value:
        """Logical x >> y."""
        return self._bits("lshr", x, y)

    def ashr(self, x: Value, y: Value) -> Value:
        """Arithmetic x >> y."""
        return self._bits("ashr", x, y)

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        """x where the condition holds, else y."""
        condition, x, y = self.match(condition, x, y)
        kind = llvm_type(x.dtype, x.lanes)
        mask = llvm_type(dtypes.bool_, x.lanes)
        text = f"select {mask} {condition.text}, {kind} {x.text}, {kind} {y.text}"
        return self.emit(text, x.dtype, x.lanes)

    # --- conversion ------------------------------------------------------------------------

    def bitcast(self, x: Value, dtype: DType) -> Value:
        """The same bits under another dtype of the same width."""
        if is_half(x.dtype) or is_half(dtype):
            return halves.bitcast(self, x, dtype)
        if element_type(x.dtype) == element_type(dtype):
            return Value(x.text, dtype, x.lanes)
        old, new = llvm_type(x.dtype, x.lanes), llvm_type(dtype, x.lanes)
        return self.emit(f"bitcast {old} {x.text} to {new}", dtype, x.lanes)

    def convert(self, x: Value, dtype: DType) -> Value:
        """The number under another dtype, by the rules of C; to bool: ``x != 0``."""
        if x.dtype is dtype:
            return x
        if dtype.is_bool:
            return self.ne(x, self.const(0, x))
        old, new = llvm_type(x.dtype, x.lanes), llvm_type(dtype, x.lanes)
        if x.dtype.is_floating and dtype.is_floating:
            if old != new:
                op = "fpext" if old.endswith("float") or "float" in old else "fptrunc"
                x = self.emit(f"{op} {old} {x.text} to {new}", dtypes.float32, x.lanes)
            if is_half(dtype):
                return self.narrow(Value(x.text, dtypes.float32, x.lanes), dtype)
            return Value(x.text, dtype, x.lanes)
        if x.dtype.is_floating:
            op = "fptoui" if dtype.is_unsigned else "fptosi"
            return self.emit(f"{op} {old} {x.text} to {new}", dtype, x.lanes)
        if dtype.is_floating:
            op = "uitofp" if x.dtype.kind in ("uint", "bool") else "sitofp"
            wide = dtypes.float32 if is_half(dtype) else dtype
            value = self.emit(f"{op} {old} {x.text} to {new}", wide, x.lanes)
            return self.narrow(value, dtype)
        have, want = BITS[element_type(x.dtype)], BITS[element_type(dtype)]
        if have == want:
            return Value(x.text, dtype, x.lanes)
        op = "trunc" if want < have else "zext" if x.dtype.kind in ("uint", "bool") else "sext"
        return self.emit(f"{op} {old} {x.text} to {new}", dtype, x.lanes)

    # --- functions -------------------------------------------------------------------------

    def _rounded(self, name: str, x: Value) -> Value:
        return self.narrow(
            Value(self.intrinsic(name, x.dtype, x).text, self.widen(x).dtype, x.lanes), x.dtype
        )

    def sqrt(self, x: Value) -> Value:
        """Square root, correctly rounded."""
        return self._rounded("sqrt", x)

    def floor(self, x: Value) -> Value:
        """Towards minus infinity."""
        return self._whole("floor", x)

    def ceil(self, x: Value) -> Value:
        """Towards infinity."""
        return self._whole("ceil", x)

    def trunc(self, x: Value) -> Value:
        """Towards zero."""
        return self._whole("trunc", x)

    def rint(self, x: Value) -> Value:
        """To the nearest, ties to even."""
        return self._whole("rint", x)

    def _whole(self, name: str, x: Value) -> Value:
        if self.target.name != "baseline" or not x.dtype.is_floating:
            return self._rounded(name, x)
        return rounded_by_magic(self, name, x)

    def copysign(self, x: Value, y: Value) -> Value:
        """|x| with the sign of y."""
        x, y = self.match(x, y)
        return self.intrinsic("copysign", x.dtype, x, y)

    def ctpop(self, x: Value) -> Value:
        """The number of one bits."""
        return self.intrinsic("ctpop", x.dtype, x)

    def math(self, name: str, *xs: Value) -> Value:
        """A function of vecmath, by name; 16-bit floats go through float32."""
        from caudal.codegen.vecmath import TABLE

        dtype = xs[0].dtype
        wide = self.match(*(self.widen(x) for x in xs))
        return self.narrow(TABLE[name](self, *wide), dtype)

    # --- memory ----------------------------------------------------------------------------

    def load(self, pointer: str, dtype: DType, lanes: int = 1) -> Value:
        """Consecutive elements."""
        memory = memory_type(dtype, lanes)
        raw = self.name()
        mark = ", !invariant.load !0" if self.invariant else ""
        self.raw(f"{raw} = load {memory}, ptr {pointer}, align {dtype.size}{mark}")
        return self.from_memory(raw, dtype, lanes)

    def masked_load(self, pointer: str, dtype: DType, mask: Value, lanes: int) -> Value:
        """Consecutive elements where the mask holds; zeros elsewhere, untouched memory."""
        memory = memory_type(dtype, lanes)
        short = {"float": "f32", "double": "f64"}.get(memory_type(dtype, 1), memory_type(dtype, 1))
        name = f"@llvm.masked.load.v{lanes}{short}.p0"
        flags = f"<{lanes} x i1>"
        self.declarations.add(f"declare {memory} {name}(ptr, i32, {flags}, {memory})")
        raw = self.name()
        self.raw(
            f"{raw} = call {memory} {name}(ptr {pointer}, i32 {dtype.size}, "
            f"{flags} {self.splat(mask, lanes).text}, {memory} zeroinitializer)"
        )
        return self.from_memory(raw, dtype, lanes)

    def from_memory(self, raw: str, dtype: DType, lanes: int) -> Value:
        """A loaded word as a register value."""
        if dtype.is_bool:
            return self.ne(Value(raw, dtypes.uint8, lanes), self.const(0, dtypes.uint8))
        if is_half(dtype):
            return halves.from_bits(self, Value(raw, dtypes.uint16, lanes), dtype)
        return Value(raw, dtype, lanes)

    def store(self, pointer: str, x: Value, lanes: int | None = None) -> None:
        """Consecutive elements out."""
        x = self.splat(x, lanes or x.lanes)
        memory = memory_type(x.dtype, x.lanes)
        text = x.text
        if x.dtype.is_bool:
            text = self.convert(x, dtypes.uint8).text
        elif is_half(x.dtype):
            text = halves.to_bits(self, x).text
        self.raw(f"store {memory} {text}, ptr {pointer}, align {x.dtype.size}")


__all__ = [
    "COMPILED",
    "Builder",
    "Value",
    "element_type",
    "is_half",
    "llvm_type",
    "memory_type",
]
