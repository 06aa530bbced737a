"""Reads the pickles of the classic data sets without running anything in them.

CIFAR's batches and IMDB's and Reuters's lists of words are Python pickles, and a pickle may call
any function. These readers admit lists, dicts, numbers, strings and NumPy arrays, nothing else.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import DataLossError

Array = np.ndarray[Any, Any]


def _new_array(kind: Any, shape: Any, dtype: Any) -> Array:
    """NumPy's way to start unpickling an array: an empty one whose state follows."""
    empty: Array = np.ndarray((0,), np.dtype("b"))
    return empty


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """How Python 3 writes bytes in old pickle protocols."""
    return text.encode("latin1")


def _from_buffer(buffer: Any, dtype: np.dtype[Any], shape: Any, order: Any, *rest: Any) -> Array:
    """How NumPy pickles an array in protocol 5."""
    array: Array = np.frombuffer(buffer, dtype).reshape(shape, order=order)
    return array


_ADMITTED: dict[tuple[str, str], Callable[..., Any] | type] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _new_array for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _from_buffer for core in ("core", "_core")},
}


class _DataUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise DataLossError(
                "the file asks for {module}.{name}, which no data set needs: it is damaged, or "
                "meant to do harm. Delete it and get it from its publisher.",
                module=module,
                name=name,
            ) from None


def load_pickle(data: bytes, encoding: str = "bytes") -> Any:
    """The value of a pickle made of plain data.

    Args:
        data: the whole pickle.
        encoding: how strings of Python 2 are read; "bytes" leaves them as bytes.

    Raises:
        DataLossError: it is damaged, or refers to anything but NumPy arrays.
    """
    try:
        return _DataUnpickler(io.BytesIO(data), encoding=encoding).load()
    except DataLossError:
        raise
    except Exception as error:  # A damaged pickle can raise nearly anything.
        raise DataLossError("the file is damaged: {reason}", reason=str(error)) from error


def load_object_npz(path: Path) -> dict[str, Array]:
    """The arrays of an .npz file, where object arrays may hold lists of numbers.

    Raises:
        DataLossError: it is no such file.
    """
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                arrays[entry.removesuffix(".npy")] = _load_npy(io.BytesIO(archive.read(entry)))
    except (zipfile.BadZipFile, EOFError, ValueError, KeyError) as error:
        raise DataLossError(
            "{path} is damaged: {reason}", path=str(path), reason=str(error)
        ) from error
    return arrays


def _load_npy(file: io.BytesIO) -> Array:
    version = np.lib.format.read_magic(file)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read_header is None:
        raise DataLossError("an .npy file of version {version} is not known.", version=version)
    shape, _, dtype = read_header(file)
    if not dtype.hasobject:
        file.seek(0)
        array: Array = np.lib.format.read_array(file, allow_pickle=False)
        return array
    value = load_pickle(file.read(), encoding="latin1")
    if not isinstance(value, np.ndarray) or value.shape != shape:
        raise DataLossError("expected an array of shape {shape} in the file.", shape=shape)
    return value
