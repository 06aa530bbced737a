"""CIFAR-10: small photographs of ten kinds of things."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.keras.datasets.cifar import load_batches

Array = np.ndarray[Any, Any]


def load_data() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """60000 colour images of 32x32 pixels as ``(x_train, y_train), (x_test, y_test)``.

    Images are uint8 of shape (50000, 32, 32, 3) and (10000, 32, 32, 3); labels are uint8 of shape
    (n, 1): airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck. Publisher:
    https://www.cs.toronto.edu/~kriz/cifar.html (Krizhevsky, 2009).

    Raises:
        UnavailableError: not in the cache and not to be had from the network.
        DataLossError: the cached file is damaged.
    """
    batches = load_batches(
        "cifar-10-batches-py",
        [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"],
        "labels",
        origin="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        file_hash="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    )
    images, labels = zip(*batches[:-1], strict=True)
    return (np.concatenate(images), np.concatenate(labels)), batches[-1]
