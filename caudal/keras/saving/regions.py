"""Parts of files as files of their own, so that what stands inside needs no copy."""

from __future__ import annotations

import io
import os
from typing import Any, BinaryIO

from caudal.keras.saving.heaps import hide_endless


class Region(io.RawIOBase):
    """What follows in a file after some bytes, to be written."""

    def __init__(self, file: BinaryIO, start: int) -> None:
        super().__init__()
        self._file: Any = file
        self._start, self._at = start, 0

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
        done = int(self._file.write(data))
        self._at += done
        return done

    def truncate(self, size: int | None = None) -> int:
        """Ends the file there."""
        size = self._at if size is None else size
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
