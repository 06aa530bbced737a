"""MNIST: handwritten digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from caudal.keras.datasets import cache

Array = np.ndarray[Any, Any]
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str = "mnist.npz") -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """70000 handwritten digits of 28x28 pixels as ``(x_train, y_train), (x_test, y_test)``.

    Images are uint8 of shape (60000, 28, 28) and (10000, 28, 28) with values 0 to 255; labels are
    uint8. By Yann LeCun and Corinna Cortes, CC BY-SA 3.0.

    Args:
        path: the file's name in the cache folder.

    Raises:
        UnavailableError: not in the cache and not to be had from the network.
        DataLossError: the cached file is damaged.
    """
    return cache.load(path, _read, cache.ORIGIN + "mnist.npz", SHA256)


def _read(path: Path) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    x, y, x_test, y_test = cache.read_npz(path, "x_train", "y_train", "x_test", "y_test")
    for name, images, labels in (("x_train", x, y), ("x_test", x_test, y_test)):
        cache.expect(images, (None, 28, 28), "u", name)
        cache.expect(labels, (None,), "iu", name.replace("x", "y"))
        cache.same_length(images=images, labels=labels)
    return (x, y), (x_test, y_test)
