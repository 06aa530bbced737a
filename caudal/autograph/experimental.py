"""``tf.autograph.experimental``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.namespaces import strict

__all__ = ["do_not_convert"]


def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """The function itself: a traced function is never rewritten.

    >>> do_not_convert(abs)(-1)
    1
    """
    return do_not_convert if func is None else func


__getattr__ = strict(__name__)
