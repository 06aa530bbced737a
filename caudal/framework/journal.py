"""What a program's effects gave in a run, so that another run need not have them happen again.

The gradient of a call computes forward values anew, and a call that has to be begun again op by op
meets its effects a second time: both take what they gave the first time.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Entry = tuple[int, Any]
"""The number of an effect, and what it gave."""

_serial = itertools.count()


class Journal:
    """The effects of one traced function. A program keeps it, and its gradient's program too."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._entries: list[Entry] | None = None
        self._past: dict[int, list[Any]] = {}

    def noted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The function of an effect: notes what it gives, or gives what was noted.

        An effect in a loop has several results, and which one is asked for cannot be told: it
        happens again.
        """
        number = next(_serial)

        def calling(*arrays: Any) -> Any:
            known = self._past.get(number, ())
            if len(known) == 1:
                return known[0]
            found = call(*arrays)
            if self._entries is not None:
                self._entries.append((number, found))
            return found

        return calling

    @contextmanager
    def recording(self) -> Iterator[list[Entry]]:
        """The list that the effects of runs inside the block are noted in, in order."""
        with self._lock:
            before, entries = self._entries, list[Entry]()
            self._entries = entries
            try:
                yield entries
            finally:
                self._entries = before
                if before is not None:
                    before.extend(entries)

    @contextmanager
    def replaying(self, entries: Sequence[Entry]) -> Iterator[None]:
        """Effects of runs inside the block do not happen: they give what is noted."""
        with self._lock:
            before = self._past
            self._past = {}
            for number, found in entries:
                self._past.setdefault(number, []).append(found)
            try:
                yield
            finally:
                self._past = before


class _Repeated(threading.local):
    """What the next eager effects of this thread gave already."""

    def __init__(self) -> None:
        self.results: deque[Any] = deque()


repeated = _Repeated()


@contextmanager
def repeating(entries: Sequence[Entry]) -> Iterator[None]:
    """The first eager effects inside the block do not happen: they give what is noted."""
    before = repeated.results
    repeated.results = deque(found for _, found in entries)
    try:
        yield
    finally:
        repeated.results = before
