"""A limit on what may be allocated while a file is read."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import ResourceExhaustedError
from caudal.ir.dtypes import as_dtype


class _Budget(threading.local):
    def __init__(self) -> None:
        self.left: int | None = None
        self.total = 0
        self.what = ""
        self.reason = ""
        self.filled = False


_budget = _Budget()


@contextmanager
def allocation_budget(
    total: int, what: str, filled: bool = False, reason: str = "what the file holds"
) -> Iterator[None]:
    """Variables made inside may have ``total`` bytes together; ``what`` names the file.

    filled: the file has a value for every weight, so that none need be drawn at random before.
    reason: where the number comes from.

    >>> with allocation_budget(8, "tiny.keras"):
    ...     charge((2,), 4)
    """
    before = dict(vars(_budget))
    vars(_budget).update(left=total, total=total, what=what, filled=filled, reason=reason)
    try:
        yield
    finally:
        vars(_budget).update(before)


def free_memory() -> int:
    """How many bytes this process can still have, as far as the system tells.

    >>> free_memory() > 0
    True
    """
    found = [1 << 62]
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        found.append(int(fields["MemAvailable"].split()[0]) << 10)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        if limit != resource.RLIM_INFINITY:
            found.append(limit - used)
    return max(min(found), 0)


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
            "of {total} bytes, which follows from {reason}. The configuration and the weights do "
            "not belong together, or the file is malicious.",
            what=_budget.what,
            shape=tuple(shape),
            size=size,
            total=_budget.total,
            reason=_budget.reason,
        )
    _budget.left -= size
