"""``.weights.json``: Keras 3's tree of weights over several HDF5 files, and the list of them.

``NAME.weights.json`` says which of ``NAME_00000.weights.h5``, ``NAME_00001.weights.h5`` ... hold
the variables of each layer. Only files of such names beside it are read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import h5py
import numpy as np

from caudal.errors import InvalidArgumentError, NotFoundError
from caudal.io.durable import replacing, write_whole
from caudal.keras.saving.hdf5 import Group, parse_json, reading, refused
from caudal.keras.saving.weights_file import write_tree

SUFFIX = ".weights.json"
_MOST = 1 << 28


def _shard_name(path: str, number: int) -> str:
    return f"{os.path.basename(path).removesuffix(SUFFIX)}_{number:05d}.weights.h5"


def _is_shard(path: str, name: Any) -> bool:
    stem = re.escape(os.path.basename(path).removesuffix(SUFFIX))
    return isinstance(name, str) and re.fullmatch(rf"{stem}_\d{{5}}\.weights\.h5", name) is not None


class _Place:
    """Where the variables of one layer go: arrays open a new file when the present one is full."""

    def __init__(self, writer: _Writer, path: str) -> None:
        self._writer, self._path = writer, path
        self.attrs: dict[str, Any] = {}

    def create_dataset(self, name: str, data: np.ndarray[Any, Any]) -> Any:
        """Writes an array into the file that has room for it."""
        return self._writer.group(self._path, data.nbytes, self.attrs).create_dataset(
            name, data=data
        )


class _Writer:
    """What `write_tree` writes into, as if it were one file."""

    def __init__(self, path: str, limit: float, stack: ExitStack) -> None:
        self._path, self._limit, self._stack = path, limit, stack
        self._file: Any = None
        self._bytes = self.total = self.count = 0
        self.weight_map: dict[str, list[str]] = {}

    def create_group(self, path: str) -> _Place:
        """The place of a layer's variables; no file has it before there are some."""
        return _Place(self, path)

    def group(self, path: str, size: int, attributes: dict[str, Any]) -> Any:
        """The layer's group in the file that is to hold ``size`` more bytes."""
        if self._file is None or (self._bytes and self._bytes + size > self._limit):
            name = os.path.join(os.path.dirname(self._path), _shard_name(self._path, self.count))
            target = self._stack.enter_context(replacing(name))
            self._file = self._stack.enter_context(h5py.File(target, "w"))
            self._bytes, self.count = 0, self.count + 1
        self._bytes += size
        self.total += size
        names = self.weight_map.setdefault(f"/{path}", [])
        name = _shard_name(self._path, self.count - 1)
        if name not in names:
            names.append(name)
        group = self._file.require_group(path)
        group.attrs.update(attributes)
        return group


def write_shards(path: str, model: Any, gigabytes: float, skip: Any = ()) -> None:
    """Saves weights and optimizer state in files of at most so many GiB, or of one array each.

    Raises:
        InvalidArgumentError: no positive size.
    """
    if not isinstance(gigabytes, int | float) or isinstance(gigabytes, bool) or gigabytes <= 0:
        raise InvalidArgumentError(
            "save_weights: `max_shard_size` must be a positive number of gigabytes, received "
            "{value!r}.",
            value=gigabytes,
        )
    with ExitStack() as stack:
        writer = _Writer(path, gigabytes * 1024**3, stack)
        write_tree(writer, model, skip=skip)
    listing = {"metadata": {"total_size": float(writer.total)}, "weight_map": writer.weight_map}
    write_whole(path, json.dumps(listing, indent=4).encode())
    folder = os.path.dirname(os.path.abspath(path))
    wanted = {_shard_name(path, number) for number in range(writer.count)}
    for name in os.listdir(folder):
        # Of an earlier, larger model.
        if _is_shard(path, name) and name not in wanted:
            os.unlink(os.path.join(folder, name))


class _Joined(Group):
    """One layer's variables in several files."""

    def __init__(self, parts: list[Group]) -> None:
        super().__init__(parts[0]._group, parts[0].file, parts[0].size)
        self._parts = parts

    def keys(self) -> list[str]:
        """The names in all files."""
        return [name for part in self._parts for name in part.keys()]  # noqa: SIM118

    def _entry(self, name: str) -> Any:
        found = (part._entry(name) for part in self._parts)
        return next((entry for entry in found if entry is not None), None)


class _Shards(Group):
    """The root of all files together."""

    def __init__(self, roots: list[Group]) -> None:
        super().__init__(roots[0]._group, roots[0].file, sum(root.size for root in roots))
        self._roots = roots

    def group(self, name: str) -> Group | None:
        """The group of that name, from every file that has it."""
        found = [group for root in self._roots if (group := root.group(name)) is not None]
        return _Joined(found) if len(found) > 1 else next(iter(found), None)


@contextmanager
def reading_shards(path: str) -> Iterator[Group]:
    """The tree of weights that a listing and its files hold.

    Raises:
        DataLossError: the listing is damaged, or names other files than its own.
        NotFoundError: a file is gone.
    """
    if os.path.getsize(path) > _MOST:
        raise refused(path, "/", f"a listing of more than {_MOST} bytes")
    with open(path, "rb") as file:
        listing = parse_json(file.read(), path, "/")
    places = listing.get("weight_map") if isinstance(listing, dict) else None
    names: set[str] = set()
    for value in places.values() if isinstance(places, dict) else [None]:
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or not _is_shard(path, name):
                raise refused(path, "weight_map", f"{name!r} is not the name of one of its files")
            names.add(name)
    with ExitStack() as stack:
        roots = []
        for name in sorted(names):
            shard = os.path.join(os.path.dirname(path), name)
            if not os.path.isfile(shard):
                raise NotFoundError("{path}: its file {name} is not there.", path=path, name=name)
            roots.append(stack.enter_context(reading(shard)))
        if not roots:
            raise refused(path, "weight_map", "it names no file")
        yield _Shards(roots)
