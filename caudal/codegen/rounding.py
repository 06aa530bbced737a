"""Rounding to whole numbers where the processor lacks the instruction (SSE2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caudal.codegen.values import Value
from caudal.ir import dtypes

if TYPE_CHECKING:
    from caudal.codegen.builder import Builder


def rounded_by_magic(b: Builder, name: str, x: Value) -> Value:
    """Rounding where the processor lacks the instruction (SSE2): add and subtract 2**m."""
    wide = b.widen(x)
    magic = b.const(2.0**23 if wide.dtype is dtypes.float32 else 2.0**52, wide)
    size = b.abs(wide)
    nearest = b.sub(b.add(size, magic), magic)
    one, zero = b.const(1.0, wide), b.const(0.0, wide)
    if name == "trunc":
        step = b.select(b.gt(nearest, size), one, zero)
        nearest = b.sub(nearest, step)
    signed = b.copysign(nearest, wide)
    if name == "floor":
        signed = b.sub(signed, b.select(b.gt(signed, wide), one, zero))
    elif name == "ceil":
        signed = b.add(signed, b.select(b.lt(signed, wide), one, zero))
    whole = b.not_(b.lt(size, magic))
    result = b.select(whole, wide, b.copysign(signed, wide))
    return Value(result.text, x.dtype, result.lanes)
