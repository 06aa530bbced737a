"""The wire format of protocol buffers: fields, varints, packed numbers.

Only what tf.train.Example and TensorProto need: wire types 0 (varint), 1 and 5 (fixed width) and
2 (length-delimited); https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from caudal.errors import DataLossError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MASK = (1 << 64) - 1


def varint(number: int) -> bytes:
    """An integer, 7 bits a byte; a negative one as its 64-bit two's complement.

    >>> varint(300)
    b'\\xac\\x02'
    """
    number &= _MASK
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def field(number: int, payload: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | BYTES) + varint(len(payload)) + payload


def number_field(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3 | VARINT) + varint(value)


def packed(numbers: Iterable[int]) -> bytes:
    """Varints one after another."""
    return b"".join(map(varint, numbers))


def _damaged(at: int, data: bytes, reason: str) -> DataLossError:
    return DataLossError(
        "A protocol buffer message of {count} bytes is damaged at byte {at}: {reason}.",
        count=len(data),
        at=at,
        reason=reason,
    )


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """(value from 0 to 2**64 - 1, the place after it)."""
    found = shift = 0
    for place in range(at, min(at + 10, len(data))):
        byte = data[place]
        found |= (byte & 127) << shift
        if byte < 128:
            return found & _MASK, place + 1
        shift += 7
    raise _damaged(at, data, "a varint does not end")


def signed(number: int) -> int:
    """A varint's value as an int64."""
    return number - (1 << 64) if number >> 63 else number


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """(field number, wire type, value): an int for varints, the bytes otherwise.

    Raises:
        DataLossError: the bytes are no message.
    """
    at = 0
    while at < len(data):
        tag, after = read_varint(data, at)
        number, kind = tag >> 3, tag & 7
        if not number:
            raise _damaged(at, data, "a field has number 0")
        if kind == VARINT:
            value, at = read_varint(data, after)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, after = read_varint(data, after)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise _damaged(at, data, f"unknown wire type {kind}")
        if size > len(data) - after:
            raise _damaged(at, data, f"a field of {size} bytes ends beyond the message")
        at = after + size
        yield number, kind, data[after:at]


def varints(data: bytes) -> list[int]:
    """Packed varints as int64 values."""
    if data and max(data) < 128:
        return list(data)
    found, at = [], 0
    while at < len(data):
        number, at = read_varint(data, at)
        found.append(signed(number))
    return found


def floats(data: bytes) -> list[float]:
    """Packed float32 numbers."""
    if len(data) % 4:
        raise _damaged(0, data, "packed floats end within a number")
    found: list[float] = np.frombuffer(data, "<f4").astype(float).tolist()
    return found
