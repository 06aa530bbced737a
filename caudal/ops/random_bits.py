"""Counter-based random bits: Threefry-2x32 with 20 rounds.

J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
Element i of the result is word 0 of the block whose counter is i (low word, high word), so any
part of it can be computed alone, on any number of threads, with the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.ir.dtypes import uint32
from caudal.ir.types import Type
from caudal.ops.checks import require, require_dtype
from caudal.ops.contract import strides_of
from caudal.ops.record import NOT_DIFFERENTIABLE, Op, Pull, Sample

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_ROUNDS = 5
"""Groups of four rounds; the key is mixed in after each."""


def threefry_block(low: Any, high: Any, key: tuple[Any, Any], rotate: Any, word: Any) -> Any:
    """Word 0 of the block of a counter, in any arithmetic.

    Args:
        low, high: the counter; values with ``+`` and ``^`` that wrap at 32 bits.
        key: two such values.
        rotate: ``rotate(value, bits)`` to the left.
        word: ``word(integer)`` makes such a value.
    """
    keys = (key[0], key[1], key[0] ^ key[1] ^ word(_PARITY))
    x, y = low + keys[0], high + keys[1]
    for group in range(_ROUNDS):
        for bits in _ROTATIONS[group % 2]:
            x = x + y
            y = rotate(y, bits) ^ x
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + word(group + 1)
    return x


def _infer(key: Type, shape: tuple[int, ...]) -> Type:
    require_dtype("threefry", key, (uint32,))
    require(
        key.shape == (2,),
        "threefry: expected a key of two uint32 words, received {received}.",
        received=key,
    )
    require(
        all(n >= 0 for n in shape),
        "threefry: expected a shape of non-negative extents, received {shape}.",
        shape=shape,
    )
    return Type(uint32, shape)


def _reference(xp: Any, key: Any, shape: tuple[int, ...]) -> Any:
    if key.dtype != np.uint32 or key.shape != (2,):
        raise TypeError
    counter = np.arange(math.prod(shape), dtype=np.uint64)
    low, high = counter.astype(np.uint32), (counter >> np.uint64(32)).astype(np.uint32)

    def rotate(value: Any, bits: int) -> Any:
        return (value << np.uint32(bits)) | (value >> np.uint32(32 - bits))

    return threefry_block(low, high, (key[0], key[1]), rotate, np.uint32).reshape(shape)


class _Lane:
    """A uint32 of the code generator, with the three operators that the cipher uses."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def __add__(self, other: _Lane) -> _Lane:
        return _Lane(self.builder, self.builder.add(self.value, other.value))

    def __xor__(self, other: _Lane) -> _Lane:
        return _Lane(self.builder, self.builder.xor(self.value, other.value))

    def rotate(self, bits: int) -> _Lane:
        b = self.builder
        left = b.shl(self.value, b.const(bits, uint32))
        return _Lane(b, b.or_(left, b.lshr(self.value, b.const(32 - bits, uint32))))


def _emit(b: Any, index: Any, shape: tuple[int, ...]) -> Any:
    position: Any = 0
    for i, step in zip(index, strides_of(shape), strict=True):
        position = i * step + position
    low = b.from_index(position, uint32) if index else b.const(0, uint32)
    large = math.prod(shape) > 1 << 32
    high = b.from_index(position // (1 << 32), uint32) if large else b.const(0, uint32)
    key = (_Lane(b, b.read(0, (0,))), _Lane(b, b.read(0, (1,))))
    word = threefry_block(
        _Lane(b, low),
        _Lane(b, high),
        key,
        lambda value, bits: value.rotate(bits),
        lambda number: _Lane(b, b.const(number, uint32)),
    )
    return word.value


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    for shape in ((5,), (3, 17), (), (0, 2)):
        key = rng.integers(0, 1 << 32, 2)
        yield Sample((key,), {"shape": shape}, differentiable=False)


threefry = Op(
    "threefry",
    infer=_infer,
    reference=_reference,
    grad=NOT_DIFFERENTIABLE,
    emit=Pull(_emit, cost=100),
    samples=_samples,
    dtypes=(uint32,),
)
