"""`keras.utils.get_file`: a file from the cache folder, or from the network."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from caudal.errors import (
    CorruptFileError,
    DataLossError,
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
)
from caudal.io.archives import is_tar, unpack_tar
from caudal.io.durable import put_in_place
from caudal.keras.engine.switches import say

_CHUNK = 1 << 18
_TIMEOUT_SECONDS = 30
_PAUSES = (0.5, 2.0)


def keras_home() -> Path:
    """Keras's folder: ``$KERAS_HOME``, or ``~/.keras``."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def file_digest(path: str | os.PathLike[str], algorithm: str = "sha256") -> str:
    """The hexadecimal SHA-256 or MD5 of a file."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def has_hash(path: str | os.PathLike[str], file_hash: str, algorithm: str = "auto") -> bool:
    """Whether a file has the given sum; "auto" tells MD5 from SHA-256 by its length."""
    if algorithm == "auto":
        algorithm = "md5" if len(file_hash) == 32 else "sha256"
    if algorithm not in ("md5", "sha256"):
        raise InvalidArgumentError(
            "get_file: expected hash_algorithm 'auto', 'md5' or 'sha256', received {received!r}.",
            received=algorithm,
        )
    return file_digest(path, algorithm) == str(file_hash).lower()


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file in Keras's cache folder, downloaded from ``origin`` if it is not there.

    A download goes to a temporary file first: what was in the cache stays until the new file is
    complete and its sum is right. With ``extract`` (or ``untar``) the archive is unpacked into a
    folder beside it and the folder's path is returned: ``fname`` itself where it has no dot (the
    archive is then ``{fname}_archive``), else its first part and ``_extracted``.

    Args:
        fname: the file's name in the cache; by default the last part of ``origin``.
        origin: the URL.
        untar: the old spelling of ``extract`` for tar archives.
        md5_hash: the old spelling of ``file_hash``.
        file_hash: the expected SHA-256 or MD5 in hexadecimal.
        cache_subdir: folder below ``cache_dir``; an absolute path stands for itself.
        hash_algorithm: "auto", "sha256" or "md5".
        extract: unpack a tar or zip archive.
        archive_format: "auto", "tar", "zip", a list of them, or None for no unpacking.
        cache_dir: by default ``$KERAS_HOME`` or ``~/.keras``.
        force_download: download even if the file is in the cache.

    Raises:
        InvalidArgumentError: no origin, or a path where a name is due.
        UnavailableError: the download failed; the message names the place to put the file.
        CorruptFileError: the downloaded file's sum is wrong; a DataLossError and ValueError.
    """
    if origin is None:
        raise InvalidArgumentError("get_file: expected origin=, the URL of the file.")
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    given = os.fspath(fname) if fname else ""
    name = given or os.path.basename(urllib.parse.urlsplit(origin).path)
    if not name or "/" in name or os.sep in name:
        raise InvalidArgumentError(
            "get_file: expected fname to be a file's name without folders, received {received!r}. "
            "Folders go into cache_dir or cache_subdir.",
            received=name,
        )
    base = Path(cache_dir).expanduser() if cache_dir else keras_home()
    unpack = extract or untar
    target_name, folder_name = _layout(given, name) if unpack else (name, "")
    folder = _folder_for(base, cache_subdir, target_name)
    target = folder / target_name
    fresh = force_download or not target.exists()
    if not fresh and file_hash is not None:
        fresh = not has_hash(target, file_hash, hash_algorithm)
    if fresh:
        download(origin, target, file_hash, hash_algorithm)
    if not unpack:
        return str(target)
    destination = folder / folder_name
    _extract(target, destination, "tar" if untar else archive_format, replace=fresh)
    return str(destination)


def _layout(given: str, name: str) -> tuple[str, str]:
    """The names of an archive and of the folder that it is unpacked into (as in Keras 3)."""
    if given and "." in given:
        return given, given.split(".", 1)[0] + "_extracted"
    return f"{name}_archive", name


def _folder_for(base: Path, subdir: str, name: str) -> Path:
    """The cache folder; a temporary one where it cannot be written and lacks the file."""
    folder = base / subdir
    if (folder / name).exists():
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass  # A read-only home: fall back, as Keras does.
    folder = Path(tempfile.gettempdir()) / ".keras" / subdir
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Caller:
    """Who downloads, for messages: its name, its variable for the folder, and the way out."""

    name: str = "get_file"
    variable: str = "KERAS_HOME"
    offline: str = "put the file at {target} and run the program again"


def download(
    origin: str,
    target: Path,
    file_hash: str | None = None,
    algorithm: str = "auto",
    caller: Caller = Caller(),
) -> None:
    """Downloads ``origin`` to ``target``, whole or not at all; what breaks off is tried again.

    Raises:
        UnavailableError: there is no connection or no such file.
        CorruptFileError: what came has another sum than ``file_hash``.
        NotFoundError: the folder of ``target`` cannot be written.
    """
    say(f"Downloading data from {origin}")
    handle, partial = -1, ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        raise NotFoundError(
            "{caller}: cannot write to {folder}: {reason}. Set {variable} to a folder of yours.",
            caller=caller.name,
            variable=caller.variable,
            folder=str(target.parent),
            reason=error.strerror,
        ) from error
    try:
        with os.fdopen(handle, "wb") as out:
            _transfer(origin, target, out, caller)
            out.flush()
            os.fsync(out.fileno())
        if file_hash is not None and not has_hash(partial, file_hash, algorithm):
            raise CorruptFileError(
                "{caller}: Incomplete or corrupted file, or another version: {origin} sent one "
                "whose sum is not {expected}. Nothing was kept.",
                caller=caller.name,
                origin=origin,
                expected=file_hash,
            )
        put_in_place(partial, str(target))
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def _transfer(origin: str, target: Path, out: BinaryIO, caller: Caller) -> None:
    """The transfer; one that began, or whose server was busy, is begun again."""
    for pause in (*_PAUSES, None):
        try:
            _copy(origin, target, out)
            return
        except (OSError, ValueError, HTTPException) as error:
            if pause is not None and _may_pass(error):
                time.sleep(pause)
                out.seek(0)
                out.truncate()
                continue
            raise UnavailableError(
                "{caller}: could not download {origin} ({reason}). Without a network, {offline}.",
                caller=caller.name,
                origin=origin,
                reason=getattr(error, "reason", None) or str(error),
                offline=caller.offline.replace("{target}", str(target)),
            ) from error


def _may_pass(error: Exception) -> bool:
    """Whether another try may do better: not where there is no connection or no such file."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in (429, 500, 502, 503, 504)
    reason = getattr(error, "reason", error)
    return isinstance(reason, ConnectionResetError | TimeoutError | HTTPException | _BrokenOffError)


class _BrokenOffError(OSError):
    """Fewer bytes came than were announced."""


def _copy(origin: str, target: Path, out: BinaryIO) -> None:
    """One try, with a progress bar on a terminal."""
    with urllib.request.urlopen(origin, timeout=_TIMEOUT_SECONDS) as source:
        total = int(source.headers.get("Content-Length") or 0) or None
        with _progress(target.name, total) as advance:
            while chunk := source.read(_CHUNK):
                out.write(chunk)
                advance(len(chunk))
    if total is not None and out.tell() < total:
        raise _BrokenOffError(f"only {out.tell()} of {total} bytes came")


@contextmanager
def _progress(name: str, total: int | None) -> Iterator[Callable[[int], object]]:
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=total)
        yield lambda count: progress.advance(task, count)


def _extract(
    archive: Path, destination: Path, archive_format: str | Sequence[str] | None, replace: bool
) -> None:
    """Unpacks an archive into a folder, whole or not at all; nothing lands outside of it."""
    if destination.is_dir() and any(destination.iterdir()) and not replace:
        return
    kinds = {"auto": ["tar", "zip"], None: []}.get(
        archive_format if isinstance(archive_format, str) else None, archive_format
    )
    formats = [kinds] if isinstance(kinds, str) else list(kinds or ())
    destination.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=destination.parent, prefix=f".{destination.name}-"))
    try:
        if "tar" in formats and is_tar(archive):
            unpack_tar(archive, work, "get_file")
        elif "zip" in formats and zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as source:
                source.extractall(work)  # zipfile itself drops ".." and leading slashes
        else:
            raise DataLossError(
                "get_file: expected {archive} to be an archive of the kinds {formats}; it is not.",
                archive=str(archive),
                formats=formats,
            )
        if destination.is_dir():
            shutil.copytree(work, destination, dirs_exist_ok=True)
        else:
            os.chmod(work, 0o755)
            os.replace(work, destination)
    finally:
        shutil.rmtree(work, ignore_errors=True)
