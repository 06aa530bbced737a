"""Fashion-MNIST: photographs of garments in MNIST's format."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import DataLossError
from caudal.keras.datasets import cache

Array = np.ndarray[Any, Any]
SUBDIR = "datasets/fashion-mnist"


def load_data() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """70000 garments of 28x28 pixels as ``(x_train, y_train), (x_test, y_test)``.

    Images are uint8 of shape (60000, 28, 28) and (10000, 28, 28); labels are uint8: T-shirt/top,
    trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot. By Zalando Research,
    MIT license.

    Raises:
        UnavailableError: not in the cache and not to be had from the network.
        DataLossError: a cached file is damaged.
    """
    train, test = (
        (_file(f"{part}-images-idx3-ubyte.gz", 3), _file(f"{part}-labels-idx1-ubyte.gz", 1))
        for part in ("train", "t10k")
    )
    for images, labels in (train, test):
        cache.same_length(images=images, labels=labels)
    return train, test


def _file(name: str, rank: int) -> Array:
    return cache.load(name, _idx_reader(rank), subdir=SUBDIR)


def _idx_reader(rank: int) -> Callable[[Path], Array]:
    """A reader of IDX files of bytes: magic number, big-endian extents, the values."""

    def read(path: Path) -> Array:
        try:
            with gzip.open(path) as file:
                content = file.read()
        except (OSError, EOFError, zlib.error) as error:
            raise DataLossError("{reason}.", reason=str(error)) from error
        start = 4 + 4 * rank
        if len(content) < start or content[:4] != bytes([0, 0, 8, rank]):
            raise DataLossError("it is no IDX file of rank {rank}.", rank=rank)
        shape = tuple(int(extent) for extent in np.frombuffer(content, ">u4", rank, 4))
        values = np.frombuffer(content, np.uint8, offset=start)
        if values.size != np.prod(shape, dtype=np.int64):
            raise DataLossError(
                "expected values of shape {shape}, received {received} of them.",
                shape=shape,
                received=values.size,
            )
        array: Array = values.reshape(shape).copy()
        return array

    return read
