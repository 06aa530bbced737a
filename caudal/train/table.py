"""Sorted tables of keys and values in one file: the index of a checkpoint.

A file is data blocks, an index block that gives each block's last key and place, and a footer of 48
bytes with a magic number; keys in a block leave out what they share with the one before. Blocks
have checksums and may be packed by Snappy.
https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Mapping

from caudal.errors import DataLossError
from caudal.io import wire
from caudal.io.crc import masked_crc

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_BLOCK = 256 << 10
_SHARED_RUN = 16
"""How many keys in a row may leave out what they share."""
_MOST = 1 << 30


def table_bytes(entries: Mapping[bytes, bytes]) -> bytes:
    """The file that holds these entries.

    >>> read_table(table_bytes({b"b": b"2", b"a": b"1"}), "example")
    {b'a': b'1', b'b': b'2'}
    """
    file = bytearray()
    places: list[tuple[bytes, bytes]] = []
    blocks: list[list[tuple[bytes, bytes]]] = []
    pending: list[tuple[bytes, bytes]] = []
    size = 0
    for key in sorted(entries):
        pending.append((key, entries[key]))
        size += len(key) + len(entries[key])
        if size >= _BLOCK:
            blocks.append(pending)
            pending, size = [], 0
    blocks += [pending] if pending else []
    for block, following in itertools.zip_longest(blocks, blocks[1:]):
        last = _between(block[-1][0], following[0][0] if following else None)
        places.append((last, _append(file, _block(block, _SHARED_RUN))))
    meta = _append(file, _block([], 1))
    index = _append(file, _block(places, 1))
    file += (meta + index).ljust(_FOOTER - 8, b"\0") + struct.pack("<Q", _MAGIC)
    return bytes(file)


def _between(last: bytes, following: bytes | None) -> bytes:
    """A short key that is not below a block's last and, if there is more, below the next."""
    shared = 0 if following is None else _shared(last, following)
    for at in range(shared, len(last)):
        if last[at] == 255:
            continue
        if following is None or (at < len(following) and last[at] + 1 < following[at]):
            return last[:at] + bytes([last[at] + 1])
        break
    return last


def _shared(a: bytes, b: bytes) -> int:
    """How many bytes two keys have in common at the start."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _append(file: bytearray, block: bytes) -> bytes:
    """Adds a block and its trailer; gives its handle."""
    handle = wire.varint(len(file)) + wire.varint(len(block))
    kind = b"\0"
    file += block + kind + struct.pack("<I", masked_crc(block + kind))
    return handle


def _block(entries: list[tuple[bytes, bytes]], run: int) -> bytes:
    found = bytearray()
    restarts: list[int] = []
    before = b""
    for number, (key, value) in enumerate(entries):
        shared = 0
        if number % run == 0:
            restarts.append(len(found))
        else:
            shared = _shared(before, key)
        found += wire.packed((shared, len(key) - shared, len(value))) + key[shared:] + value
        before = key
    restarts = restarts or [0]
    found += struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))
    return bytes(found)


def read_table(data: bytes, file: str) -> dict[bytes, bytes]:
    """The entries of a table, in the order of their keys.

    Raises:
        DataLossError: the bytes are no table, or damaged; the message names ``file``.
    """
    if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise _damaged(file, len(data), "it is no table")
    footer = data[-_FOOTER:]
    found: dict[bytes, bytes] = {}
    with _naming(file):
        at = 0
        handle = []
        for _ in range(4):
            number, at = wire.read_varint(footer, at)
            handle.append(number)
        if any(footer[at:-8]):
            raise _damaged(file, len(data) - _FOOTER + at, "the footer is not empty")
        _read_block(data, handle[0], handle[1], file)
        budget = max(_MOST, 64 * len(data))
        for _, place in _entries(_read_block(data, handle[2], handle[3], file), file):
            start, at = wire.read_varint(place, 0)
            size, _ = wire.read_varint(place, at)
            block = _read_block(data, start, size, file)
            budget -= len(block)
            if budget < 0:
                raise _damaged(file, start, "its blocks overlap")
            for key, value in _entries(block, file):
                if found and key <= next(reversed(found)):
                    raise _damaged(file, start, "its keys are not in order")
                found[key] = value
    return found


class _naming:
    """Damage found by the reader of varints becomes an error that names the file."""

    def __init__(self, file: str) -> None:
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DataLossError) and not isinstance(error, DamagedTableError):
            raise _damaged(self._file, 0, str(error)) from error


class DamagedTableError(DataLossError):
    """A table of a checkpoint is damaged."""


def _damaged(file: str, at: int, reason: str) -> DamagedTableError:
    return DamagedTableError(
        "{file}: the index table is damaged at byte {at}: {reason}.",
        file=file,
        at=at,
        reason=reason,
    )


def _read_block(data: bytes, start: int, size: int, file: str) -> bytes:
    end = start + size
    if end + 5 > len(data) - _FOOTER:
        raise _damaged(file, start, "a block ends beyond the file")
    whole, kind = data[start : end + 1], data[end]
    if struct.unpack("<I", data[end + 1 : end + 5])[0] != masked_crc(whole):
        raise _damaged(file, start, "a block's checksum differs")
    if kind == 0:
        return whole[:-1]
    if kind == 1:
        return unpack_snappy(whole[:-1], file)
    raise _damaged(file, start, f"blocks are packed in the unknown way {kind}")


def _entries(block: bytes, file: str) -> Iterator[tuple[bytes, bytes]]:
    if len(block) < 4:
        raise _damaged(file, 0, "a block is too short")
    end = len(block) - 4 * (struct.unpack("<I", block[-4:])[0] + 1)
    if end < 0:
        raise _damaged(file, 0, "a block has more restarts than bytes")
    at, before = 0, b""
    while at < end:
        shared, at = wire.read_varint(block, at)
        own, at = wire.read_varint(block, at)
        size, at = wire.read_varint(block, at)
        if shared > len(before) or at + own + size > end:
            raise _damaged(file, at, "an entry ends beyond its block")
        before = before[:shared] + block[at : at + own]
        yield before, block[at + own : at + own + size]
        at += own + size


def unpack_snappy(data: bytes, file: str) -> bytes:
    """Snappy's bytes unpacked (https://github.com/google/snappy/blob/main/format_description.txt).

    >>> unpack_snappy(bytes([6, 1 << 2, 97, 98, 3 << 2 | 2, 2, 0]), "example")
    b'ababab'
    """
    size, at = wire.read_varint(data, 0)
    # A copy makes 64 bytes of three at most.
    if size > 32 * len(data) + 64:
        raise _damaged(file, 0, f"{len(data)} packed bytes claim to be {size}")
    found = bytearray()
    while at < len(data):
        kind, more = data[at] & 3, data[at] >> 2
        at += 1
        if kind == 0:
            width = max(0, more - 59)
            length = (int.from_bytes(data[at : at + width], "little") if width else more) + 1
            at += width
            found += data[at : at + length]
            at += length
            continue
        width = (0, 1, 2, 4)[kind]
        back = int.from_bytes(data[at : at + width], "little")
        at += width
        length = more + 1
        if kind == 1:
            length, back = (more & 7) + 4, (more >> 3) << 8 | back
        if not 0 < back <= len(found) or len(found) + length > size:
            raise _damaged(file, at, "a packed block refers to bytes that it lacks")
        start = len(found) - back
        found += bytes(itertools.islice(itertools.cycle(found[start : start + length]), length))
    if len(found) != size:
        raise _damaged(file, 0, "a packed block is cut off")
    return bytes(found)
