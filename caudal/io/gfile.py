"""``tf.io.gfile``: files and folders of the local disk."""

from __future__ import annotations

import glob as _glob
import os
import shutil
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from caudal.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from caudal.io.durable import replace, replacing
from caudal.io.files import refusal
from caudal.io.growing import GrowingFile
from caudal.namespaces import strict

__all__ = [
    "GFile",
    "Statistics",
    "copy",
    "exists",
    "get_registered_schemes",
    "glob",
    "isdir",
    "join",
    "listdir",
    "makedirs",
    "mkdir",
    "remove",
    "rename",
    "rmtree",
    "stat",
    "walk",
]


class Statistics(NamedTuple):
    """What is known about a file."""

    length: int
    mtime_nsec: int
    is_directory: bool


def _path(path: Any) -> str:
    if hasattr(path, "numpy"):
        path = path.numpy()
    return os.fsdecode(os.fspath(path))


class GFile:
    """A file, opened when it is first used; a context manager and an iterator over lines.

    A file that is written anew (mode "w") takes the place of an older one with its first flush,
    or when it is closed. A closed file is on the disk.

    Args:
        name: the path.
        mode: "r", "w", "a", "r+", "w+", "a+", with "b" for bytes.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        if mode.replace("b", "") not in ("r", "w", "a", "r+", "w+", "a+"):
            raise InvalidArgumentError(
                "GFile: expected a mode like 'r', 'w', 'a', 'rb', received {mode!r}.", mode=mode
            )
        self.name, self.mode = _path(name), mode
        self._file: Any = None
        self._growing: GrowingFile | None = None

    def _opened(self) -> Any:
        if self._file is None:
            options: Any = {} if "b" in self.mode else {"encoding": "utf-8"}
            try:
                if self.mode[0] == "w":
                    self._growing = GrowingFile(self.name, self.mode, **options)
                    self._file = self._growing.file
                else:
                    self._file = open(self.name, self.mode, **options)  # noqa: SIM115
            except OSError as error:
                raise refusal(self.name, error) from error
        return self._file

    def read(self, n: int = -1) -> Any:
        """Up to ``n`` characters or bytes; everything by default."""
        return self._opened().read(n)

    def readline(self) -> Any:
        """The next line, with its end."""
        return self._opened().readline()

    def readlines(self) -> list[Any]:
        """All lines that are left."""
        return list(self._opened().readlines())

    def write(self, file_content: Any) -> None:
        """Adds text (or bytes in a mode with "b")."""
        file = self._opened()
        if "b" in self.mode:
            data = file_content.encode() if isinstance(file_content, str) else file_content
        else:
            data = file_content.decode() if isinstance(file_content, bytes) else file_content
        file.write(data)

    def seek(self, offset: int, whence: int = 0, position: int | None = None) -> None:
        """Goes to a place of the file."""
        self._opened().seek(offset if position is None else position, whence)

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The place in the file."""
        return int(self._opened().tell())

    def size(self) -> int:
        """The number of bytes on disk."""
        return stat(self.name).length

    def flush(self) -> None:
        """Hands what was written to the system."""
        if self._file is not None:
            (self._growing or self._file).flush()

    def close(self) -> None:
        """Ends the use of the file; a file to be written exists afterwards."""
        if self.mode[0] in "wa":
            self._opened()
        if self._growing is not None:
            self._growing.close()
        elif self._file is not None:
            if self.mode != "r" and self.mode != "rb" and not self._file.closed:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *info: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._opened())

    def __next__(self) -> Any:
        return next(self._opened())


def exists(path: Any) -> bool:
    """Whether there is such a file or folder."""
    return os.path.exists(_path(path))


def isdir(path: Any) -> bool:
    """Whether it is a folder."""
    return os.path.isdir(_path(path))


def glob(pattern: Any) -> list[str]:
    """The paths that match one or several patterns."""
    many = pattern if isinstance(pattern, list | tuple) else [pattern]
    return [path for one in many for path in sorted(_glob.glob(_path(one)))]


def listdir(path: Any) -> list[str]:
    """The names in a folder."""
    try:
        return os.listdir(_path(path))
    except OSError as error:
        raise NotFoundError("Could not find directory {path}.", path=_path(path)) from error


def makedirs(path: Any) -> None:
    """Makes a folder and those above it; one that exists is left alone."""
    try:
        os.makedirs(_path(path), exist_ok=True)
    except OSError as error:
        raise refusal(_path(path), error) from error


def mkdir(path: Any) -> None:
    """Makes a folder."""
    try:
        os.mkdir(_path(path))
    except FileExistsError as error:
        raise AlreadyExistsError("{path}; file exists", path=_path(path)) from error
    except OSError as error:
        raise refusal(_path(path), error) from error


def remove(path: Any) -> None:
    """Deletes a file."""
    try:
        os.remove(_path(path))
    except OSError as error:
        raise refusal(_path(path), error) from error


def rmtree(path: Any) -> None:
    """Deletes a folder and all that is in it."""
    try:
        shutil.rmtree(_path(path))
    except OSError as error:
        raise refusal(_path(path), error) from error


def _free(what: str, src: Any, dst: Any, overwrite: bool) -> tuple[str, str]:
    source, target = _path(src), _path(dst)
    if os.path.exists(target) and not overwrite:
        raise AlreadyExistsError(
            "{what}: {target} exists. Pass overwrite=True to replace it.", what=what, target=target
        )
    return source, target


def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copies a file."""
    source, target = _free("copy", src, dst, overwrite)
    try:
        os.stat(os.path.dirname(target) or ".")
        with open(source, "rb") as old, replacing(target) as new:
            shutil.copyfileobj(old, new)
    except OSError as error:
        raise refusal(source, error.__cause__ or error) from error


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Moves a file or folder."""
    source, target = _free("rename", src, dst, overwrite)
    try:
        replace(source, target)
    except OSError as error:
        raise refusal(source, error.__cause__ or error) from error


def stat(path: Any) -> Statistics:
    """Length, time of the last change, and whether it is a folder."""
    try:
        found = os.stat(_path(path))
    except OSError as error:
        raise refusal(_path(path), error) from error
    return Statistics(found.st_size, found.st_mtime_ns, os.path.isdir(_path(path)))


def walk(
    top: Any, topdown: bool = True, onerror: Any = None
) -> Iterable[tuple[str, list[str], list[str]]]:
    """(folder, its folders, its files) for a folder and all below it."""
    return os.walk(_path(top), topdown, onerror)


def join(path: Any, *paths: Any) -> str:
    """Parts of a path as one."""
    return os.path.join(_path(path), *map(_path, paths))


def get_registered_schemes() -> list[str]:
    """The kinds of paths that can be read: local ones."""
    return ["", "file"]


__getattr__ = strict(__name__, label="tf.io.gfile")
