"""Whole files: reading, writing, finding."""

from __future__ import annotations

import glob as _glob
import os
from typing import Any

from caudal.errors import CaudalError, FailedPreconditionError, NotFoundError, PermissionDeniedError
from caudal.framework import Tensor
from caudal.io.durable import UnwritableError, write_whole
from caudal.strings.arguments import objects, string_of, strings_of


def refusal(path: Any, error: BaseException) -> CaudalError:
    """What the system refused, as one of our errors."""
    kind: type[CaudalError] = FailedPreconditionError
    if isinstance(error, FileNotFoundError):
        kind = NotFoundError
    elif isinstance(error, PermissionError):
        kind = PermissionDeniedError
    return kind("{path}; {reason}", path=path, reason=getattr(error, "strerror", "") or str(error))


def read_file(filename: Any, name: str | None = None) -> Tensor:
    """The bytes of a file, a string scalar.

    Raises:
        NotFoundError: there is no such file.
    """
    path = os.fsdecode(string_of("read_file", filename))
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise refusal(path, error) from error
    return objects([data], ())


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:
    """Writes a string scalar to a file, whole or not at all; makes the folder.

    Raises:
        NotFoundError, PermissionDeniedError, FailedPreconditionError: the system refuses.
    """
    path = os.fsdecode(string_of("write_file", filename))
    data = string_of("write_file", contents)
    try:
        write_whole(path, data)
    except UnwritableError as error:
        raise refusal(path, error.__cause__ or error) from error


def matching_files(pattern: Any, name: str | None = None) -> Tensor:
    """The files that match one or several patterns, in order: a string vector."""
    found: set[bytes] = set()
    for each in strings_of("matching_files", pattern).reshape(-1):
        found.update(path for path in _glob.glob(each) if os.path.isfile(path))
    return objects(sorted(found), (len(found),))
