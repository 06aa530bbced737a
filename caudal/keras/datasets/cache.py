"""Finds, checks and downloads the files of the classic data sets."""

from __future__ import annotations

import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from caudal.errors import CaudalWarning, DataLossError
from caudal.keras.utils.get_file import get_file, has_hash, keras_home

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

Array = np.ndarray[Any, Any]
T = TypeVar("T")
_warned: set[str] = set()


def load(
    name: str,
    read: Callable[[Path], T],
    origin: str = "",
    file_hash: str | None = None,
    subdir: str = "datasets",
) -> T:
    """What ``read`` makes of a cached file, downloaded first where it is not there.

    ``read`` raises DataLossError where the file does not hold the expected arrays. A file whose
    sum is not Keras's but which ``read`` accepts is used, with one warning; one that it does not
    accept is downloaded again.

    Raises:
        UnavailableError: neither in the cache nor on the network.
        DataLossError: the file is not what it should be, and neither is a new download.
    """
    path = keras_home() / subdir / name
    if path.exists():
        if file_hash is None or has_hash(path, file_hash):
            return _reading(read, path)
        try:
            value = read(path)
        except DataLossError:
            pass  # Not the data set at all: get_file fetches it anew.
        else:
            _warn_once(path)
            return value
    fetched = get_file(name, origin or ORIGIN + name, file_hash=file_hash, cache_subdir=subdir)
    return _reading(read, Path(fetched))


def _reading(read: Callable[[Path], T], path: Path) -> T:
    try:
        return read(path)
    except DataLossError as error:
        raise DataLossError(
            "{path} is not the expected data set: {reason} Delete it to have it downloaded again.",
            path=str(path),
            reason=str(error),
        ) from error


def _warn_once(path: Path) -> None:
    if str(path) in _warned:
        return
    _warned.add(str(path))
    warnings.warn(
        CaudalWarning(
            f"{path} is not byte for byte the file that Keras distributes, but holds arrays of "
            "the expected kind: using it."
        ),
        stacklevel=_frames_to_caller(),
    )


def _frames_to_caller() -> int:
    """How many frames lie between a call of warnings.warn there and code outside of Caudal."""
    frame, count = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("caudal."):
        frame, count = frame.f_back, count + 1
    return count


def read_npz(path: Path, *names: str) -> list[Array]:
    """The named arrays of an .npz file without objects.

    Raises:
        DataLossError: it is no such file or lacks one of them.
    """
    try:
        # NumPy leaves the file open where it is no archive: open it here.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return [archive[name] for name in names]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataLossError("{reason}.", reason=str(error)) from error


def expect(array: Array, shape: tuple[int | None, ...], kinds: str, name: str) -> Array:
    """The array, if its rank, known extents and dtype kind are as expected.

    Raises:
        DataLossError: they are not.
    """
    fits = array.dtype.kind in kinds and array.ndim == len(shape)
    pairs = zip(shape, array.shape, strict=False)
    if not fits or any(want not in (None, have) for want, have in pairs):
        raise DataLossError(
            "{name}: expected an array of shape {shape} and dtype kind {kinds!r}, received "
            "{received} of {dtype}.",
            name=name,
            shape=shape,
            kinds=kinds,
            received=array.shape,
            dtype=str(array.dtype),
        )
    return array


def same_length(**arrays: Array) -> None:
    """Raises DataLossError unless all arrays have as many rows, and at least one."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise DataLossError("expected equally many rows, received {lengths}.", lengths=lengths)
