"""Seeds of shuffles: from the user and the global generator."""

from __future__ import annotations

import operator

import numpy as np

from caudal.errors import DTypeError
from caudal.framework import init_scope, random_state


def pick_seed(seed: int | None) -> int:
    """A seed for NumPy; the same ones in the same order after ``tf.random.set_seed``.

    Raises:
        DTypeError: the seed is no integer.
    """
    if seed is None:
        with init_scope():
            high, low = np.asarray(random_state.next_key()).tolist()
        return int(high) << 32 | int(low)
    try:
        number = operator.index(np.asarray(seed)[()])
    except TypeError as error:
        raise DTypeError(
            "Dataset.shuffle: expected an integer seed, received {received!r}.", received=seed
        ) from error
    return random_state.mix(random_state.get_seed() or 0, number)
