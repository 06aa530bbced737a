"""CRC-32C, the checksum of TFRecord files, checkpoints and event files (RFC 3720).

And for zip archives: zlib's CRC-32 of a whole from those of its parts.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_POLYNOMIAL = 0x82F63B78
"""Castagnoli's polynomial, bits reversed (RFC 3720)."""
_LANE = 64
_PIECE = 1 << 20


@functools.cache
def _table() -> Array:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table.astype(np.uint32)


@functools.cache
def _small_table() -> tuple[int, ...]:
    return tuple(int(n) for n in _table())


def _shift(tables: Array, state: Array) -> Array:
    """A checksum register after the zero bytes that the tables stand for."""
    found = tables[0][state & 255] ^ tables[1][(state >> 8) & 255]
    return np.asarray(found ^ tables[2][(state >> 16) & 255] ^ tables[3][state >> 24])


@functools.cache
def _shift_tables(level: int) -> Array:
    """uint32 [4, 256]: a byte of the register after ``_LANE * 2**level`` zero bytes."""
    if level:
        half = _shift_tables(level - 1)
        return _shift(half, half)
    state = np.arange(256, dtype=np.uint32)[None, :] << (8 * np.arange(4, dtype=np.uint32)[:, None])
    for _ in range(_LANE):
        state = (state >> 8) ^ _table()[state & 255]
    return np.asarray(state)


def crc32c(data: bytes | bytearray | memoryview, before: int = 0) -> int:
    """The CRC-32C of some bytes, going on from that of those before.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    >>> crc32c(b"6789", crc32c(b"12345")) == crc32c(b"123456789")
    True
    """
    view = memoryview(data)
    if not view.nbytes:
        return before
    view = view.cast("B")
    register = before ^ 0xFFFFFFFF
    # Pieces bound the memory that the lanes need.
    for start in range(0, len(view), _PIECE):
        register = _after(view[start : start + _PIECE], register)
    return register ^ 0xFFFFFFFF


def _after(data: memoryview, register: int) -> int:
    """The register after some bytes.

    Long data is cut into lanes that are read side by side; the register is linear in the data, so
    that the lanes' registers are shifted and added, two by two.
    """
    if len(data) < 8 * _LANE:
        table = _small_table()
        for byte in data:
            register = (register >> 8) ^ table[(register ^ byte) & 255]
        return register
    lanes = 1 << (-(-len(data) // _LANE) - 1).bit_length()
    padded = np.zeros(lanes * _LANE, np.uint8)
    start = len(padded) - len(data)
    padded[start:] = np.frombuffer(data, np.uint8)
    # A register at the start is the same as its bits added to the first four bytes.
    padded[start : start + 4] ^= np.frombuffer(register.to_bytes(4, "little"), np.uint8)
    columns = np.ascontiguousarray(padded.reshape(lanes, _LANE).T)
    state_of = np.zeros(lanes, np.uint32)
    table_of = _table()
    for column in columns:
        state_of = (state_of >> 8) ^ table_of[(state_of ^ column) & 255]
    level = 0
    while len(state_of) > 1:
        state_of = _shift(_shift_tables(level), state_of[0::2]) ^ state_of[1::2]
        level += 1
    return int(state_of[0])


def mask(crc: int) -> int:
    """A checksum that may itself stand in checksummed data."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def masked_crc(data: bytes | bytearray | memoryview) -> int:
    """The masked checksum of some bytes."""
    return mask(crc32c(data))


_ZIP_POLYNOMIAL = 0xEDB88320
"""CRC-32's, bits reversed: the highest bit stands for x**0."""
_ONE = 1 << 31


def joined_crc32(first: int, second: int, size: int) -> int:
    """The CRC-32 of two pieces of data, of which the second has ``size`` bytes.

    The first sum times x**(8 size), modulo the polynomial, plus the second.

    >>> import zlib
    >>> joined_crc32(zlib.crc32(b"12345"), zlib.crc32(b"6789"), 4) == zlib.crc32(b"123456789")
    True
    """
    power, square, count = _ONE, _ONE >> 8, size
    while count:
        if count & 1:
            power = _product(power, square)
        square = _product(square, square)
        count >>= 1
    return _product(first, power) ^ second


def _product(a: int, b: int) -> int:
    """Of two polynomials, modulo CRC-32's."""
    found = 0
    for place in range(31, -1, -1):
        if a >> place & 1:
            found ^= b
        b = (b >> 1) ^ (_ZIP_POLYNOMIAL if b & 1 else 0)
    return found
