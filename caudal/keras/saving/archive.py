"""``.keras``: a zip of metadata.json, config.json, model.weights.h5, and the layers' assets."""

from __future__ import annotations

import datetime
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO

import h5py

from caudal.errors import ResourceExhaustedError
from caudal.io.durable import replacing
from caudal.keras.engine.serialization import serialize_keras_object
from caudal.keras.saving.compile_config import compile_config
from caudal.keras.saving.hdf5 import Group, damaged, parse_json, reading_part, refused, to_json
from caudal.keras.saving.regions import Region
from caudal.keras.saving.weights_file import write_tree

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
# The sizes up to which members are read, and how much smaller than itself one may be packed.
_MOST_METADATA, _MOST_CONFIG, _MOST_SHRUNK = 1 << 20, 1 << 28, 1100
ASSETS, _MOST_ASSETS = "assets", 1 << 28
# As for weights: what is packed may unpack to four times the file and some spare.
_SPARE = 64 << 20
_DATE = (1980, 1, 1, 0, 0, 0)
_PIECE = 1 << 20
_SMALL = 1 << 22


def described(model: Any) -> list[tuple[str, bytes]]:
    """The members that say what the model is."""
    from caudal import keras

    configuration = serialize_keras_object(model)
    if hasattr(model, "compiled"):
        configuration["compile_config"] = compile_config(model)
    metadata = {
        "keras_version": keras.version(),
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
    }
    members = ((METADATA, metadata), (CONFIG, configuration))
    return [(name, to_json(value).encode()) for name, value in members]


def write_archive(
    path: str | os.PathLike[str], model: Any, assets: Iterable[tuple[str, bytes]] = ()
) -> None:
    """Saves a whole model, with further members; the file appears when it is complete."""
    with replacing(path) as target, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [*described(model), *assets]:
            _put(archive, name, data)
        _put_weights(archive, target, model)


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    with archive.open(zipfile.ZipInfo(name, _DATE), "w") as member:
        member.write(data)


def _put_weights(archive: zipfile.ZipFile, target: BinaryIO, model: Any) -> None:
    """The last member: HDF5 writes it where it will stand, and its header is made afterwards."""
    info = zipfile.ZipInfo(WEIGHTS, _DATE)
    info.header_offset = target.seek(0, os.SEEK_END)
    info.CRC = 0
    target.write(info.FileHeader(zip64=True))
    start = target.tell()
    with ThreadPoolExecutor(2) as helper:
        region = Region(target, start, helper)
        with h5py.File(region, "w") as file:
            write_tree(file, model)
        info.CRC = region.checksum()
    end = target.seek(0, os.SEEK_END)
    info.file_size = info.compress_size = end - start
    target.seek(info.header_offset)
    target.write(info.FileHeader(zip64=True))
    archive.filelist.append(info)
    archive.NameToInfo[info.filename] = info
    archive.start_dir = target.seek(end)


@contextmanager
def reading_archive(path: str | os.PathLike[str]) -> Iterator[Archive]:
    """An open archive whose members were checked.

    Raises:
        DataLossError: it is no zip, damaged, or made to do harm.
    """
    name = os.fspath(path)
    try:
        archive = zipfile.ZipFile(name)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OverflowError) as error:
        raise damaged(name, "zip directory", error) from error
    with archive:
        yield Archive(archive, name)


class Archive:
    """The members of a ``.keras`` file."""

    def __init__(self, archive: zipfile.ZipFile, file: str) -> None:
        self._archive = archive
        self.file = file
        self.size = os.stat(file).st_size
        self._members = self._checked()

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        members: dict[str, zipfile.ZipInfo] = {}
        end = 0
        for info in sorted(self._archive.infolist(), key=lambda info: info.header_offset):
            name = info.filename
            if name in members:
                raise refused(self.file, name, "the archive has two members of that name")
            self._check_name(info)
            if info.header_offset < end:
                raise refused(self.file, name, "it overlaps another member")
            end = info.header_offset + info.compress_size
            if end > self.size:
                raise damaged(self.file, name, "it ends behind the end of the file")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise refused(self.file, name, f"compression method {info.compress_type}")
            most = info.compress_size
            if info.compress_type == zipfile.ZIP_DEFLATED:
                most = info.compress_size * _MOST_SHRUNK
            if info.file_size > most:
                raise refused(
                    self.file,
                    name,
                    f"{info.compress_size} bytes that claim to unpack to {info.file_size}",
                )
            members[name] = info
        held = sum(
            info.file_size for name, info in members.items() if name.startswith(f"{ASSETS}/")
        )
        if held > 4 * self.size + _SPARE:
            raise refused(self.file, ASSETS, f"files that claim to unpack to {held} bytes")
        return members

    def _check_name(self, info: zipfile.ZipInfo) -> None:
        name = info.filename
        parts = name.split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\\" in name:
            raise refused(self.file, name, "its name leads out of the archive")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise refused(self.file, name, "it is a link")
        if info.flag_bits & 1:
            raise refused(self.file, name, "it is encrypted")
        if name not in (METADATA, CONFIG, WEIGHTS) and parts[0] != ASSETS:
            raise refused(self.file, name, "no such member belongs into a .keras file")

    def _info(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise damaged(self.file, name, "it is absent")
        return self._members[name]

    def json(self, name: str) -> Any:
        """A member that is JSON."""
        info = self._small(name, _MOST_CONFIG if name == CONFIG else _MOST_METADATA)
        return parse_json(self._read(info), self.file, name)

    def _small(self, name: str, most: int) -> zipfile.ZipInfo:
        """A member of at most so many bytes."""
        info = self._info(name)
        if info.file_size > most:
            raise ResourceExhaustedError(
                "{file}: member {member!r} has {size} bytes, more than {most}.",
                file=self.file,
                member=name,
                size=info.file_size,
                most=most,
            )
        return info

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        try:
            with self._archive.open(info) as member:
                data = member.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise damaged(self.file, info.filename, error) from error
        if len(data) != info.file_size:
            raise damaged(self.file, info.filename, f"it has {len(data)} bytes")
        return data

    def asset_names(self) -> list[str]:
        """The members that are assets."""
        return [name for name in self._members if name.startswith(f"{ASSETS}/")]

    def asset(self, name: str) -> bytes:
        """The bytes of an asset."""
        return self._read(self._small(name, _MOST_ASSETS))

    @contextmanager
    def weights(self, first: bool = False) -> Iterator[Group]:
        """The tree of weights; its checksum is compared before the block ends, or at ``first``."""
        info = self._info(WEIGHTS)
        name = f"{self.file}:{WEIGHTS}"
        if info.compress_type == zipfile.ZIP_DEFLATED:
            data = io.BytesIO(self._read(info))
            with reading_part(data, name, 0, info.file_size) as root:
                yield root
            return
        start = self._start(info)
        with ThreadPoolExecutor(1) as helper:
            sound = helper.submit(self._verify, info, start)
            if first or info.file_size < _SMALL:
                sound.result()
            try:
                with (
                    open(self.file, "rb") as file,
                    reading_part(file, name, start, info.file_size) as root,
                ):
                    yield root
            finally:
                # Whatever else is wrong, damage is the reason.
                sound.result()

    def _verify(self, info: zipfile.ZipInfo, start: int) -> None:
        """Compares the checksum of a stored member, a piece at a time."""
        crc, left, buffer = 0, info.file_size, memoryview(bytearray(_PIECE))
        try:
            # To be sure that both headers of the member agree.
            self._archive.open(info).close()
            with open(self.file, "rb") as file:
                file.seek(start)
                while left and (done := file.readinto(buffer[: min(left, _PIECE)])):
                    crc, left = zlib.crc32(buffer[:done], crc), left - done
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
            raise damaged(self.file, info.filename, error) from error
        if left or crc != info.CRC:
            raise damaged(self.file, info.filename, "its checksum differs")

    def _start(self, info: zipfile.ZipInfo) -> int:
        with open(self.file, "rb") as file:
            file.seek(info.header_offset + 26)
            lengths = file.read(4)
        name, extra = lengths[:2], lengths[2:]
        return (
            info.header_offset
            + 30
            + int.from_bytes(name, "little")
            + int.from_bytes(extra, "little")
        )
