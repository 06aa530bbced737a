"""Emit functions of several instructions: they write one lane with codegen's Builder ``b``."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.ir.dtypes import DType, as_dtype, bool_, int32, int64, uint64


def sign(b: Any, x: Any) -> Any:
    """-1, 0 or 1; NaN stays NaN."""
    zero, one = b.const(0, x), b.const(1, x)
    if x.dtype.is_unsigned:
        return b.select(b.eq(x, zero), zero, one)
    signed = b.select(b.lt(x, zero), b.const(-1, x), b.select(b.gt(x, zero), one, zero))
    if x.dtype.is_floating:
        return b.select(b.ne(x, x), x, signed)
    return signed


def _to_wide_integer(b: Any, x: Any, wide: DType) -> Any:
    """Truncation to int32 or int64; the least integer for NaN and what does not fit."""
    limit = 2.0 ** (wide.size * 8 - 1)
    fits = b.and_(b.ge(x, b.const(-limit, x)), b.lt(x, b.const(limit, x)))
    # Converting what does not fit would be undefined in LLVM, so it must not even be tried.
    whole = b.convert(b.select(fits, x, b.const(0, x)), wide)
    return b.select(fits, whole, b.const(np.iinfo(wide.np_dtype).min, wide))


def _to_integer(b: Any, x: Any, dtype: DType) -> Any:
    if dtype is uint64:
        half = b.const(2.0**63, x)
        big = b.and_(b.ge(x, half), b.lt(x, b.const(2.0**64, x)))
        low = b.bitcast(_to_wide_integer(b, b.select(big, b.sub(x, half), x), int64), uint64)
        return b.select(big, b.xor(low, b.const(2**63, low)), low)
    wide = int64 if dtype.size == 8 or dtype.name == "uint32" else int32
    return b.convert(_to_wide_integer(b, x, wide), dtype)


def cast(b: Any, x: Any, dtype: DType) -> Any:
    """The cast op; see ``convert.cast`` for what does not fit."""
    dtype = as_dtype(dtype)
    if x.dtype is dtype:
        return x
    if dtype is bool_:
        return b.ne(x, b.const(0, x))
    if x.dtype.is_floating and dtype.is_integer:
        return _to_integer(b, b.widen(x), dtype)
    return b.convert(x, dtype)


def floor_div_integer(b: Any, x: Any, y: Any) -> Any:
    """Quotient towards minus infinity; 0 for a zero divisor."""
    zero = b.const(0, y)
    safe, wraps = _safe_divisor(b, y)
    quotient = b.div(x, safe)
    if x.dtype.is_unsigned:
        return b.select(b.eq(y, zero), zero, quotient)
    remainder = b.rem(x, safe)
    inexact = b.ne(remainder, zero)
    below = b.and_(inexact, b.ne(b.lt(remainder, zero), b.lt(y, zero)))
    quotient = b.select(below, b.sub(quotient, b.const(1, quotient)), quotient)
    quotient = b.select(wraps, b.neg(x), quotient)
    return b.select(b.eq(y, zero), zero, quotient)


def _safe_divisor(b: Any, y: Any) -> tuple[Any, Any]:
    """The divisor with 0 and -1 replaced by 1, and where it was -1 (signed only).

    Both trap on x86: division by zero, and the least integer by -1.
    """
    one = b.const(1, y)
    bad = b.eq(y, b.const(0, y))
    if y.dtype.is_unsigned:
        return b.select(bad, one, y), None
    wraps = b.eq(y, b.const(-1, y))
    return b.select(b.or_(bad, wraps), one, y), wraps


def trunc_mod_integer(b: Any, x: Any, y: Any) -> Any:
    """C's remainder; 0 for a zero divisor."""
    safe, _ = _safe_divisor(b, y)
    # x % -1 is 0, and so is x % 1, which stands for it.
    return b.rem(x, safe)


def trunc_mod(b: Any, x: Any, y: Any) -> Any:
    """C's remainder of integers or floats."""
    return b.rem(x, y) if x.dtype.is_floating else trunc_mod_integer(b, x, y)


def floor_div(b: Any, x: Any, y: Any) -> Any:
    """Quotient rounded down."""
    if x.dtype.is_floating:
        return b.floor(b.div(x, y))
    return floor_div_integer(b, x, y)


def floor_mod(b: Any, x: Any, y: Any) -> Any:
    """The remainder that has the divisor's sign."""
    remainder = trunc_mod(b, x, y)
    if x.dtype.is_unsigned:
        return remainder
    zero = b.const(0, x)
    opposite = b.ne(b.lt(remainder, zero), b.lt(y, zero))
    shift = b.and_(b.ne(remainder, zero), opposite)
    return b.select(shift, b.add(remainder, y), remainder)


def pow(b: Any, x: Any, y: Any) -> Any:
    """Powers; integers by squaring, 0 for a negative exponent."""
    if x.dtype.is_floating:
        return b.math("pow", x, y)
    one, zero = b.const(1, x), b.const(0, x)
    result = one
    base = x
    bits = y.dtype.size * 8 - (0 if y.dtype.is_unsigned else 1)
    for position in range(bits):
        bit = b.const(1 << position, y)
        taken = b.ne(b.and_(y, bit), b.const(0, y))
        result = b.mul(result, b.select(taken, base, one))
        if position + 1 < bits:
            base = b.mul(base, base)
    if y.dtype.is_unsigned:
        return result
    return b.select(b.lt(y, zero), zero, result)
