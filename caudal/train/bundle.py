"""TensorFlow's tensor bundles: named arrays in an index table and files of plain bytes.

``PREFIX.index`` is a table of `BundleEntryProto` by name; the bytes are in
``PREFIX.data-SSSSS-of-NNNNN``. Checkpoints and the variables of a SavedModel have this form.
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from caudal.errors import (
    DataLossError,
    DTypeError,
    InvalidArgumentError,
    NotFoundError,
    UnimplementedError,
)
from caudal.io import wire
from caudal.io.crc import crc32c, mask
from caudal.io.durable import remove, replacing, write_whole
from caudal.ir.dtypes import ALL, DType, from_numpy
from caudal.train.table import read_table, table_bytes

Array = np.ndarray[Any, Any]
_BY_NUMBER = {dtype.as_datatype_enum: dtype for dtype in ALL}
_PIECE = 1 << 20


@dataclass
class Entry:
    """Where a tensor is: its dtype and shape, and its place in a shard, with the checksum."""

    number: int = 0
    shape: list[int] = field(default_factory=list)
    shard: int = 0
    offset: int = 0
    size: int = 0
    crc: int = 0
    sliced: bool = False

    def encoded(self) -> bytes:
        """A BundleEntryProto."""
        extents = b"".join(wire.field(2, _number(1, extent)) for extent in self.shape)
        found = _number(1, self.number) + wire.field(2, extents) + _number(3, self.shard)
        found += _number(4, self.offset) + _number(5, self.size)
        return found + wire.varint(6 << 3 | wire.FIXED32) + self.crc.to_bytes(4, "little")

    @classmethod
    def of(cls, data: bytes) -> Entry:
        """The entry of a BundleEntryProto's bytes."""
        found = cls()
        plain = {1: "number", 3: "shard", 4: "offset", 5: "size"}
        for number, _, value in wire.fields(data):
            if isinstance(value, bytes):
                if number == 2:
                    found.shape = _extents(value)
                elif number == 6:
                    found.crc = int.from_bytes(value, "little")
                elif number == 7:
                    found.sliced = True
            elif number in plain:
                setattr(found, plain[number], value)
        return found


def _number(place: int, value: int) -> bytes:
    """A number's field; zeros are left out."""
    return wire.number_field(place, value) if value else b""


def _extents(data: bytes) -> list[int]:
    found = []
    for number, _, dim in wire.fields(data):
        if number == 2 and isinstance(dim, bytes):
            sizes = [v for k, _, v in wire.fields(dim) if k == 1 and isinstance(v, int)]
            found.append(sizes[-1] if sizes else 0)
    return found


def shard_name(prefix: str, shard: int, count: int) -> str:
    """The name of a file of bytes.

    >>> shard_name("model", 0, 1)
    'model.data-00000-of-00001'
    """
    return f"{prefix}.data-{shard:05d}-of-{count:05d}"


# --- reading --------------------------------------------------------------------------------------


class BundleReader:
    """The arrays of a bundle, by name; the index is read and checked at once, the bytes on demand.

    Strings come as arrays of bytes objects.

    Raises:
        NotFoundError: no such checkpoint.
        DataLossError: the index is damaged, or claims what the files do not hold.
    """

    def __init__(self, prefix: str | os.PathLike[str]) -> None:
        self.prefix = os.fspath(prefix)
        self.file = f"{self.prefix}.index"
        self.num_shards, table = _read_index(self.file)
        self.entries = {}
        for key, value in table.items():
            name = key.decode("utf-8", "replace")
            try:
                self.entries[name] = Entry.of(value)
            except DataLossError as error:
                raise self._damaged(name, str(error)) from error
        self._check()

    def _damaged(self, name: str, reason: str) -> DataLossError:
        return DataLossError(
            "{file}: the tensor {name!r} cannot be read: {reason}. The checkpoint is damaged.",
            file=self.file,
            name=name,
            reason=reason,
        )

    def _check(self) -> None:
        """Looks at every size before anything is allocated."""
        sizes: dict[int, int] = {}
        ends: dict[int, int] = {}
        places = sorted(self.entries.items(), key=lambda item: (item[1].shard, item[1].offset))
        for name, entry in places:
            if entry.sliced:
                continue
            if entry.shard >= self.num_shards:
                raise self._damaged(name, f"it is in file {entry.shard} of {self.num_shards}")
            if entry.shard not in sizes:
                sizes[entry.shard] = self._size_of(entry.shard)
            if entry.offset + entry.size > sizes[entry.shard]:
                raise self._damaged(
                    name, f"it ends at byte {entry.offset + entry.size} of {sizes[entry.shard]}"
                )
            if entry.size and entry.offset < ends.get(entry.shard, 0):
                raise self._damaged(name, "it overlaps another tensor")
            ends[entry.shard] = max(ends.get(entry.shard, 0), entry.offset + entry.size)
            dtype = _BY_NUMBER.get(entry.number)
            if dtype is not None and dtype.name != "string":
                claimed = math.prod(entry.shape) * dtype.size
                if claimed != entry.size:
                    raise self._damaged(
                        name, f"shape {entry.shape} takes {claimed} bytes, it has {entry.size}"
                    )
            elif dtype is not None and math.prod(entry.shape) > entry.size:
                raise self._damaged(name, f"{entry.size} bytes hold no {entry.shape} strings")

    def _size_of(self, shard: int) -> int:
        path = shard_name(self.prefix, shard, self.num_shards)
        try:
            return os.stat(path).st_size
        except OSError as error:
            raise DataLossError(
                "{file}: the file {path} that belongs to it is missing.", file=self.file, path=path
            ) from error

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def keys(self) -> list[str]:
        """The names, in order."""
        return list(self.entries)

    def entry(self, name: str) -> Entry:
        """Where a tensor is.

        Raises:
            NotFoundError: there is no tensor of that name.
        """
        if name not in self.entries:
            raise NotFoundError(
                "Key {name} not found in checkpoint {prefix}", name=name, prefix=self.prefix
            )
        return self.entries[name]

    def dtype(self, name: str) -> DType:
        """A tensor's dtype.

        Raises:
            DTypeError: a kind that Caudal has no dtype for.
        """
        number = self.entry(name).number
        if number not in _BY_NUMBER:
            raise DTypeError(
                "{file}: the tensor {name!r} has the dtype number {number}, which is unknown.",
                file=self.file,
                name=name,
                number=number,
            )
        return _BY_NUMBER[number]

    def shape(self, name: str) -> list[int]:
        """A tensor's shape."""
        return list(self.entry(name).shape)

    def read(self, name: str) -> Array:
        """A tensor.

        Raises:
            NotFoundError: there is none of that name.
            DataLossError: its bytes are damaged.
            UnimplementedError: it is kept in slices, as partitioned variables of TensorFlow 1 are.
        """
        entry, dtype = self.entry(name), self.dtype(name)
        if entry.sliced:
            raise UnimplementedError(
                "{file}: the tensor {name!r} is kept in slices (a partitioned variable), which "
                "Caudal does not read.",
                file=self.file,
                name=name,
            )
        with open(shard_name(self.prefix, entry.shard, self.num_shards), "rb") as file:
            file.seek(entry.offset)
            if dtype.name == "string":
                return self._strings(name, entry, file.read(entry.size))
            array = np.empty(entry.shape, dtype.np_dtype)
            self._fill(name, entry, array, file)
        return array

    def _fill(self, name: str, entry: Entry, array: Array, file: BinaryIO) -> None:
        whole = _bytes_of(array)
        crc = 0
        for start in range(0, entry.size, _PIECE):
            piece = whole[start : start + _PIECE]
            if file.readinto(piece) != len(piece):  # type: ignore[attr-defined]
                raise self._damaged(name, "the file is truncated")
            crc = crc32c(piece, crc)
        if mask(crc) != entry.crc:
            raise self._damaged(name, "its checksum differs")

    def _strings(self, name: str, entry: Entry, data: bytes) -> Array:
        """Lengths as varints, their checksum, then the strings."""
        count, at = math.prod(entry.shape), 0
        lengths = []
        for _ in range(count):
            length, at = wire.read_varint(data, at)
            lengths.append(length)
        crc = _crc_of_lengths(lengths)
        stored, at = data[at : at + 4], at + 4
        if int.from_bytes(stored, "little") != mask(crc) or at + sum(lengths) != len(data):
            raise self._damaged(name, "the lengths of its strings are wrong")
        crc = crc32c(memoryview(data)[at:], crc32c(stored, crc))
        if mask(crc) != entry.crc:
            raise self._damaged(name, "its checksum differs")
        found = np.empty(count, object)
        for i, length in enumerate(lengths):
            found[i] = data[at : at + length]
            at += length
        return found.reshape(entry.shape)


def _bytes_of(array: Array) -> memoryview:
    """An array's memory."""
    plain: Any = array.reshape(-1).view(np.uint8)
    return memoryview(plain)


def _read_index(file: str) -> tuple[int, dict[bytes, bytes]]:
    """The number of shards, and the encoded entries by name."""
    try:
        with open(file, "rb") as opened:
            data = opened.read()
    except OSError as error:
        raise NotFoundError(
            "Unsuccessful: no checkpoint is found under {prefix!r} ({file}: {reason}).",
            prefix=file.removesuffix(".index"),
            file=file,
            reason=error.strerror,
        ) from error
    table = read_table(data, file)
    header = table.pop(b"", None)
    if header is None:
        raise DataLossError("{file}: the checkpoint has no header.", file=file)
    shards = 0
    for number, _, value in wire.fields(header):
        if number == 1 and isinstance(value, int):
            shards = value
        elif number == 2 and value:
            raise UnimplementedError("{file}: big-endian checkpoints are not read.", file=file)
    return shards, table


def _crc_of_lengths(lengths: Iterable[int]) -> int:
    """Long strings' lengths count 8 bytes in the checksum, others 4."""
    sizes = ((length, 4 if length < 1 << 32 else 8) for length in lengths)
    return crc32c(b"".join(length.to_bytes(size, "little") for length, size in sizes))


# --- writing --------------------------------------------------------------------------------------


def write_bundle(prefix: str | os.PathLike[str], tensors: Iterable[tuple[str, Any]]) -> None:
    """Writes named arrays (object arrays of bytes for strings) as a bundle of one shard.

    An older bundle of that name stays whole until the new index takes the place of its own: the
    new bytes go to a file whose name differs in the number of shards.

    Raises:
        InvalidArgumentError: two tensors of one name.
        UnwritableError: the file system refuses; an older checkpoint is unchanged.
    """
    prefix = os.fspath(prefix)
    count = 1 if _shards_in_use(prefix) != 1 else 2
    entries: dict[bytes, bytes] = {b"": _header(count)}
    with replacing(shard_name(prefix, 0, count)) as file:
        offset = 0
        for name, value in tensors:
            entry = _write_tensor(file, name, np.asarray(value))
            entry.offset = offset
            offset += entry.size
            if name.encode() in entries or not name:
                raise InvalidArgumentError(
                    "A checkpoint cannot hold two tensors of the name {name!r}.", name=name
                )
            entries[name.encode()] = entry.encoded()
    for shard in range(1, count):
        write_whole(shard_name(prefix, shard, count), b"")
    write_whole(f"{prefix}.index", table_bytes(entries))
    for shard in range(3 - count):
        remove(shard_name(prefix, shard, 3 - count))


def _shards_in_use(prefix: str) -> int:
    """How many shards the bundle has that is there now; 0 if there is none."""
    try:
        return _read_index(f"{prefix}.index")[0]
    except NotFoundError:
        return 0
    except (DataLossError, UnimplementedError):
        # Nothing worth keeping: any number will do.
        return 0


def _header(shards: int) -> bytes:
    """A BundleHeaderProto of version 1."""
    return wire.number_field(1, shards) + wire.field(3, wire.number_field(1, 1))


def _write_tensor(file: BinaryIO, name: str, array: Array) -> Entry:
    dtype = from_numpy(array.dtype)
    entry = Entry(dtype.as_datatype_enum, list(array.shape))
    if dtype.name == "string":
        texts = [_as_bytes(name, text) for text in array.reshape(-1).tolist()]
        crc = _crc_of_lengths(map(len, texts))
        head = wire.packed(map(len, texts))
        parts: list[Any] = [mask(crc).to_bytes(4, "little"), *texts]
        file.write(head)
        entry.size = len(head) + sum(map(len, parts))
    else:
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        parts = [_bytes_of(little)]
        crc, entry.size = 0, little.nbytes
    for part in parts:
        for start in range(0, len(part), _PIECE):
            piece = part[start : start + _PIECE]
            crc = crc32c(piece, crc)
            file.write(piece)
    entry.crc = mask(crc)
    return entry


def _as_bytes(name: str, value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        raise DTypeError(
            "checkpoint: the tensor {name!r} holds {received}, which is neither number nor string.",
            name=name,
            received=type(value).__name__,
        )
    return value
