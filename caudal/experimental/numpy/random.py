"""``tf.experimental.numpy.random``: NumPy's samplers, in the default float."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import random as _random
from caudal.experimental.numpy.promotion import default_float
from caudal.ir.dtypes import as_dtype
from caudal.namespaces import strict

__all__ = ["rand", "randint", "randn", "random", "seed", "standard_normal", "uniform"]


def _kind() -> Any:
    return as_dtype(default_float())


def _shape(size: Any) -> Any:
    if size is None:
        return ()
    return (size,) if isinstance(size, int) else tuple(size)


def seed(s: int) -> None:
    """Starts the random numbers again."""
    _random.set_seed(s)


def randn(*args: int) -> Any:
    """Standard normal numbers of a shape."""
    return _random.normal(args, dtype=_kind())


def standard_normal(size: Any = None) -> Any:
    """Standard normal numbers of a shape."""
    return _random.normal(_shape(size), dtype=_kind())


def rand(*size: int) -> Any:
    """Uniform numbers on [0, 1)."""
    return _random.uniform(size, dtype=_kind())


def random(size: Any = None) -> Any:
    """Uniform numbers on [0, 1)."""
    return _random.uniform(_shape(size), dtype=_kind())


def uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
    """Uniform numbers on [low, high)."""
    return _random.uniform(_shape(size), low, high, dtype=_kind())


def randint(low: int, high: int | None = None, size: Any = None, dtype: Any = np.int64) -> Any:
    """Integers from low (or 0) up to high, without it."""
    first, last = (0, low) if high is None else (low, high)
    return _random.uniform(_shape(size), first, last, dtype=as_dtype(np.dtype(dtype)))


__getattr__ = strict(__name__, label="tf.experimental.numpy.random")
