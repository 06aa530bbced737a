"""TFRecord files: records with their length and masked CRC-32C checksums.

A record is: length (uint64, little endian), checksum of the length, data, checksum of the data.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from caudal.errors import DataLossError, InvalidArgumentError, NotFoundError
from caudal.io.crc import masked_crc
from caudal.io.growing import GrowingFile

_MOST = 1 << 40


class TFRecordOptions:
    """How records are compressed: ``compression_type`` is "", "GZIP" or "ZLIB"."""

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: Any = None,
        input_buffer_size: Any = None,
        output_buffer_size: Any = None,
        window_bits: Any = None,
        compression_level: Any = None,
        compression_method: Any = None,
        mem_level: Any = None,
        compression_strategy: Any = None,
    ) -> None:
        self.compression_type = compression_of(compression_type)
        self.compression_level = -1 if compression_level is None else int(compression_level)


def compression_of(kind: Any) -> str:
    """The name of a compression, "" for none."""
    if isinstance(kind, TFRecordOptions):
        return kind.compression_type
    if isinstance(kind, bytes):
        kind = kind.decode()
    if kind in (None, 0, ""):
        return ""
    if kind not in ("GZIP", "ZLIB"):
        raise InvalidArgumentError(
            "TFRecord: expected compression_type '', 'GZIP' or 'ZLIB', received {received!r}.",
            received=kind,
        )
    return str(kind)


class TFRecordWriter:
    """Writes records to a file; a context manager.

    What was flushed can be read while the file grows. An older file of that name stays until the
    first `flush`, or until `close`, after which everything is on the disk.

    Args:
        path: the file, replaced if it exists.
        options: "GZIP", "ZLIB" or a `TFRecordOptions`.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        self._kind = compression_of(options)
        level = getattr(options, "compression_level", -1)
        try:
            self._under = GrowingFile(os.fspath(path))
        except OSError as error:
            raise NotFoundError(
                "TFRecordWriter: cannot write {path}: {reason}.", path=path, reason=error.strerror
            ) from error
        self._file: Any = self._under
        self._packer: Any = None
        if self._kind == "GZIP":
            level = 9 if level < 0 else level
            self._file = gzip.GzipFile("", "wb", level, self._under.file, mtime=0)
        elif self._kind == "ZLIB":
            self._packer = zlib.compressobj(level)

    def write(self, record: bytes) -> None:
        """Adds a record."""
        if hasattr(record, "numpy"):
            record = record.numpy()
        if isinstance(record, str):
            record = record.encode()
        if self._file is None:
            raise InvalidArgumentError("TFRecordWriter.write: the writer is closed.")
        length = struct.pack("<Q", len(record))
        head = length + struct.pack("<I", masked_crc(length))
        whole = head + record + struct.pack("<I", masked_crc(record))
        self._file.write(self._packer.compress(whole) if self._packer else whole)

    def flush(self) -> None:
        """Hands what was written to the system."""
        if self._file is not None:
            if self._packer:
                self._file.write(self._packer.flush(zlib.Z_SYNC_FLUSH))
            self._file.flush()
            self._under.flush()

    def close(self) -> None:
        """Ends the file."""
        if self._file is None:
            return
        if self._packer:
            self._file.write(self._packer.flush())
        if self._file is not self._under:
            self._file.close()
        self._under.close()
        self._file = None

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, *info: object) -> None:
        self.close()


class _Inflating:
    """The bytes of a ZLIB stream, as a file to read from."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._unpacker, self._rest = file, zlib.decompressobj(), b""

    def read(self, count: int) -> bytes:
        """Up to ``count`` bytes."""
        while len(self._rest) < count and not self._unpacker.eof:
            data = self._unpacker.unconsumed_tail or self._file.read(1 << 16)
            if not data:
                break
            self._rest += self._unpacker.decompress(data, 1 << 20)
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def close(self) -> None:
        """Closes the file below."""
        self._file.close()


def records(path: str, compression: str = "") -> Iterator[bytes]:
    """The records of a file.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: the file is damaged; the message names it and the byte.
    """
    try:
        plain = open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise NotFoundError("{path}; {reason}", path=path, reason=error.strerror) from error
    file: Any = plain
    if compression == "GZIP":
        file = gzip.GzipFile(fileobj=plain)
    elif compression == "ZLIB":
        file = _Inflating(plain)
    at = 0
    try:
        while True:
            record = _next(file, path, at)
            if record is None:
                return
            yield record
            at += len(record) + 16
    except (OSError, EOFError, zlib.error) as error:
        raise _lost(path, at, str(error)) from error
    finally:
        file.close()
        plain.close()


def _lost(path: str, at: int, reason: str) -> DataLossError:
    return DataLossError(
        "TFRecord file {path}: {reason} in the record at byte {at}.",
        path=path,
        reason=reason,
        at=at,
    )


def _next(file: Any, path: str, at: int) -> bytes | None:
    head = file.read(12)
    if not head:
        return None
    if len(head) < 12:
        raise _lost(path, at, "truncated length")
    (length,) = struct.unpack("<Q", head[:8])
    if struct.unpack("<I", head[8:])[0] != masked_crc(head[:8]) or length > _MOST:
        raise _lost(path, at, "damaged length (is this a TFRecord file, and this compressed so?)")
    parts, missing = [], length + 4
    while missing:
        # Piece by piece: a wrong length must not ask for more memory than the file has bytes.
        part = file.read(min(missing, 1 << 24))
        if not part:
            raise _lost(path, at, "truncated data")
        parts.append(part)
        missing -= len(part)
    whole = b"".join(parts)
    data = whole[:-4]
    if struct.unpack("<I", whole[-4:])[0] != masked_crc(data):
        raise _lost(path, at, "damaged data")
    return data
