"""HDF5 files read with suspicion: every link, shape and size is looked at before it is used."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import h5py
import ml_dtypes
import numpy as np

from caudal.errors import DataLossError, InvalidArgumentError
from caudal.keras.saving.regions import Part

# Deflate can shrink by 1032 at most; more than that nobody packed honestly.
_MOST_SHRUNK = 1100
# Filters inside the library itself: deflate, shuffle, fletcher32, lzf. Others are plug-ins.
_FILTERS = {1, 2, 3, 32000}
_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, MemoryError)
_PLAIN_TYPES = {h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING}
_ARRAY_TYPES = {h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM, h5py.h5t.OPAQUE}
_MOST_MEMBERS = 1_000_000


class UnsafeFileError(DataLossError, ValueError):
    """A file asks for something that no honest writer makes."""


def damaged(file: str, member: str, reason: Any) -> DataLossError:
    """The error for a file that cannot be what its name says."""
    return _Damaged(
        "{file}: member {member!r} cannot be read: {reason}. The file is damaged, truncated or of "
        "another format.",
        file=file,
        member=member,
        reason=reason,
    )


def refused(file: str, member: str, reason: str) -> UnsafeFileError:
    """The error for a file that is refused for safety."""
    return UnsafeFileError(
        "{file}: member {member!r} is refused: {reason}.", file=file, member=member, reason=reason
    )


class _Damaged(DataLossError, ValueError):
    """Keras raises a ValueError or an OSError here."""


class Group:
    """A group of an HDF5 file, or of one inside an archive."""

    def __init__(self, group: Any, file: str, size: int) -> None:
        self._group = group
        self.file = file
        self.size = size

    @property
    def path(self) -> str:
        """The place in the file."""
        return str(self._group.name or "/")

    def member(self, name: str) -> str:
        """The full name of something inside."""
        return f"{self.path.rstrip('/')}/{name}"

    def keys(self) -> list[str]:
        """The names inside."""
        with self._guard("*"):
            return list(self._group.keys())

    def _entry(self, name: str) -> Any:
        """A child, after a look at the link."""
        with self._guard(name):
            parent = self._group
            for part in name.split("/"):
                if not isinstance(parent, h5py.Group) or part in ("", "."):
                    return None
                link = parent.get(part, getlink=True)
                if link is None:
                    return None
                if not isinstance(link, h5py.HardLink):
                    raise refused(
                        self.file, self.member(name), f"it is a {type(link).__name__}, not data"
                    )
                parent = parent[part]
            return parent

    def __contains__(self, name: str) -> bool:
        return self._entry(name) is not None

    def group(self, name: str) -> Group | None:
        """The group of that name, if there is one."""
        entry = self._entry(name)
        if entry is None:
            return None
        if not isinstance(entry, h5py.Group):
            raise damaged(self.file, self.member(name), "expected a group")
        return Group(entry, self.file, self.size)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of an array inside."""
        return tuple(int(extent) for extent in self._dataset(name).shape)

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """An array inside."""
        dataset = self._dataset(name)
        with self._guard(name):
            value = np.asarray(dataset[()])
            if dataset.dtype.kind == "V":
                value = value.view(ml_dtypes.bfloat16)
            return value

    def fill(self, name: str, variable: Any) -> None:
        """Reads an array into a variable's own memory, where both are of one kind."""
        dataset = self._dataset(name)
        kind = variable.dtype.np_dtype
        if dataset.dtype != kind or dataset.shape != tuple(variable.shape) or not dataset.size:
            variable.assign(self.read(name).astype(kind, copy=False))
            return
        with self._guard(name):
            dataset.read_direct(variable.exclusive_array())

    def _dataset(self, name: str) -> Any:
        entry = self._entry(name)
        if not isinstance(entry, h5py.Dataset):
            raise damaged(
                self.file, self.member(name), "it is absent" if entry is None else "not an array"
            )
        with self._guard(name):
            self._check(entry, self.member(name))
        return entry

    def _check(self, dataset: Any, member: str) -> None:
        if dataset.is_virtual:
            raise refused(self.file, member, "virtual datasets read other files")
        plist = dataset.id.get_create_plist()
        if plist.get_external_count():
            raise refused(self.file, member, "external datasets read other files")
        if dataset.id.get_type().get_class() not in _ARRAY_TYPES:
            raise refused(self.file, member, f"arrays of type {dataset.dtype} are not weights")
        dtype = dataset.dtype
        marked = dtype.kind == "V" and dtype.itemsize == 2 and "dtype" in dataset.attrs
        if dtype.kind not in "fiub" and not marked:
            raise refused(self.file, member, f"arrays of type {dtype} are not weights")
        for i in range(plist.get_nfilters()):
            if plist.get_filter(i)[0] not in _FILTERS:
                raise refused(self.file, member, "it needs an HDF5 plug-in")
        if dataset.shape is None:
            raise damaged(self.file, member, "it is empty")
        claimed = math.prod(int(extent) for extent in dataset.shape) * dtype.itemsize
        stored = int(dataset.id.get_storage_size())
        if stored > self.size:
            raise damaged(self.file, member, f"it claims {stored} of {self.size} bytes")
        most = stored if dataset.chunks is None else stored * _MOST_SHRUNK
        if dataset.chunks is not None:
            claimed = max(claimed, math.prod(map(int, dataset.chunks)) * dtype.itemsize)
        if claimed > most:
            raise refused(
                self.file,
                member,
                f"its shape {tuple(dataset.shape)} claims {claimed} bytes, and it holds {stored}",
            )

    def attribute(self, name: str) -> Any:
        """An attribute, or None."""
        with self._guard("@" + name):
            attributes = self._group.attrs
            if name not in attributes:
                return None
            handle = attributes.get_id(name)
            if handle.get_type().get_class() not in _PLAIN_TYPES:
                # libhdf5 2.0 dies of damaged types of variable length that are no texts.
                raise refused(self.file, self.member("@" + name), "it is neither text nor number")
            claimed = math.prod(map(int, handle.shape or ())) * handle.dtype.itemsize
            if claimed > self.size + 8:
                raise refused(self.file, self.member("@" + name), f"it claims {claimed} bytes")
            return attributes[name]

    def text(self, name: str) -> str | None:
        """An attribute that is a text."""
        value = self.attribute(name)
        if isinstance(value, bytes | np.bytes_):
            return bytes(value).decode("utf-8", "replace")
        return None if value is None else str(value)

    def json(self, name: str) -> Any:
        """An attribute that is JSON, or None."""
        text = self.text(name)
        if text is None:
            return None
        return parse_json(text, self.file, self.member("@" + name))

    def names(self, name: str) -> list[str]:
        """An attribute that is a list of texts; long ones are kept in pieces name0, name1 ..."""
        value = self.attribute(name)
        pieces = [] if value is None else [value]
        while value is None and (piece := self.attribute(f"{name}{len(pieces)}")) is not None:
            pieces.append(piece)
        return [
            item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
            for piece in pieces
            for item in np.ravel(piece).tolist()
        ]

    def nbytes(self, name: str) -> int:
        """The bytes of an array inside, in memory."""
        dataset = self._dataset(name)
        return math.prod(map(int, dataset.shape)) * int(dataset.dtype.itemsize)

    def total(self) -> int:
        """The bytes of all arrays inside; looks at every link and every shape on the way."""
        return sum(group.nbytes(name) for group, name in self.arrays())

    def arrays(self) -> Iterator[tuple[Group, str]]:
        """Every array inside once, as its group and its name there; each was checked."""
        seen, stack = set(), [self]
        while stack:
            group = stack.pop()
            for name in group.keys():  # noqa: SIM118 - a Group is no mapping
                entry = group._entry(name)
                with group._guard(name):
                    address = h5py.h5o.get_info(entry.id).addr
                if address in seen:
                    continue
                seen.add(address)
                if len(seen) > _MOST_MEMBERS:
                    raise refused(self.file, group.path, "too many members")
                if isinstance(entry, h5py.Group):
                    stack.append(Group(entry, self.file, self.size))
                elif isinstance(entry, h5py.Dataset):
                    group._dataset(name)
                    yield group, name

    @contextmanager
    def _guard(self, name: str) -> Iterator[None]:
        """What the HDF5 library complains about becomes an error that names file and member."""
        try:
            yield
        except DataLossError:
            raise
        except _BROKEN as error:
            raise damaged(self.file, self.member(name), error) from error


def parse_json(text: str | bytes, file: str, member: str) -> Any:
    """JSON from a file."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(file, member, f"it is not JSON ({error})") from error


def to_json(config: Any) -> str:
    """A configuration as JSON.

    Raises:
        InvalidArgumentError: something in it cannot be written down.
    """
    try:
        return json.dumps(config)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(
            "The model cannot be saved: its configuration holds something that is not text, "
            "number, list or dict ({reason}). Look at get_config() of your own classes.",
            reason=error,
        ) from error


@contextmanager
def reading(path: Any) -> Iterator[Group]:
    """The root of an HDF5 file.

    Raises:
        DataLossError: it is no HDF5 file.
    """
    name = os.fspath(path)
    with open(name, "rb") as source, reading_part(source, name, 0, os.stat(name).st_size) as root:
        yield root


@contextmanager
def reading_part(source: BinaryIO, file: str, start: int, size: int) -> Iterator[Group]:
    """The root of an HDF5 file that is some bytes of an open one; ``file`` is its name in errors.

    Raises:
        DataLossError: it is no HDF5 file.
    """
    try:
        handle = h5py.File(Part(source, start, size), "r")
    except _BROKEN as error:
        raise damaged(file, "/", error) from error
    try:
        yield Group(handle, file, size)
    finally:
        handle.close()


def write_array(group: Any, name: str, value: np.ndarray[Any, Any]) -> None:
    """One array as Keras writes it; bfloat16 gets a mark, because HDF5 has no such type."""
    if value.dtype == ml_dtypes.bfloat16:
        dataset = group.create_dataset(name, data=value.view("V2"))
        dataset.attrs["dtype"] = "bfloat16"
    elif value.dtype.kind in "fiub":
        group.create_dataset(name, data=value)
    else:
        raise InvalidArgumentError(
            "Cannot save the weight {name!r}: HDF5 files of Keras hold no {dtype}.",
            name=name,
            dtype=value.dtype,
        )
