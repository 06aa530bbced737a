"""Checks of values that only a running program knows: it computes them, the caller then raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from caudal.framework import context
from caudal.framework.source_lines import located


class LateCheck(NamedTuple):
    """``wrong`` is 0 wherever all is well; otherwise ``fail`` is called with its values."""

    wrong: Any
    fail: Callable[[np.ndarray[Any, Any]], None]


def check_later(wrong: Any, fail: Callable[[np.ndarray[Any, Any]], None]) -> bool:
    """Have the function that is being traced call ``fail`` after each run in which wrong != 0.

    Args:
        wrong: a symbolic tensor, 0 where all is well.
        fail: raises; it receives the values of ``wrong``.

    Returns:
        Whether the present trace can do that. Only a tf.function can.
    """
    trace = context.state.trace
    if trace is None or trace.checks is None:
        return False
    trace.checks.append(LateCheck(wrong, located(fail)))
    return True
