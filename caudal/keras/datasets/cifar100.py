"""CIFAR-100: small photographs of a hundred kinds of things."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.keras.datasets.cifar import load_batches

Array = np.ndarray[Any, Any]


def load_data(label_mode: str = "fine") -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """60000 colour images of 32x32 pixels as ``(x_train, y_train), (x_test, y_test)``.

    Images are uint8 of shape (50000, 32, 32, 3) and (10000, 32, 32, 3); labels are of shape
    (n, 1). Publisher: https://www.cs.toronto.edu/~kriz/cifar.html (Krizhevsky, 2009).

    Args:
        label_mode: "fine" for the 100 classes or "coarse" for their 20 groups.

    Raises:
        InvalidArgumentError: another label_mode.
        UnavailableError: not in the cache and not to be had from the network.
        DataLossError: the cached file is damaged.
    """
    if label_mode not in ("fine", "coarse"):
        raise InvalidArgumentError(
            "cifar100.load_data: expected label_mode 'fine' or 'coarse', received {received!r}.",
            received=label_mode,
        )
    train, test = load_batches(
        "cifar-100-python",
        ["train", "test"],
        f"{label_mode}_labels",
        origin="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
        file_hash="85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    )
    return train, test
