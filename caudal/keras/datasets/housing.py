"""What the two sets of house prices share: a seeded shuffle and a split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.keras.datasets import cache

Array = np.ndarray[Any, Any]
Split = tuple[tuple[Array, Array], tuple[Array, Array]]


def read_xy(path: Path) -> tuple[Array, Array]:
    """The arrays ``x`` (n, features) and ``y`` (n,) of an .npz file."""
    x, y = cache.read_npz(path, "x", "y")
    cache.expect(x, (None, None), "f", "x")
    cache.expect(y, (None,), "f", "y")
    cache.same_length(x=x, y=y)
    return x, y


def split(x: Array, y: Array, test_split: float, seed: int) -> Split:
    """Both arrays in the order that ``seed`` gives (Keras's), the last part for the test."""
    if not 0 <= test_split < 1:
        raise InvalidArgumentError(
            "load_data: expected 0 <= test_split < 1, received {received}.", received=test_split
        )
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    cut = int(len(x) * (1 - test_split))
    train, test = order[:cut], order[cut:]
    return (x[train], y[train]), (x[test], y[test])
