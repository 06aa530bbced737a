"""``synchronized``: methods of one oracle that never run at the same time."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

_locks: weakref.WeakKeyDictionary[Any, threading.RLock] = weakref.WeakKeyDictionary()
_adding = threading.Lock()


def synchronized(func: Method) -> Method:
    """A method that waits while another thread is in one of the same object's.

    Methods of one object may call one another; those of other objects do not wait.
    """

    @functools.wraps(func)
    def waiting(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _adding:
            lock = _locks.setdefault(self, threading.RLock())
        with lock:
            return func(self, *args, **kwargs)

    return waiting  # type: ignore[return-value]
