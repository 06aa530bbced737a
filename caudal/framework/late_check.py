"""Checks of values that only a running program knows: it computes them, the caller then raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from caudal.framework import context
from caudal.framework.source_lines import located

Fail = Callable[[tuple[int, ...], Any], None]
"""Raises, given the first place that is wrong and the value there."""


class LateCheck(NamedTuple):
    """``wrong`` is 0 wherever all is well; otherwise ``fail`` is called."""

    wrong: Any
    fail: Fail

    def look(self, wrong: np.ndarray[Any, Any], before: int = 0) -> None:
        """Raises if a run computed something that is not 0; its row stands behind ``before``."""
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            shown = (place[0] + before, *place[1:]) if place else place
            self.fail(shown, wrong[place].item())


def check_later(wrong: Any, fail: Fail) -> bool:
    """Have ``fail`` called after each run of the program being traced in which wrong != 0.

    Args:
        wrong: a symbolic tensor, 0 where all is well.
        fail: raises; it receives the first place where ``wrong`` is not 0, and the value there.

    Returns:
        Whether the present trace can do that: a tf.function, a session or a training step.
    """
    trace = context.state.trace
    if trace is None or trace.checks is None:
        return False
    trace.checks.append(LateCheck(wrong, located(fail)))
    return True
