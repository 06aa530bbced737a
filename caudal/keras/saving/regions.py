"""Parts of files as files of their own, so that what stands inside needs no copy."""

from __future__ import annotations

import bisect
import io
import os
import sys
import zlib
from concurrent.futures import Executor, Future
from typing import Any, BinaryIO

from caudal.io.crc import joined_crc32
from caudal.keras.saving.heaps import hide_endless

_LARGE = 1 << 20
_MUCH = 1 << 25
_PIECE = 1 << 20


class Region(io.RawIOBase):
    """What follows in a file after some bytes, to be written.

    Large pieces are summed by ``helper`` while they are written, so that `checksum` need not read
    them again, and the disk begins while others are still to come. The helper has two threads.
    """

    def __init__(self, file: BinaryIO, start: int, helper: Executor) -> None:
        super().__init__()
        self._file: Any = file
        self._start, self._at = start, 0
        self._helper = helper
        # By place: the ends and the sums of the pieces that nothing was written over.
        self._places: list[int] = []
        self._sums: dict[int, tuple[int, int]] = {}
        self._waiting = 0
        self._syncs: list[Future[None]] = []

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The position in the region."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """As a file's."""
        end = self._file.seek(0, os.SEEK_END) - self._start if whence == 2 else 0
        self._at = (0, self._at, end)[whence] + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Reads on."""
        self._file.seek(self._start + self._at)
        done = int(self._file.readinto(buffer))
        self._at += done
        return done

    def write(self, data: Any) -> int:
        """Writes on."""
        self._file.seek(self._start + self._at)
        size = memoryview(data).nbytes
        self._forget(self._at, self._at + size)
        if size < _LARGE:
            done = int(self._file.write(data))
        else:
            summing = self._helper.submit(zlib.crc32, data)
            done = int(self._file.write(data))
            bisect.insort(self._places, self._at)
            self._sums[self._at] = (self._at + done, summing.result())
            self._waiting += done
            if self._waiting >= _MUCH:
                self._waiting = 0
                self._syncs.append(self._helper.submit(os.fsync, self._file.fileno()))
        self._at += done
        return done

    def _forget(self, start: int, end: int) -> None:
        """Drops the sums of what is written over."""
        first = max(0, bisect.bisect_right(self._places, start) - 1)
        last = bisect.bisect_left(self._places, end)
        for place in self._places[first:last]:
            if self._sums[place][0] > start:
                del self._sums[place]
                self._places.remove(place)

    def checksum(self) -> int:
        """zlib's CRC-32 of everything.

        Raises:
            OSError: the disk refused what was written meanwhile.
        """
        for sync in self._syncs:
            sync.result()
        crc = at = 0
        for place in self._places:
            crc = self._read(at, place, crc)
            at, piece = self._sums[place]
            crc = joined_crc32(crc, piece, at - place)
        return self._read(at, self.seek(0, os.SEEK_END), crc)

    def _read(self, start: int, end: int, crc: int) -> int:
        """The sum of what was summed before and of some bytes that are read for it."""
        self._file.seek(self._start + start)
        for at in range(start, end, _PIECE):
            crc = zlib.crc32(self._file.read(min(_PIECE, end - at)), crc)
        return crc

    def truncate(self, size: int | None = None) -> int:
        """Ends the file there."""
        size = self._at if size is None else size
        self._forget(size, sys.maxsize)
        self._file.truncate(self._start + size)
        return size


class Part(io.RawIOBase):
    """An HDF5 file, or one that is a region of another, so that stored weights need no copy."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file: Any = file
        self._start, self._size, self._at = start, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The position in the region."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """As a file's."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Reads no farther than the region."""
        count = max(0, min(len(buffer), self._size - self._at))
        self._file.seek(self._start + self._at)
        done = int(self._file.readinto(memoryview(buffer)[:count]))
        hide_endless(memoryview(buffer)[:done], self._between)
        self._at += done
        return done

    def _between(self, start: int, end: int) -> bytes:
        """Bytes that follow the place where reading goes on."""
        start, end = (min(self._at + place, self._size) for place in (start, end))
        self._file.seek(self._start + start)
        return bytes(self._file.read(max(0, end - start)))
