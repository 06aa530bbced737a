"""A limit on what may be allocated while a file is read."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from caudal.errors import ResourceExhaustedError
from caudal.ir.dtypes import as_dtype


class _Budget(threading.local):
    def __init__(self) -> None:
        self.left: int | None = None
        self.total = 0
        self.what = ""
        self.filled = False


_budget = _Budget()


@contextmanager
def allocation_budget(total: int, what: str, filled: bool = False) -> Iterator[None]:
    """Variables made inside may have ``total`` bytes together; ``what`` names the file.

    filled: the file has a value for every weight, so that none need be drawn at random before.

    >>> with allocation_budget(8, "tiny.keras"):
    ...     charge((2,), 4)
    """
    before = (_budget.left, _budget.total, _budget.what, _budget.filled)
    _budget.left, _budget.total, _budget.what, _budget.filled = total, total, what, filled
    try:
        yield
    finally:
        _budget.left, _budget.total, _budget.what, _budget.filled = before


def values_follow() -> bool:
    """Whether the weights that are made now get their values from a file afterwards."""
    return _budget.filled


def room(shape: Any, dtype: Any = None) -> np.ndarray[Any, Any]:
    """An initializer for weights whose values follow: zeros that take no memory of their own."""
    zero = np.zeros((), as_dtype(dtype).np_dtype)
    return np.broadcast_to(zero, tuple(shape))


def charge(shape: Sequence[Any], itemsize: int) -> None:
    """Notes an allocation before it is made.

    Raises:
        ResourceExhaustedError: a file is being read and asks for more than its size explains.
    """
    if _budget.left is None:
        return
    size = math.prod(int(extent) for extent in shape) * itemsize
    if size > _budget.left:
        raise ResourceExhaustedError(
            "{what}: a weight of shape {shape} ({size} bytes) is more than the rest of the budget "
            "of {total} bytes, which follows from what the file holds. The configuration and the "
            "weights do not belong together, or the file is malicious.",
            what=_budget.what,
            shape=tuple(shape),
            size=size,
            total=_budget.total,
        )
    _budget.left -= size
