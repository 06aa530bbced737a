"""Seeds of shuffles: from the user, the global seed, or the system."""

from __future__ import annotations

import itertools

import numpy as np

from caudal.framework import random_state

_counter = itertools.count()


def pick_seed(seed: int | None) -> int:
    """A non-negative seed; the same ones in the same order after ``tf.random.set_seed``."""
    fixed = random_state.global_seed()
    if seed is None and fixed is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    parts = [0 if part is None else int(part) % 2**32 for part in (fixed, seed)]
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0])
