"""From random bits to numbers: every sampler is a pure function of a key.

A key is a uint32[2] Tensor. Bits come from Threefry (`ops.threefry`), so element i depends on the
key and i alone: the same numbers at any number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, scalar
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import (
    DType,
    bfloat16,
    float16,
    float32,
    float64,
    int32,
    int64,
    uint32,
    uint64,
)

Shape = tuple[int, ...]
_GOLDEN = 0x9E3779B9
"""2**32 over the golden ratio: keeps derived keys apart from the keys that users choose."""


def word(value: int) -> Any:
    """A uint32 scalar."""
    return convert_to_tensor(np.asarray(value & 0xFFFFFFFF, np.uint32))


def key_of(seed: Any) -> Any:
    """The key of a ``stateless_*`` function's seed: two integers."""
    given = as_tensor(seed)
    if dims(given) != (2,) or not given.dtype.is_integer:
        raise ShapeError(
            "seed: expected two integers, as in seed=(1, 2), received {received}.",
            received=repr(seed),
        )
    return fold_in(cast_to(given, uint32), 0)


def fold_in(key: Any, number: Any) -> Any:
    """A new key from a key and an integer (a Python int or a uint32 scalar)."""
    number = word(number) if isinstance(number, int) else number
    spread = ops.mul(
        ops.broadcast_to(number, shape=(2,)), convert_to_tensor(np.asarray([1, _GOLDEN], np.uint32))
    )
    tag = convert_to_tensor(np.asarray([0, _GOLDEN], np.uint32))
    return ops.threefry(ops.bit_xor(ops.add(spread, tag), key), shape=(2,))


def _float_kind(dtype: DType, what: str) -> DType:
    if not dtype.is_floating:
        raise DTypeError(
            "{what}: expected a float dtype, received {received}.", what=what, received=dtype.name
        )
    return dtype


def _words64(key: Any, shape: Shape) -> tuple[Any, Any]:
    """Two independent words per element."""
    return ops.threefry(fold_in(key, 1), shape=shape), ops.threefry(fold_in(key, 2), shape=shape)


def unit(key: Any, shape: Shape, dtype: DType) -> Any:
    """Uniform on [0, 1): multiples of 2**-24 (float32), 2**-53, 2**-11 or 2**-8."""
    if dtype is float64:
        high, low = _words64(key, shape)
        high = ops.cast(ops.shift_right(high, word(5)), dtype=float64)
        low = ops.cast(ops.shift_right(low, word(6)), dtype=float64)
        total = ops.add(ops.mul(high, scalar(2.0**26, high)), low)
        return ops.mul(total, scalar(2.0**-53, total))
    keep = {float32: 24, float16: 11, bfloat16: 8}[dtype]
    bits = ops.shift_right(ops.threefry(key, shape=shape), word(32 - keep))
    # Below 2**31, so the cheaper signed conversion gives the same number.
    number = ops.cast(ops.bitcast(bits, dtype=int32), dtype=float32)
    return cast_to(ops.mul(number, scalar(2.0**-keep, number)), dtype)


def symmetric(key: Any, shape: Shape, dtype: DType) -> Any:
    """Uniform on (-1, 1), symmetric around 0 and never ±1: what inverse CDFs want."""
    if dtype is float64:
        one = unit(key, shape, float64)
        return ops.add(ops.add(one, one), scalar(2.0**-53 - 1, one))
    bits = ops.bitcast(ops.threefry(key, shape=shape), dtype=int32)
    number = ops.cast(ops.shift_right(bits, scalar(8, bits)), dtype=float32)
    return ops.add(ops.mul(number, scalar(2.0**-23, number)), scalar(2.0**-24, number))


def normal_of(key: Any, shape: Shape, dtype: DType) -> Any:
    """Standard normal numbers, by the inverse CDF: ``sqrt(2) * erfinv(u)`` with u on (-1, 1)."""
    _float_kind(dtype, "normal")
    u = symmetric(key, shape, dtype)
    return cast_to(ops.mul(ops.erfinv(u), scalar(math.sqrt(2), u)), dtype)


def truncated_normal_of(key: Any, shape: Shape, dtype: DType) -> Any:
    """Standard normal numbers within two standard deviations, by the inverse CDF."""
    _float_kind(dtype, "truncated_normal")
    u = symmetric(key, shape, dtype)
    inner = ops.mul(u, scalar(math.erf(math.sqrt(2)), u))
    z = ops.mul(ops.erfinv(inner), scalar(math.sqrt(2), u))
    two = scalar(2, z)
    return cast_to(ops.minimum(ops.maximum(z, ops.neg(two)), two), dtype)


def uniform_of(key: Any, shape: Shape, dtype: DType, low: Any, high: Any) -> Any:
    """Uniform on [low, high): floats, or integers."""
    if dtype.is_floating:
        if high is None:
            high = 1
        low, high = as_tensor(low, dtype), as_tensor(high, dtype)
        span = ops.sub(high, low)
        return ops.add(ops.mul(unit(key, shape, dtype), span), low)
    if dtype in (uint32, uint64) and high is None:
        return _all_bits(key, shape, dtype)
    if dtype not in (int32, int64):
        raise DTypeError(
            "uniform: expected a float dtype, int32 or int64, received {received}.",
            received=dtype.name,
        )
    if high is None:
        raise InvalidArgumentError("uniform: expected maxval for an integer dtype.")
    low, high = as_tensor(low, dtype), as_tensor(high, dtype)
    wide = uint32 if dtype is int32 else uint64
    span = ops.bitcast(ops.sub(high, low), dtype=wide)
    rest = ops.floor_mod(_all_bits(key, shape, wide), span)
    return ops.add(ops.bitcast(rest, dtype=dtype), low)


def _all_bits(key: Any, shape: Shape, dtype: DType) -> Any:
    if dtype is uint32:
        return ops.threefry(key, shape=shape)
    high, low = (ops.cast(part, dtype=uint64) for part in _words64(key, shape))
    return ops.bit_or(ops.shift_left(high, scalar(32, high)), low)


def below(key: Any, shape: Shape, probability: Any) -> Any:
    """True with a probability, elementwise: one integer comparison per element.

    ``probability``: a number, or a float32 scalar Tensor.
    """
    bits = ops.threefry(key, shape=shape)
    if isinstance(probability, int | float):
        if probability >= 1:
            return ops.broadcast_to(convert_to_tensor(True), shape=shape)
        return ops.less(bits, word(int(probability * 2.0**32)))
    number = unit(key, shape, float32)
    return ops.less(number, cast_to(as_tensor(probability), float32))


def gumbel(key: Any, shape: Shape) -> Any:
    """Standard Gumbel numbers in float32: ``-log(-log(u))`` with u on (0, 1)."""
    half = scalar(0.5, convert_to_tensor(np.float32(0)))
    u = ops.add(ops.mul(symmetric(key, shape, float32), half), half)
    # u can round to 1: then -log(u) is 0, and the least positive float stands for it.
    tiny = scalar(float(np.finfo(np.float32).tiny), u)
    return ops.neg(ops.log(ops.maximum(ops.neg(ops.log(u)), tiny)))


def permutation(key: Any, count: int) -> Any:
    """A random order of ``range(count)``, int32: the stable order of random words."""
    return ops.argsort(ops.threefry(key, shape=(count,)), axis=0, descending=False)
