"""Where a module lies: a folder of this machine for each handle."""

from __future__ import annotations

import os
import urllib.parse
import warnings
from pathlib import Path

from caudal.errors import CaudalWarning, InvalidArgumentError, NotFoundError, UnimplementedError
from caudal.hub.cache import cached

_ARCHIVES = (".tar", ".tar.gz", ".tgz")
_FORMAT = "TFHUB_MODEL_LOAD_FORMAT"
_FORMATS = ("AUTO", "COMPRESSED", "UNCOMPRESSED")
_STORAGE = "https://storage.googleapis.com/"


class MissingPathError(NotFoundError, OSError):
    """A path that leads nowhere; TensorFlow Hub raises an OSError."""


def resolve(handle: str) -> str:
    """The folder that holds a module, which is downloaded if need be.

    Args:
        handle: a folder; a ``.tar``, ``.tar.gz`` or ``.tgz`` file; an http(s) URL of such a file or
            of a page of TensorFlow Hub or Kaggle that sends one if asked for
            ``?tf-hub-format=compressed``; ``gs://bucket/name.tar.gz`` of a public bucket.

    Downloads are kept under ``$TFHUB_CACHE_DIR``, by default ``tfhub_modules`` in the temporary
    folder, named by the SHA-1 of the handle as TensorFlow Hub names them.

    >>> resolve("/tmp") == "/tmp"
    True

    Raises:
        InvalidArgumentError: the handle is no text.
        OSError: there is no such file or folder.
        UnavailableError: the download failed; the message names the place to put the module.
        DataLossError: what came, or the file, is no tar that can be unpacked.
    """
    if not isinstance(handle, str):
        raise InvalidArgumentError("Expected a string, got {handle!r}", handle=handle)
    if handle.startswith(("http://", "https://")):
        _check_format()
        return str(cached(handle, _compressed(handle)))
    if handle.startswith("gs://"):
        if not handle.endswith(_ARCHIVES):
            raise UnimplementedError(
                "hub.resolve: {handle!r} is a folder of Google's storage, which Caudal does not "
                "list. Copy it here (gsutil cp -r) and give the folder's path.",
                handle=handle,
            )
        return str(cached(handle, _STORAGE + handle.removeprefix("gs://")))
    path = handle.removeprefix("file://")
    if not os.path.exists(path):
        raise MissingPathError(
            "{handle} does not exist. A handle is a folder, a {kinds} file or an http(s) URL.",
            handle=handle,
            kinds=", ".join(_ARCHIVES),
        )
    if os.path.isfile(path) and path.endswith(_ARCHIVES):
        # A file of that name may change: another file, another folder.
        state = os.stat(path)
        place = f"{os.path.abspath(path)} {state.st_size} {state.st_mtime_ns}"
        return str(cached(place, Path(path)))
    return path


def _compressed(handle: str) -> str:
    """The URL that sends a module as one tar."""
    parts = urllib.parse.urlsplit(handle)
    if not parts.hostname:
        raise InvalidArgumentError("{handle}: the URL names no host.", handle=handle)
    query = [*urllib.parse.parse_qsl(parts.query), ("tf-hub-format", "compressed")]
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))


def _check_format() -> None:
    chosen = os.environ.get(_FORMAT) or "AUTO"
    if chosen not in _FORMATS:
        raise InvalidArgumentError(
            "{variable}={chosen}: expected one of {formats}.",
            variable=_FORMAT,
            chosen=chosen,
            formats=_FORMATS,
        )
    if chosen == "UNCOMPRESSED":
        warnings.warn(
            CaudalWarning(
                f"{_FORMAT}=UNCOMPRESSED reads modules from Google's storage file by file, which "
                "Caudal does not do: the module is downloaded as one tar and kept."
            ),
            stacklevel=4,
        )
