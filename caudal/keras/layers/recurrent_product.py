"""The product of the state with the recurrent kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.framework import convert_to_tensor

Product = Callable[[Any], Any]


def matmul(x: Any, kernel: Any) -> Any:
    """The product over the last axis of ``x``."""
    last = len(x.shape) - 1
    return ops.dot_general(x, convert_to_tensor(kernel), contract=((last,), (0,)), batch=((), ()))
