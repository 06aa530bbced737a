"""HDF5's global heaps, looked at before the library sees them.

libhdf5 2.0 never comes back from a heap that has an object of no size. Texts of any length are in
such heaps, so every block of metadata that the library reads is searched for them.
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html (III.E)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

_MARK = b"GCOL\x01"
_HEAD = 16
# Up to here the library may read more at once than it wants; beyond, a heap is at the start.
_MOST_JOINED = 1 << 20


def hide_endless(buffer: memoryview, rest: Callable[[int, int], bytes]) -> None:
    """Wipes out the marks of heaps that the library would not find the end of.

    buffer: what it is about to get. rest: gives bytes of the file from a place, counted from the
    buffer's start, to another.
    """
    for at in _marks(buffer):
        size = int.from_bytes(rest(at + 8, at + _HEAD), "little")
        if _is_endless(rest(at + _HEAD, at + size)):
            buffer[at : at + len(_MARK)] = bytes(len(_MARK))


def _marks(buffer: memoryview) -> Iterator[int]:
    if len(buffer) > _MOST_JOINED:
        if buffer[: len(_MARK)] == _MARK:
            yield 0
        return
    data = bytes(buffer)
    at = data.find(_MARK)
    while at >= 0:
        yield at
        at = data.find(_MARK, at + 1)


def _is_endless(objects: bytes) -> bool:
    """Whether one of a heap's objects takes no space: index, references, size, content."""
    at = 0
    while at + _HEAD <= len(objects):
        size = int.from_bytes(objects[at + 8 : at + _HEAD], "little")
        if any(objects[at : at + 2]):
            # The library's arithmetic has 64 bits.
            size = (_HEAD + ((size + 7) & ~7)) & 0xFFFFFFFFFFFFFFFF
        if not size:
            return True
        at += size
    return False
