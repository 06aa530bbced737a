"""What the vector functions share: polynomials, powers of two, splitting, exact products.

All code here and in the other vecmath modules is branch free and works on float32 and float64
lanes of any count; ``b`` is the Builder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from caudal.codegen import vecmath_tables as tables
from caudal.codegen.builder import Builder, Value, llvm_type
from caudal.ir.dtypes import DType, float32, float64, int32, int64

Function = Callable[..., Value]


@dataclass(frozen=True)
class Format:
    """The constants of a float format that the functions are written over."""

    integer: DType
    mantissa: int
    bias: int
    magic: float
    """1.5 * 2**mantissa: adding it rounds to an integer and leaves that in the low bits."""
    exp: tuple[float, ...]
    ln2: tuple[float, float]
    exp_low: float
    exp_high: float
    minus_one: float
    """Below it exp(x) - 1 rounds to -1."""
    tiny: float
    """Below it odd functions with slope 1 are their argument, to half an ulp."""
    sqrt_half: int
    """The bits of sqrt(1/2)."""
    smallest_normal: float


_FORMATS = {
    float32: Format(
        int32, 23, 127, 1.5 * 2**23, tables.EXP32, tables.LN2_32,
        -104.0, 89.0, -18.0, 2.0**-13, 0x3F3504F3, 2.0**-126,
    ),
    float64: Format(
        int64, 52, 1023, 1.5 * 2**52, tables.EXP64, tables.LN2_64,
        -746.0, 710.0, -38.0, 2.0**-27, 0x3FE6A09E667F3BCD, 2.0**-1022,
    ),
}  # fmt: skip


def format_of(x: Value) -> Format:
    """The constants of the lanes' float format."""
    return _FORMATS[x.dtype]


def poly(b: Builder, x: Value, coefficients: Sequence[float]) -> Value:
    """The polynomial with these coefficients, lowest power first, by Horner's rule."""
    result = b.const(coefficients[-1], x)
    for coefficient in coefficients[-2::-1]:
        result = b.fma(result, x, b.const(coefficient, x))
    return result


def odd_poly(b: Builder, x: Value, z: Value, coefficients: Sequence[float]) -> Value:
    """x + x z P(z): an odd function of slope 1 with z = x * x."""
    return b.fma(b.mul(x, z), poly(b, z, coefficients), x)


def flip_sign(b: Builder, x: Value, condition: Value) -> Value:
    """-x where the condition holds."""
    return b.select(condition, b.neg(x), x)


def mostly(b: Builder, x: Value, tiny: float, result: Value) -> Value:
    """x itself where it is tiny (it keeps signed zeros and subnormals), else the result."""
    return b.select(b.lt(b.abs(x), b.const(tiny, x)), x, result)


def in_double(function: Function) -> Function:
    """A function that computes float32 lanes as float64: ``function(b, *xs, short=True)``.

    ``short`` asks for polynomials that are only good enough for float32.
    """

    def wrapped(b: Builder, *xs: Value) -> Value:
        if xs[0].dtype is float64:
            return function(b, *xs, short=False)
        wide = function(b, *(b.convert(x, float64) for x in xs), short=True)
        return b.convert(wide, float32)

    return wrapped


def two_sum(b: Builder, x: Value, y: Value) -> tuple[Value, Value]:
    """x + y and its rounding error (Knuth)."""
    total = b.add(x, y)
    part = b.sub(total, x)
    return total, b.add(b.sub(x, b.sub(total, part)), b.sub(y, part))


def two_product(b: Builder, x: Value, y: Value) -> tuple[Value, Value]:
    """x * y and its rounding error: by fma, or by halves (Dekker) where there is none."""
    x, y = b.match(x, y)
    product = b.mul(x, y)
    if b.target.name != "baseline":
        return product, b.fma(x, y, b.neg(product))
    (x_high, x_low), (y_high, y_low) = halves(b, x), halves(b, y)
    error = b.sub(b.mul(x_high, y_high), product)
    error = b.add(error, b.mul(x_high, y_low))
    error = b.add(error, b.mul(x_low, y_high))
    return product, b.add(error, b.mul(x_low, y_low))


def halves(b: Builder, x: Value) -> tuple[Value, Value]:
    """x as two numbers of half its bits each; float64."""
    bits = b.bitcast(x, int64)
    high = b.bitcast(b.and_(bits, b.const(-(1 << 27), bits)), float64)
    return high, b.sub(x, high)


def split_exponent(b: Builder, x: Value) -> tuple[Value, Value]:
    """e (as a float) and m in [sqrt(1/2), sqrt(2)) with x = m 2**e, for x > 0."""
    f = format_of(x)
    small = b.lt(x, b.const(f.smallest_normal, x))
    x = b.select(small, b.mul(x, b.const(2.0**f.mantissa, x)), x)
    bits = b.bitcast(x, f.integer)
    shift = b.const(f.mantissa, bits)
    exponent = b.ashr(b.sub(bits, b.const(f.sqrt_half, bits)), shift)
    m = b.bitcast(b.sub(bits, b.shl(exponent, shift)), x.dtype)
    exponent = b.select(small, b.sub(exponent, shift), exponent)
    return b.convert(exponent, x.dtype), m


def exp_parts(b: Builder, x: Value, low: Value | None = None) -> tuple[Value, Value, Value]:
    """(q, n, raised) with exp(x + low) = (1 + q) 2**n, |q| < 0.42.

    ``raised`` holds n in its exponent field: adding the bits of a power of two to it gives that
    power times 2**n.
    """
    f = format_of(x)
    t = b.fma(x, b.const(1.4426950408889634, x), b.const(f.magic, x))
    n = b.sub(t, b.const(f.magic, x))
    r = b.fma(n, b.const(-f.ln2[0], x), x)
    r = b.fma(n, b.const(-f.ln2[1], x), r)
    if low is not None:
        r = b.add(r, low)
    q = b.fma(b.mul(r, r), poly(b, r, f.exp), r)
    bits = b.bitcast(t, f.integer)
    return q, n, b.shl(bits, b.const(f.mantissa, bits))


def power_of_two(b: Builder, raised: Value, x: Value, offset: int) -> Value:
    """2**(n + offset) from what `exp_parts` gave; it must be a normal number."""
    f = format_of(x)
    constant = b.const((f.bias + offset) << f.mantissa, raised)
    return b.bitcast(b.add(raised, constant), x.dtype)


def can_scale(b: Builder, x: Value) -> bool:
    """Whether `scaled` is one instruction, with a single rounding."""
    return b.target.name == "avx512" and 1 < x.lanes <= 64 // x.dtype.size


def scaled(b: Builder, x: Value, n: Value) -> Value:
    """x * 2**n for an n that is an integer, where `can_scale`."""
    x, n = b.match(x, n)
    lanes = max(2 ** (x.lanes - 1).bit_length(), 16 // x.dtype.size)
    order = [min(lane, x.lanes - 1) for lane in range(lanes)]
    wide = [part if part.lanes == lanes else b.shuffle(part, order) for part in (x, n)]
    bits = lanes * x.dtype.size * 8
    kind, mask = llvm_type(x.dtype, lanes), f"i{max(lanes, 8)}"
    name = f"@llvm.x86.avx512.mask.scalef.p{'s' if x.dtype.size == 4 else 'd'}.{bits}"
    types, rest = f"{kind}, {kind}, {kind}, {mask}", f"{kind} zeroinitializer, {mask} -1"
    if bits == 512:
        # Rounding as the processor is set to.
        types, rest = f"{types}, i32", f"{rest}, i32 4"
    b.declarations.add(f"declare {kind} {name}({types})")
    operands = ", ".join(f"{kind} {part.text}" for part in wide)
    result = b.emit(f"call {kind} {name}({operands}, {rest})", x.dtype, lanes)
    return result if x.lanes == lanes else b.shuffle(result, list(range(x.lanes)))


def exp_of(b: Builder, x: Value, low: Value | None = None) -> Value:
    """exp(x + low) with overflow, underflow and NaN."""
    f = format_of(x)
    # This order of operands lets NaN through.
    x = b.fmin(b.const(f.exp_high, x), x)
    x = b.fmax(b.const(f.exp_low, x), x)
    q, n, raised = exp_parts(b, x, low)
    if can_scale(b, q):
        return scaled(b, b.add(q, b.const(1.0, q)), n)
    # In two factors, so that neither 2**128 nor a subnormal 2**n has to be built.
    negative = b.lt(n, b.const(0.0, n))
    down = b.const((f.bias + 64) << f.mantissa, raised)
    up = b.const((f.bias - 1) << f.mantissa, raised)
    first = b.bitcast(b.add(raised, b.select(negative, down, up)), x.dtype)
    second = b.select(negative, b.const(2.0**-64, x), b.const(2.0, x))
    return b.mul(b.mul(b.add(q, b.const(1.0, q)), first), second)


def exp_of_negative(b: Builder, x: Value, low: Value | None = None) -> Value:
    """exp(x + low) for x <= 0: no overflow to care for."""
    f = format_of(x)
    x = b.fmax(b.const(f.exp_low, x), x)
    q, n, raised = exp_parts(b, x, low)
    if can_scale(b, q):
        return scaled(b, b.add(q, b.const(1.0, q)), n)
    up = b.mul(b.add(q, b.const(1.0, q)), power_of_two(b, raised, x, 64))
    return b.mul(up, b.const(2.0**-64, x))


def expm1_of(b: Builder, x: Value) -> Value:
    """exp(x) - 1 without cancellation; loses the sign of a zero."""
    f = format_of(x)
    x = b.fmin(b.const(f.exp_high, x), x)
    x = b.fmax(b.const(f.minus_one, x), x)
    q, _, raised = exp_parts(b, x)
    half = power_of_two(b, raised, x, -1)
    value = b.fma(half, q, b.sub(half, b.const(0.5, x)))
    return b.add(value, value)


def log_of(b: Builder, x: Value, scale: float = 1.0) -> Value:
    """log(x) for x > 0, finite, times ``scale`` (1, or 1 / ln 2 for powers of two)."""
    exponent, m = split_exponent(b, x)
    return log_of_parts(b, exponent, b.sub(m, b.const(1.0, m)), scale)


def log_tail(b: Builder, s: Value) -> Value:
    """log(1 + s) - s for 1 + s in [sqrt(1/2), sqrt(2))."""
    if s.dtype is float32:
        square = b.mul(s, s)
        tail = b.mul(b.mul(s, square), poly(b, s, tables.LOG32))
        return b.fma(square, b.const(-0.5, s), tail)
    ratio = b.div(s, b.add(s, b.const(2.0, s)))
    z = b.mul(ratio, ratio)
    half = b.mul(b.mul(s, s), b.const(0.5, s))
    rest = b.fma(z, poly(b, z, tables.LOG64), half)
    return b.fma(ratio, rest, b.neg(half))


def log_of_parts(b: Builder, exponent: Value, s: Value, scale: float = 1.0) -> Value:
    """log((1 + s) 2**exponent) for 1 + s in [sqrt(1/2), sqrt(2)), times ``scale``."""
    f, tail = format_of(s), log_tail(b, s)
    if scale != 1.0:
        return b.fma(b.add(s, tail), b.const(scale, s), exponent)
    tail = b.fma(exponent, b.const(f.ln2[1], s), tail)
    return b.fma(exponent, b.const(f.ln2[0], s), b.add(s, tail))


def log_special(b: Builder, x: Value, result: Value) -> Value:
    """The logarithm's result where x is positive and finite; -inf, inf and NaN elsewhere."""
    zero = b.const(0.0, x)
    # Where x is not below infinity it is infinite or NaN, and so is the logarithm.
    result = b.select(b.lt(x, b.const(float("inf"), x)), result, x)
    edge = b.select(b.lt(x, zero), b.const(float("nan"), x), b.const(-float("inf"), x))
    return b.select(b.le(x, zero), edge, result)
