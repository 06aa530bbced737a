"""Changes of representation: cast, bitcast; and the bits of integers: bit_not, popcount."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import DTypeError, ShapeError
from caudal.ir.dtypes import DType, as_dtype, bool_, uint8
from caudal.ir.types import Type
from caudal.ops import lanes
from caudal.ops.infer import (
    BOOL,
    INTEGERS,
    NOT_STRING,
    NUMBERS,
    elementwise,
    guarded,
    require_count,
    require_dtype,
)
from caudal.ops.record import NOT_DIFFERENTIABLE, Elementwise, Host, Op, Sample
from caudal.ops.samples import bools, both, floats, integers

# --- cast -------------------------------------------------------------------------------------


def _cast_type(*kinds: Type, dtype: DType) -> Type:
    require_count("cast", kinds, 1)
    require_dtype("cast", kinds[0], NOT_STRING)
    require_dtype("cast", kinds[0].with_dtype(dtype), NOT_STRING, "the target")
    return kinds[0].with_dtype(dtype)


def _to_integer(x: np.ndarray[Any, Any], target: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Truncate; what does not fit becomes what x86's conversions (and so TensorFlow) give.

    Those have two widths, int32 and int64, and answer the least integer for NaN and all that
    does not fit; narrower types keep the low bits. uint32 keeps the low half of the int64;
    uint64 beyond 2**63 is converted with 2**63 taken off.
    """
    if x.size and x.min() > -(2.0**31) and x.max() < 2.0**31:
        # The common case: all fits into int32 (and nothing is NaN).
        wide: Any = np.int64 if target == np.uint64 else np.int32
        return x.astype(wide).astype(target, copy=False)
    x = x.astype(np.float64)
    if target == np.uint64:
        big = x >= 2.0**63
        low = _to_integer(np.where(big, x - 2.0**63, x), np.dtype(np.int64)).view(np.uint64)
        return np.where(big & (x < 2.0**64), low ^ np.uint64(2**63), low)
    wide = np.int64 if target.itemsize == 8 or target == np.uint32 else np.int32
    limit = 2.0 ** (np.dtype(wide).itemsize * 8 - 1)
    whole = np.trunc(x)
    fits = (whole >= -limit) & (whole < limit)
    result = np.where(fits, np.where(fits, whole, 0).astype(wide), np.iinfo(wide).min)
    return result.astype(wide).astype(target)


def _cast(xp: Any, x: Any, dtype: DType) -> Any:
    target = dtype.np_dtype
    source = as_dtype(x.dtype)
    if source.is_complex and not dtype.is_complex:
        x = x.real
        source = source.real_dtype
    if source.is_floating and dtype.is_integer:
        return _to_integer(x, target)
    if dtype.is_bool:
        return xp.asarray(x != 0)
    return x.astype(target)


def _cast_grad(g: Any, y: Any, x: Any, dtype: DType) -> list[Any]:
    source = as_dtype(x.dtype)
    smooth = (source.is_floating or source.is_complex) and (dtype.is_floating or dtype.is_complex)
    return [cast(g, dtype=source) if smooth else None]


def _cast_samples(rng: np.random.Generator) -> list[Sample]:
    names = ("float32", "float64", "int32", "uint8", "int8", "uint32", "int64", "bool", "bfloat16")
    samples = []
    for name in names:
        dtype = as_dtype(name)
        params = {"dtype": dtype}
        smooth = dtype.name == "float64"
        samples += floats((-300, 300), params=params, differentiable=smooth)(rng)
        samples += integers((-300, 300), params=params)(rng)
    return samples


cast = Op(
    "cast",
    infer=_cast_type,
    reference=_cast,
    grad=_cast_grad,
    emit=Elementwise(lanes.cast),
    samples=_cast_samples,
    dtypes=NOT_STRING,
)

# --- bitcast ----------------------------------------------------------------------------------


def _bitcast_type(*kinds: Type, dtype: DType) -> Type:
    require_count("bitcast", kinds, 1)
    require_dtype("bitcast", kinds[0], NUMBERS)
    require_dtype("bitcast", kinds[0].with_dtype(dtype), NUMBERS, "the target")
    if dtype.size != kinds[0].dtype.size:
        raise DTypeError(
            "bitcast: {source} and {target} differ in size ({have} and {want} bytes). "
            "Use bitcast_width, which adds or removes a last axis.",
            source=kinds[0].dtype.name,
            target=dtype.name,
            have=kinds[0].dtype.size,
            want=dtype.size,
        )
    return kinds[0].with_dtype(dtype)


def _bitcast_samples(rng: np.random.Generator) -> list[Sample]:
    samples = []
    for name in ("int64", "float64", "uint64"):
        params = {"dtype": as_dtype(name)}
        samples += floats((-3, 3), params=params, differentiable=False)(rng)
        samples += integers((-9, 9), params=params)(rng)
    return samples


_WIDE = tuple(dtype for dtype in NUMBERS if dtype.name in ("float64", "int64", "uint64"))

bitcast = Op(
    "bitcast",
    infer=_bitcast_type,
    reference=lambda xp, x, dtype: xp.asarray(x, order="C").view(dtype.np_dtype),
    grad=NOT_DIFFERENTIABLE,
    emit=Elementwise(lambda b, x, dtype: b.bitcast(x, dtype)),
    samples=_bitcast_samples,
    dtypes=NUMBERS,
)


def _bitcast_width_type(*kinds: Type, dtype: DType) -> Type:
    require_count("bitcast_width", kinds, 1)
    (kind,) = kinds
    require_dtype("bitcast_width", kind, NUMBERS)
    require_dtype("bitcast_width", kind.with_dtype(dtype), NUMBERS, "the target")
    if kind.dtype.size >= dtype.size:
        parts = kind.dtype.size // dtype.size
        return Type(dtype, kind.shape + ((parts,) if parts > 1 else ()))
    parts = dtype.size // kind.dtype.size
    if kind.shape[-1:] != (parts,):
        raise ShapeError(
            "bitcast_width: {parts} elements of {source} make one {target}; expected a last axis "
            "of {parts}, received shape {received}.",
            parts=parts,
            source=kind.dtype.name,
            target=dtype.name,
            received=kind.shape,
        )
    return Type(dtype, kind.shape[:-1])


def _bitcast_width(xp: Any, x: Any, dtype: DType) -> Any:
    shape = _bitcast_width_type(Type(as_dtype(x.dtype), x.shape), dtype=dtype).shape
    return xp.frombuffer(x.tobytes(), dtype.np_dtype).reshape(shape)


bitcast_width = Op(
    "bitcast_width",
    infer=_bitcast_width_type,
    reference=_bitcast_width,
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=both(
        integers((-9, 9), params={"dtype": uint8}),
        floats((-3, 3), params={"dtype": uint8}, differentiable=False),
    ),
    dtypes=NUMBERS,
)

# --- bits -------------------------------------------------------------------------------------

bit_not = Op(
    "bit_not",
    infer=elementwise("bit_not", 1, INTEGERS + BOOL),
    reference=guarded(
        lambda xp, x: xp.logical_not(x) if x.dtype == bool_.np_dtype else xp.invert(x),
        INTEGERS + BOOL,
    ),
    grad=NOT_DIFFERENTIABLE,
    emit=Elementwise(lambda b, x: b.not_(x)),
    samples=both(integers((-9, 9)), bools(1)),
    dtypes=INTEGERS + BOOL,
)


def _popcount(xp: Any, x: Any) -> Any:
    octets = xp.frombuffer(x.tobytes(), np.uint8).reshape(*x.shape, x.dtype.itemsize)
    bits = xp.unpackbits(octets, axis=-1) if octets.size else octets
    return bits.sum(axis=-1, dtype=np.uint8)


popcount = Op(
    "popcount",
    infer=elementwise("popcount", 1, INTEGERS, lambda dtype: uint8),
    reference=guarded(_popcount, INTEGERS),
    grad=NOT_DIFFERENTIABLE,
    emit=Elementwise(lambda b, x: b.convert(b.ctpop(x), uint8), cost=8),
    samples=integers((-99, 99)),
    dtypes=INTEGERS,
)
