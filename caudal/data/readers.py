"""Datasets of the records and lines of files."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal.array.arguments import static_int
from caudal.data.dataset import Dataset
from caudal.data.nodes import UNKNOWN_CARDINALITY, Node
from caudal.errors import DataLossError, InvalidArgumentError
from caudal.framework import TensorSpec
from caudal.io.files import refusal
from caudal.io.records import compression_of, records
from caudal.ir.dtypes import string
from caudal.strings.arguments import strings_of


class Files(Node):
    """What a reader finds in each of some files, one after another."""

    def __init__(self, name: str, filenames: Any, read: Callable[[str], Iterator[bytes]]) -> None:
        self.name, self.read = name, read
        self.source = filenames.node if isinstance(filenames, Dataset) else None
        if self.source is None:
            paths = [os.fspath(f) if isinstance(f, os.PathLike) else f for f in _listed(filenames)]
            self.paths = strings_of(name, paths).reshape(-1)

    @property
    def spec(self) -> Any:
        """A string scalar."""
        return TensorSpec([], string)

    def cardinality(self) -> int:
        """Not known before reading."""
        return UNKNOWN_CARDINALITY

    def rows(self) -> Iterator[Any]:
        """The strings of all files."""
        paths: Any = self.paths if self.source is None else self.source.rows()
        for path in paths:
            for record in self.read(os.fsdecode(_plain(path))):
                found = np.empty((), object)
                found[()] = record
                yield found


def _plain(path: Any) -> bytes:
    """The one string of an array."""
    return bytes(np.asarray(path, object)[()])


def _listed(filenames: Any) -> list[Any]:
    if isinstance(filenames, list | tuple):
        return list(filenames)
    if isinstance(filenames, str | bytes | os.PathLike):
        return [filenames]
    return list(strings_of("filenames", filenames).reshape(-1))


def _content(path: str, compression: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise refusal(path, error) from error
    if not compression:
        return data
    try:
        return gzip.decompress(data) if compression == "GZIP" else zlib.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataLossError(
            "{path}: expected {kind} data: {reason}.",
            path=path,
            kind=compression,
            reason=str(error),
        ) from error


class TFRecordDataset(Dataset):
    """The records of TFRecord files, as strings.

    Args:
        filenames: a path, several, or a dataset of them.
        compression_type: "", "ZLIB" or "GZIP".
        buffer_size, num_parallel_reads: taken for compatibility; files are read in order.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        kind = compression_of(compression_type)
        super().__init__(Files("TFRecordDataset", filenames, lambda path: records(path, kind)))


class TextLineDataset(Dataset):
    """The lines of text files, without their ends, as strings.

    Args:
        filenames: a path, several, or a dataset of them.
        compression_type: "", "ZLIB" or "GZIP".
        buffer_size, num_parallel_reads: taken for compatibility; files are read in order.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        kind = compression_of(compression_type)
        super().__init__(Files("TextLineDataset", filenames, lambda path: _lines(path, kind)))


def _lines(path: str, compression: str) -> Iterator[bytes]:
    if compression:
        parts = _content(path, compression).split(b"\n")
        lines = iter(parts[:-1] if not parts[-1] else parts)
        yield from (line.removesuffix(b"\r") for line in lines)
        return
    try:
        with open(path, "rb") as file:
            for line in file:
                yield line.removesuffix(b"\n").removesuffix(b"\r")
    except OSError as error:
        raise refusal(path, error) from error


class FixedLengthRecordDataset(Dataset):
    """Pieces of a fixed number of bytes of binary files, as strings.

    Args:
        filenames: a path, several, or a dataset of them.
        record_bytes: the size of a piece.
        header_bytes, footer_bytes: what is left out at both ends of each file.
        compression_type: "", "ZLIB" or "GZIP".
        buffer_size, num_parallel_reads: taken for compatibility; files are read in order.
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
        name: str | None = None,
    ) -> None:
        kind = compression_of(compression_type)
        size = static_int(record_bytes, "FixedLengthRecordDataset: record_bytes")
        head, foot = (
            0 if n is None else static_int(n, "FixedLengthRecordDataset")
            for n in (header_bytes, footer_bytes)
        )

        def read(path: str) -> Iterator[bytes]:
            data = _content(path, kind)
            body = data[head : len(data) - foot]
            if size < 1 or len(body) % size:
                raise InvalidArgumentError(
                    "FixedLengthRecordDataset: expected the body of {path} to be a multiple of "
                    "{size} bytes, received {count}.",
                    path=path,
                    size=size,
                    count=len(body),
                )
            return (body[at : at + size] for at in range(0, len(body), size))

        super().__init__(Files("FixedLengthRecordDataset", filenames, read))
