"""``tf.train.Coordinator``: asks threads to stop, and waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from caudal.errors import FailedPreconditionError, OutOfRangeError


class Coordinator:
    """Threads ask it whether to stop; the first that fails stops all.

    >>> coord = Coordinator()
    >>> coord.should_stop()
    False
    """

    def __init__(self, clean_stop_exception_types: Any = None) -> None:
        self._clean = tuple(clean_stop_exception_types or (OutOfRangeError,))
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._threads: set[threading.Thread] = set()
        self.joined = False

    def request_stop(self, ex: Any = None) -> None:
        """Asks all threads to stop; ``ex`` is raised by `join`, unless it is the end of data."""
        with self._lock:
            error = ex[1] if isinstance(ex, tuple) else ex
            if error is not None and self._error is None and not isinstance(error, self._clean):
                self._error = error
            self._stop.set()

    def should_stop(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop.is_set()

    def clear_stop(self) -> None:
        """Begins again."""
        self._error, self.joined = None, False
        self._stop.clear()

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Waits until a stop is asked for; False if the time is up before."""
        return self._stop.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """One more thread for `join` to wait for."""
        self._threads.add(thread)

    def raise_requested_exception(self) -> None:
        """Raises what `request_stop` was given."""
        if self._error is not None:
            raise self._error

    @contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """An exception in the block asks all threads to stop."""
        try:
            yield
        except BaseException as error:
            self.request_stop(error)

    def join(
        self,
        threads: Iterable[threading.Thread] | None = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Waits for the threads: as long as it takes, and after a stop for the grace period.

        Raises:
            FailedPreconditionError: threads do not stop in time.
            Exception: what `request_stop` was given.
        """
        waiting = self._threads | set(threads or ())
        while any(thread.is_alive() for thread in waiting) and not self.wait_for_stop(0.05):
            pass
        end = time.monotonic() + stop_grace_period_secs
        for thread in waiting:
            thread.join(max(0.0, end - time.monotonic()))
        alive = sorted(thread.name for thread in waiting if thread.is_alive())
        self.joined = True
        self._threads.clear()
        self.raise_requested_exception()
        if alive and not ignore_live_threads:
            raise FailedPreconditionError(
                "Coordinator.join: threads do not stop within {seconds} s: {names}.",
                seconds=stop_grace_period_secs,
                names=alive,
            )
