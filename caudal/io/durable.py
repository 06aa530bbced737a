"""Files that are there whole or not at all. Everything that Caudal writes goes through here."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from caudal.errors import CaudalError


class UnwritableError(CaudalError, OSError):
    """The file system refused."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write that takes the place of ``path`` only when the block ends well.

    The bytes go to a temporary name in the same folder, are flushed and synced, and the name is
    then changed in one step; the folder is synced too. Missing folders are made. After a failure
    the old file is as it was. Where ``path`` is a link, the file that it leads to is replaced;
    devices and pipes are written to as they are.

    Raises:
        UnwritableError: the file system refuses.
    """
    target = resolved(path)
    temporary = ""
    try:
        if is_device(target):
            with open(target, "wb") as device:
                yield device
            return
        handle, temporary = open_temporary(target)
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put_in_place(temporary, target)
    except BaseException as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        if isinstance(error, OSError) and not isinstance(error, CaudalError):
            raise _refused(target, error) from error
        raise


def resolved(path: str | os.PathLike[str]) -> str:
    """Where the bytes go in the end."""
    return os.path.realpath(os.fspath(path))


def is_device(target: str) -> bool:
    """Whether it is there and neither file nor folder: a new file must not take its place."""
    return os.path.exists(target) and not os.path.isfile(target) and not os.path.isdir(target)


def open_temporary(target: str) -> tuple[int, str]:
    """The handle and the name of a new file in the folder of ``target``, which is made."""
    folder = os.path.dirname(target)
    _make_folder(folder)
    return tempfile.mkstemp(prefix=f".{os.path.basename(target)[:100]}.", suffix=".tmp", dir=folder)


def put_in_place(temporary: str, target: str) -> None:
    """Gives a synced temporary file its name."""
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
    _take_mode(target, temporary)
    os.replace(temporary, target)
    sync_folder(os.path.dirname(target))


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Replaces a file's content, or makes the file.

    Raises:
        UnwritableError: the file system refuses; the old content is there.
    """
    with replacing(path) as file:
        file.write(data)


def remove(path: str | os.PathLike[str]) -> None:
    """Deletes a file, if it is there, so that it stays deleted after a power cut.

    Raises:
        UnwritableError: the file system refuses.
    """
    target = os.path.abspath(os.fspath(path))
    try:
        os.unlink(target)
        sync_folder(os.path.dirname(target))
    except FileNotFoundError:
        return
    except OSError as error:
        raise UnwritableError(
            "Cannot delete {path!r}: {reason}.", path=target, reason=error.strerror or str(error)
        ) from error


def replace(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Gives a file another name, in place of the file that has it.

    Raises:
        UnwritableError: the file system refuses.
    """
    path = os.path.abspath(os.fspath(target))
    try:
        os.replace(source, path)
        sync_folder(os.path.dirname(path))
    except OSError as error:
        raise _refused(path, error) from error


def _make_folder(folder: str) -> None:
    """Missing folders, each entered into the one above."""
    above = os.path.dirname(folder)
    if os.path.isdir(folder) or above == folder:
        return
    _make_folder(above)
    os.makedirs(folder, exist_ok=True)
    sync_folder(above)


def _refused(target: str, error: OSError) -> UnwritableError:
    return UnwritableError(
        "Cannot write {path!r}: {reason}. An older file of that name is unchanged.",
        path=target,
        reason=error.strerror or str(error),
    )


def _take_mode(target: str, temporary: str) -> None:
    """mkstemp makes private files; a saved model is as readable as any other new file."""
    if os.path.exists(target):
        mode = os.stat(target).st_mode & 0o777
    else:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    os.chmod(temporary, mode)


def sync_folder(folder: str) -> None:
    """Waits until the names in a folder are on the disk."""
    if not hasattr(os, "O_DIRECTORY"):
        return  # Windows cannot sync folders.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
