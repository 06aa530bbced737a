"""Object code on disk, so that a second start compiles nothing.

One file an object, named by the hash of its IR, the processor and the versions. A file carries a
checksum and is written under a temporary name and renamed; the folder belongs to its owner alone.
Whatever goes wrong here (no rights, a full disk, a damaged file) costs a compilation, no more.
``CAUDAL_CACHE`` names another folder; ``CAUDAL_CACHE=off`` keeps everything in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

_MAGIC = b"caudal object 1\n"
_DIGEST = 32
_MOST_BYTES = 512 << 20


def folder() -> Path | None:
    """The folder in use, made if need be; None where there is none to be trusted."""
    named = os.environ.get("CAUDAL_CACHE", "")
    if named == "off":
        return None
    if named:
        path = Path(named)
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
        path = Path(base) / "caudal" / "objects"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except (OSError, RuntimeError):
        return None
    # Code is executed from here: nobody else may have a hand in it.
    if hasattr(os, "getuid") and (
        found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o022
    ):
        return None
    return path


def read(key: str) -> bytes | None:
    """The object under a key, or None; a damaged file is removed."""
    path = folder()
    if path is None:
        return None
    file = path / f"{key}.o"
    try:
        data = file.read_bytes()
    except OSError:
        return None
    start = len(_MAGIC) + _DIGEST
    body = data[start:]
    if data[:start] != _MAGIC + hashlib.sha256(body).digest():
        with contextlib.suppress(OSError):
            file.unlink()
        return None
    with contextlib.suppress(OSError):
        os.utime(file)
    return body


def write(key: str, code: bytes) -> None:
    """Keep an object; a failure is no error."""
    path = folder()
    if path is None:
        return
    try:
        handle, name = tempfile.mkstemp(dir=path, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(code).digest() + code)
        os.replace(name, path / f"{key}.o")
    except OSError:
        return


def trim(most_bytes: int = _MOST_BYTES) -> None:
    """Remove the objects that were used longest ago until the folder is small enough."""
    path = folder()
    if path is None:
        return
    files = []
    with contextlib.suppress(OSError):
        for file in path.glob("*.o"):
            info = file.stat()
            files.append((info.st_mtime, info.st_size, file))
    total = sum(size for _, size, _ in files)
    for _, size, file in sorted(files):
        if total <= most_bytes:
            return
        with contextlib.suppress(OSError):
            file.unlink()
            total -= size
