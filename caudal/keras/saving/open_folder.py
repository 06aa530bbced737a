"""A ``.keras`` archive that is not packed: a folder with the same members."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from caudal.errors import InvalidArgumentError, ResourceExhaustedError
from caudal.io.durable import replacing, write_whole
from caudal.keras.saving.archive import ASSETS, CONFIG, WEIGHTS, described
from caudal.keras.saving.hdf5 import Group, damaged, parse_json, reading, refused
from caudal.keras.saving.weights_file import write_weights

_MOST = 1 << 28


def is_open_folder(path: str) -> bool:
    """Whether a path is such a folder."""
    return os.path.isfile(os.path.join(path, CONFIG))


def write_folder(path: str, model: Any, assets: Iterable[tuple[str, bytes]] = ()) -> None:
    """Saves a whole model; each file appears when it is complete.

    Raises:
        InvalidArgumentError: the name is an archive's.
    """
    if path.endswith(".keras"):
        raise InvalidArgumentError(
            "save: with zipped=False a folder is made, whose name should not end in .keras; "
            "received {path!r}.",
            path=path,
        )
    for name, data in [*described(model), *assets]:
        write_whole(os.path.join(path, *name.split("/")), data)
    with replacing(os.path.join(path, WEIGHTS)) as target:
        write_weights(target, model)


class OpenFolder:
    """The members of such a folder, as `Archive` gives those of a file."""

    def __init__(self, path: str) -> None:
        self.file = path

    def _path(self, name: str) -> str:
        found = os.path.join(self.file, *name.split("/"))
        if os.path.islink(found):
            raise refused(self.file, name, "it is a link")
        if not os.path.isfile(found):
            raise damaged(self.file, name, "it is absent")
        return found

    def asset(self, name: str) -> bytes:
        """The bytes of a member."""
        path = self._path(name)
        if (size := os.path.getsize(path)) > _MOST:
            raise ResourceExhaustedError(
                "{file}: member {member!r} has {size} bytes, more than {most}.",
                file=self.file,
                member=name,
                size=size,
                most=_MOST,
            )
        return Path(path).read_bytes()

    def json(self, name: str) -> Any:
        """A member that is JSON."""
        return parse_json(self.asset(name), self.file, name)

    def asset_names(self) -> list[str]:
        """The members that are assets."""
        root = Path(self.file)
        files = sorted((root / ASSETS).rglob("*"))
        return [file.relative_to(root).as_posix() for file in files if file.is_file()]

    @contextmanager
    def weights(self) -> Iterator[Group]:
        """The tree of weights."""
        path = self._path(WEIGHTS)
        with reading(path) as root:
            yield root
