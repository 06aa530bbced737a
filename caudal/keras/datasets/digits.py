"""The UCI handwritten digits, which ship inside the package (source: assets/digits.txt)."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
TEST_PER_DIGIT = 36


def load_data() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """1797 handwritten digits of 8x8 pixels as ``(x_train, y_train), (x_test, y_test)``.

    Images are uint8 of shape (1437, 8, 8) and (360, 8, 8) with values 0 to 16; labels are uint8.
    The split is fixed: of each digit's images, in the order of the file, 36 at even distances are
    the test part, so that every writer and every digit is in both parts.

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape, int(x_train.max())
    ((1437, 8, 8), (360, 8, 8), 16)
    """
    with (
        resources.as_file(resources.files("caudal.assets") / "digits.npz") as path,
        np.load(path, allow_pickle=False) as archive,
    ):
        x, y = archive["x"], archive["y"]
    test = np.zeros(len(y), bool)
    for digit in range(10):
        (rows,) = np.nonzero(y == digit)
        test[rows[np.arange(TEST_PER_DIGIT) * len(rows) // TEST_PER_DIGIT]] = True
    return (x[~test], y[~test]), (x[test], y[test])
