"""16-bit floats in float32 registers: rounding, and their bits in memory.

float16 uses the processor's conversions where it has them; bfloat16, and float16 on older
processors, are rounded by integer arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caudal.codegen.values import Value, is_half, llvm_type
from caudal.ir import dtypes
from caudal.ir.dtypes import DType

if TYPE_CHECKING:
    from caudal.codegen.builder import Builder


def narrow(b: Builder, x: Value, dtype: DType) -> Value:
    """A float32 rounded to a 16-bit float (to nearest even)."""
    if dtype is dtypes.bfloat16:
        rounded = _round_bits(b, x, 16)
    elif b.target.half:
        kind = "half" if x.lanes == 1 else f"<{x.lanes} x half>"
        wide = llvm_type(dtypes.float32, x.lanes)
        short = b.name()
        b.raw(f"{short} = fptrunc {wide} {x.text} to {kind}")
        rounded = b.emit(f"fpext {kind} {short} to {wide}", dtypes.float32, x.lanes)
    else:
        rounded = _round_to_half(b, x)
    return Value(rounded.text, dtype, rounded.lanes)


def _round_bits(b: Builder, x: Value, drop: int) -> Value:
    """A float32 with its last ``drop`` bits rounded away, ties to even; NaN stays NaN."""
    bits = b.bitcast(x, dtypes.int32)
    odd = b.and_(b.lshr(bits, b.const(drop, bits)), b.const(1, bits))
    bits = b.add(b.add(bits, b.const((1 << (drop - 1)) - 1, bits)), odd)
    bits = b.and_(bits, b.const(-(1 << drop), bits))
    return b.select(b.ne(x, x), x, b.bitcast(bits, dtypes.float32))


def _round_to_half(b: Builder, x: Value) -> Value:
    size = b.abs(x)
    normal = _round_bits(b, x, 13)
    # Adding 0.75 leaves exactly the multiples of 2**-24 in the last bit.
    magic = b.const(0.75, x)
    tiny = b.copysign(b.sub(b.add(size, magic), magic), x)
    small = b.lt(size, b.const(2.0**-14, x))
    infinite = b.copysign(b.const(np.inf, x), x)
    value = b.select(small, tiny, normal)
    return b.select(b.ge(size, b.const(65520.0, x)), infinite, value)


def bitcast(b: Builder, x: Value, dtype: DType) -> Value:
    """The same 16 bits under another dtype, one of the two being a 16-bit float."""
    if x.dtype is dtype:
        return x
    bits = to_bits(b, x) if is_half(x.dtype) else b.bitcast(x, dtypes.uint16)
    return from_bits(b, bits, dtype) if is_half(dtype) else b.bitcast(bits, dtype)


def to_bits(b: Builder, x: Value) -> Value:
    """The 16 bits of an already rounded 16-bit float."""
    wide = Value(x.text, dtypes.float32, x.lanes)
    bits = b.bitcast(wide, dtypes.uint32)
    if x.dtype is dtypes.bfloat16:
        return b.convert(b.lshr(bits, b.const(16, bits)), dtypes.uint16)
    if b.target.half:
        kind = "half" if x.lanes == 1 else f"<{x.lanes} x half>"
        short = b.name()
        b.raw(f"{short} = fptrunc {llvm_type(wide.dtype, x.lanes)} {x.text} to {kind}")
        to = llvm_type(dtypes.uint16, x.lanes)
        return b.emit(f"bitcast {kind} {short} to {to}", dtypes.uint16, x.lanes)
    sign = b.and_(b.lshr(bits, b.const(16, bits)), b.const(0x8000, bits))
    size = b.abs(wide)
    magnitude = b.bitcast(size, dtypes.uint32)
    normal = b.sub(b.lshr(magnitude, b.const(13, bits)), b.const(112 << 10, bits))
    tiny = b.convert(b.mul(size, b.const(2.0**24, wide)), dtypes.uint32)
    half = b.select(b.lt(size, b.const(2.0**-14, wide)), tiny, normal)
    half = b.select(b.eq(size, b.const(np.inf, wide)), b.const(0x7C00, bits), half)
    half = b.select(b.ne(wide, wide), b.const(0x7E00, bits), half)
    return b.convert(b.or_(sign, half), dtypes.uint16)


def from_bits(b: Builder, bits: Value, dtype: DType) -> Value:
    """The 16-bit float that 16 bits spell."""
    if dtype is dtypes.bfloat16:
        wide = b.convert(b.bitcast(bits, dtypes.uint16), dtypes.uint32)
        value = b.bitcast(b.shl(wide, b.const(16, wide)), dtypes.float32)
        return Value(value.text, dtype, value.lanes)
    if b.target.half:
        kind = "half" if bits.lanes == 1 else f"<{bits.lanes} x half>"
        short = b.name()
        b.raw(f"{short} = bitcast {llvm_type(dtypes.uint16, bits.lanes)} {bits.text} to {kind}")
        to = llvm_type(dtypes.float32, bits.lanes)
        return b.emit(f"fpext {kind} {short} to {to}", dtype, bits.lanes)
    wide = b.convert(b.bitcast(bits, dtypes.uint16), dtypes.uint32)
    sign = b.shl(b.and_(wide, b.const(0x8000, wide)), b.const(16, wide))
    size = b.and_(wide, b.const(0x7FFF, wide))
    moved = b.shl(size, b.const(13, wide))
    normal = b.add(moved, b.const(112 << 23, wide))
    special = b.or_(moved, b.const(0x7F800000, wide))
    tiny = b.mul(b.convert(size, dtypes.float32), b.const(2.0**-24, dtypes.float32))
    result = b.select(b.ge(size, b.const(0x7C00, wide)), special, normal)
    tiny_bits = b.bitcast(tiny, dtypes.uint32)
    result = b.select(b.lt(size, b.const(0x400, wide)), tiny_bits, result)
    value = b.bitcast(b.or_(result, sign), dtypes.float32)
    return Value(value.text, dtype, value.lanes)
