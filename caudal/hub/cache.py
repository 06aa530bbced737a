"""The folder of downloaded modules: each is there whole or not at all, and gets there once."""

from __future__ import annotations

import datetime
import hashlib
import os
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caudal.errors import CaudalError, DataLossError, UnavailableError
from caudal.io.archives import unpack_tar
from caudal.io.durable import UnwritableError, sync_folder, write_whole
from caudal.keras.utils.get_file import Caller, download

_LOOK_SECONDS = 0.1
_ABANDONED_SECONDS = 600.0
# Numbers shrink little; a tar that grows more than that is made to fill the disk.
_GROWTH, _SMALL = 200, 1 << 28


def folder_of(handle: str) -> Path:
    """Where the module of a handle belongs, as in TensorFlow Hub's cache."""
    base = os.environ.get("TFHUB_CACHE_DIR")
    root = Path(base).expanduser() if base else Path(tempfile.gettempdir()) / "tfhub_modules"
    return root / hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()


def cached(handle: str, source: str | Path) -> Path:
    """The folder of a module, filled from a tar the first time.

    Args:
        handle: the name that the folder is found by.
        source: the tar's URL, or its path.

    Raises:
        UnavailableError: the download failed, or another process does not come to an end.
        DataLossError: what came is no tar, or it wants to write outside of its folder.
        UnwritableError: the folder of downloads cannot be written to.
    """
    folder = folder_of(handle)
    if _is_filled(folder):
        return folder
    with _says_where(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if not _is_filled(folder):
                _fill(folder, handle, source)
    return folder


@contextmanager
def _says_where(root: Path) -> Iterator[None]:
    """The file system's refusals with the name of what chooses another place."""
    try:
        yield
    except CaudalError:
        raise
    except OSError as error:
        raise UnwritableError(
            "hub: cannot keep modules in the folder {root}: {reason}. Set TFHUB_CACHE_DIR to a "
            "folder of yours.",
            root=str(root),
            reason=error.strerror or str(error),
        ) from error


def _is_filled(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _fill(folder: Path, handle: str, source: str | Path) -> None:
    work = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}.tmp")
    archive = source if isinstance(source, Path) else work.with_suffix(".tar")
    shown = str(source) if isinstance(source, Path) else handle
    try:
        if isinstance(source, str):
            offline = (
                f"unpack the module's tar ({source}), fetched on another machine, into {folder}, "
                "or give a local folder as the handle"
            )
            download(source, archive, caller=Caller("hub", "TFHUB_CACHE_DIR", offline))
        work.mkdir()
        most = max(_SMALL, _GROWTH * archive.stat().st_size)
        try:
            unpack_tar(archive, work, "hub", links=False, most=most)
        except DataLossError as error:
            raise DataLossError(
                "{handle} does not appear to be a valid module: {reason}{begin}",
                handle=shown,
                reason=error,
                begin=_beginning(archive),
            ) from error
        _sync(work)
        _describe(folder, shown)
        _put(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if isinstance(source, str):
            archive.unlink(missing_ok=True)


def _put(work: Path, folder: Path) -> None:
    """Gives a whole module its name; two that took over one lock are both content with it."""
    try:
        if folder.is_dir():
            folder.rmdir()
        os.replace(work, folder)
    except OSError:
        if not _is_filled(folder):
            raise
    sync_folder(str(folder.parent))


def _beginning(archive: Path) -> str:
    """What to say where a page came instead of a file."""
    with open(archive, "rb") as file:
        begin = file.read(64).lstrip()
    if not begin.startswith((b"<", b"{")):
        return ""
    return f" The server sent a page or a message: {begin.decode('utf-8', 'replace')!r}..."


def _sync(folder: Path) -> None:
    """Waits until all files of a folder are on the disk."""
    for base, _, files in os.walk(folder):
        for name in files:
            handle = os.open(os.path.join(base, name), os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        sync_folder(base)


def _describe(folder: Path, handle: str) -> None:
    """The text beside the folder that tells people whose it is; no program reads it."""
    text = (
        f"Module: {handle}\nDownload Time: {datetime.datetime.now()}\n"
        f"Downloader Hostname: {socket.gethostname()} (PID:{os.getpid()})"
    )
    write_whole(f"{folder}.descriptor.txt", text.encode())


# --- one process at a time --------------------------------------------------------------------


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds ``<folder>.lock``, which TensorFlow Hub uses too; waits while another one does."""
    lock = Path(f"{folder}.lock")
    mine = f"{socket.gethostname()}.{os.getpid()}.{uuid.uuid4().hex}"
    waited = 0.0
    while not _taken(lock, mine):
        if _is_filled(folder):
            break
        content = _content(lock)
        if _abandoned(lock, content) and _content(lock) == content:
            lock.unlink(missing_ok=True)
            continue
        if waited > 6 * _ABANDONED_SECONDS:
            raise UnavailableError(
                "hub: another process has held {lock} for an hour. Delete it if none is at work.",
                lock=str(lock),
            )
        time.sleep(_LOOK_SECONDS)
        waited += _LOOK_SECONDS
    try:
        yield
    finally:
        if _content(lock) == mine:
            lock.unlink(missing_ok=True)


def _taken(lock: Path, mine: str) -> bool:
    try:
        handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(mine)
    return True


def _content(lock: Path) -> str:
    try:
        return lock.read_text(errors="replace")
    except OSError:
        return ""


def _abandoned(lock: Path, content: str) -> bool:
    """Whether its process is gone, or nothing of its download has moved for ten minutes."""
    host, process, *_ = [*content.rsplit(".", 2), "", ""]
    if os.name == "posix" and host == socket.gethostname() and process.isdigit():
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False  # Somebody else's, so it is there.
        return False
    return time.time() - _last_change(lock) > _ABANDONED_SECONDS


def _last_change(lock: Path) -> float:
    """When a lock, or anything beside it that is on its way, was last written to."""
    name = lock.name.removesuffix(".lock")
    found = [0.0]
    for path in lock.parent.glob(f"*{name}*"):
        for one in (path, *path.rglob("*")) if path.is_dir() else (path,):
            try:
                found.append(one.stat().st_mtime)
            except OSError:
                continue
    return max(found)
