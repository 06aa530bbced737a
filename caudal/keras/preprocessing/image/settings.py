"""The settings of `ImageDataGenerator`: checks, and what they draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.keras.preprocessing.image.random_changes import check_pair
from caudal.keras.utils.image_utils import check_choice

_DOING = "ImageDataGenerator"


def check_number(name: str, value: Any) -> Any:
    """A number."""
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return value
    raise InvalidArgumentError(
        "ImageDataGenerator: {name} must be a number, received {value!r}.", name=name, value=value
    )


def check_shift(name: str, value: Any) -> Any:
    """A number, or a list of numbers."""
    if isinstance(value, list | tuple | np.ndarray):
        if not len(value):
            raise InvalidArgumentError(
                "ImageDataGenerator: {name} must not be an empty list.", name=name
            )
        return [check_number(name, element) for element in value]
    return check_number(name, value)


def check_callable(function: Any) -> Any:
    """A function, or None."""
    if function is not None and not callable(function):
        raise InvalidArgumentError(
            "ImageDataGenerator: preprocessing_function must be a function, received {received!r}.",
            received=function,
        )
    return function


def check_order(value: Any) -> int:
    """Of an interpolation: 0 to 5."""
    found: int = check_choice(_DOING, "interpolation_order", value, range(6))
    return found


def check_share(value: Any) -> float:
    """A share of the samples, between 0 and 1."""
    if value and not 0 < check_number("validation_split", value) < 1:
        raise InvalidArgumentError(
            "ImageDataGenerator: validation_split must lie between 0 and 1, received {value!r}.",
            value=value,
        )
    return float(value)


def check_zoom(value: Any) -> list[float]:
    """[low, high], from a pair or a distance from 1."""
    if isinstance(value, int | float | np.number):
        return [1 - value, 1 + value]
    return list(check_pair("ImageDataGenerator", "zoom_range", value))


def draw_shift(bound: Any, size: int) -> Any:
    """Pixels along an axis of ``size``; bounds below 1 are fractions of it."""
    if isinstance(bound, list):
        shift = np.random.choice(bound) * np.random.choice([-1, 1])
    elif not bound:
        return 0
    elif isinstance(bound, int | np.integer) and bound > 0:
        # Whole pixels: fewer than ``bound``, to either side.
        shift = np.random.choice(bound) * np.random.choice([-1, 1])
    else:
        shift = np.random.uniform(-bound, bound)
    return shift * size if np.max(bound) < 1 else shift
