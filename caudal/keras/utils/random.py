"""One seed for everything."""

from __future__ import annotations

import random

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import set_seed


def set_random_seed(seed: int) -> None:
    """Seed Python's ``random``, NumPy and Caudal: weights, shuffling and dropout repeat."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise InvalidArgumentError(
            "set_random_seed: expected an integer, received {seed!r}", seed=seed
        )
    random.seed(int(seed))
    np.random.seed(int(seed) % 2**32)
    set_seed(int(seed))
