"""What CIFAR-10 and CIFAR-100 share: archives of pickled batches."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import DataLossError
from caudal.keras.datasets import cache
from caudal.keras.datasets.unpickle import load_pickle
from caudal.keras.utils.get_file import keras_home

Array = np.ndarray[Any, Any]
Batch = tuple[Array, Array]
PIXELS = 3 * 32 * 32


def load_batches(
    folder: str, members: Sequence[str], key: str, origin: str, file_hash: str
) -> list[Batch]:
    """The (images, labels) of the named batches, from the cache or the network.

    Looks where Keras 2 and Keras 3 leave the files: unpacked folders first, then archives.

    Args:
        folder: the folder inside of the archive.
        members: the batches' names.
        key: the entry that holds the labels.
        origin: the archive's URL.
        file_hash: the archive's SHA-256.
    """

    def read(archive: Path) -> list[Batch]:
        return _from_archive(archive, folder, members, key)

    datasets = keras_home() / "datasets"
    for unpacked in (datasets / f"{folder}-target" / folder, datasets / folder):
        files = [unpacked / member for member in members]
        if all(file.is_file() for file in files):
            return [_parse(file.read_bytes(), key, file.name) for file in files]
    names = (f"{folder}-target_archive", f"{folder}.tar.gz", origin.rsplit("/", 1)[-1])
    found = next((name for name in names if (datasets / name).exists()), names[0])
    return cache.load(found, read, origin, file_hash)


def _from_archive(archive: Path, folder: str, members: Sequence[str], key: str) -> list[Batch]:
    try:
        with tarfile.open(archive) as tar:
            contents = []
            for member in members:
                file = tar.extractfile(f"{folder}/{member}")
                if file is None:
                    raise DataLossError("{member} is no file.", member=member)
                contents.append(file.read())
    except (tarfile.TarError, KeyError, OSError, EOFError, zlib.error) as error:
        raise DataLossError("{reason}.", reason=str(error)) from error
    return [_parse(data, key, name) for data, name in zip(contents, members, strict=True)]


def _parse(data: bytes, key: str, name: str) -> Batch:
    """One batch: rows of 3072 bytes, channels first, to NHWC images, and labels (n, 1)."""
    content = load_pickle(data)
    if not isinstance(content, dict):
        raise DataLossError("{name}: expected a dictionary.", name=name)
    entries = {k.decode("latin1") if isinstance(k, bytes) else k: v for k, v in content.items()}
    if "data" not in entries or key not in entries:
        raise DataLossError("{name}: expected the entries data and {key}.", name=name, key=key)
    pixels = cache.expect(np.asarray(entries["data"]), (None, PIXELS), "u", name)
    labels = cache.expect(np.asarray(entries[key]), (None,), "iu", f"{name}: {key}")
    cache.same_length(data=pixels, labels=labels)
    images = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels.astype(np.uint8).reshape(-1, 1)
