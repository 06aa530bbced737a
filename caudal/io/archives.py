"""Archives that others packed: unpacked so that nothing lands outside of the folder."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caudal.errors import DataLossError, ResourceExhaustedError, UnimplementedError
from caudal.io.durable import UnwritableError

_KINDS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
# The last two are what tarfile lets through where a header has a number that no file can have.
_DAMAGES = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, ValueError, OverflowError)
_MOST_HEADER = 1 << 20


def unpack_tar(
    archive: Path, folder: Path, what: str, *, links: bool = True, most: int | None = None
) -> None:
    """Unpacks a tar, compressed or not, into a folder.

    Args:
        archive: the file.
        folder: where to; what is unpacked before an error stays there.
        what: the caller's name, for messages.
        links: whether links inside of the folder are made, or refused.
        most: the bytes that its files may have together; no limit by default.

    Raises:
        DataLossError: it is no tar, is damaged, or wants to write outside of the folder.
        ResourceExhaustedError: it holds more than ``most`` bytes.
        UnimplementedError: this Python cannot do it safely.
    """
    if not hasattr(tarfile, "data_filter"):
        raise UnimplementedError(
            "{what}: unpacking a tar safely needs Python 3.10.12, 3.11.4 or later; unpack "
            "{archive} by hand.",
            what=what,
            archive=str(archive),
        )
    try:
        with _opened(archive) as stream, _tar(stream) as source:
            members = _within(source, what, str(archive), links, most)
            source.extractall(folder, members, filter=_NothingBehindLinks())
    except (*_DAMAGES, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise UnwritableError(
                "{what}: cannot unpack into {folder}: {reason}.",
                what=what,
                folder=str(folder),
                reason=error.strerror,
            ) from error
        raise DataLossError(
            "{what}: cannot unpack {archive}: {reason}.",
            what=what,
            archive=str(archive),
            reason=str(error).partition(":\n")[0],
        ) from error


def _opened(archive: Path) -> Any:
    """The tar itself, whatever it is compressed by."""
    with open(archive, "rb") as file:
        begin = file.read(8)
    opener = next((one for mark, one in _KINDS.items() if begin.startswith(mark)), open)
    return opener(archive, "rb")


def _tar(stream: Any) -> tarfile.TarFile:
    capped: Any = _Capped(stream)
    return tarfile.open(fileobj=capped, mode="r:")


def is_tar(archive: Path) -> bool:
    """Whether a file begins as a tar, compressed or not.

    >>> is_tar(Path(__file__))
    False
    """
    try:
        with _opened(archive) as stream, _tar(stream):
            return True
    except (*_DAMAGES, OSError):
        return False


class _Capped:
    """A stream of which nobody asks more at once than a header can have.

    tarfile takes what a header says for the size of a name, and asks the system for the memory.
    """

    def __init__(self, stream: Any) -> None:
        self.seek, self.tell, self._stream = stream.seek, stream.tell, stream

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes."""
        found: bytes = self._stream.read(min(size, _MOST_HEADER) if size >= 0 else _MOST_HEADER)
        return found


def _within(
    source: Any, what: str, archive: str, links: bool, most: int | None
) -> Iterator[tarfile.TarInfo]:
    """The members, each looked at before it is unpacked."""
    total = 0
    for member in source:
        if not links and not (member.isreg() or member.isdir()):
            raise tarfile.FilterError(f"{member.name!r} is neither a file nor a folder")
        total += member.size
        if most is not None and total > most:
            raise ResourceExhaustedError(
                "{what}: {archive} holds more than {most} bytes: refused.",
                what=what,
                archive=archive,
                most=most,
            )
        yield member


class _NothingBehindLinks:
    """tarfile's "data" filter, and no path that leads through a link of the archive.

    Many Pythons' own filter is misled by chains of links whose paths grow too long for the system
    (CVE-2025-4517).
    """

    def __init__(self) -> None:
        self._links: set[str] = set()

    def __call__(self, member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
        own = os.path.normpath(member.name)
        paths = [own]
        if member.issym():
            # A link to a link beside it is no way out.
            paths.append(os.path.dirname(os.path.join(os.path.dirname(own), member.linkname)))
        elif member.islnk():
            paths.append(member.linkname)
        for path in paths:
            parts = os.path.normpath(path).split(os.sep)
            if self._links & {os.sep.join(parts[:end]) for end in range(1, len(parts) + 1)}:
                raise tarfile.FilterError(f"{member.name!r} leads through a link")
        if member.issym():
            self._links.add(own)
        return tarfile.data_filter(member, folder)
