"""Learning rates as they are given."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError


def as_number(optimizer: str, value: Any) -> np.float32:
    """A learning rate that is a number.

    Raises:
        InvalidArgumentError: it is none, or negative.
    """
    try:
        number: np.float32 = np.float32(value)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            "{optimizer}: learning_rate must be a number, a LearningRateSchedule or a "
            "function, received {value!r}",
            optimizer=optimizer,
            value=value,
        ) from None
    if number < 0:
        raise InvalidArgumentError(
            "{optimizer}: learning_rate must not be negative, received {value!r}",
            optimizer=optimizer,
            value=value,
        )
    return number
