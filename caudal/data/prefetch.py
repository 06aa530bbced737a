"""A thread that runs ahead of the consumer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

from caudal.data.nodes import Array, Step

_END = object()
_POLL_SECONDS = 0.1


class Prefetch(Step):
    """Up to ``buffer_size`` elements are made in a thread while the consumer works."""

    name = "PrefetchDataset"

    def __init__(self, source: Any, buffer_size: int) -> None:
        super().__init__(source)
        self.arrays = source.arrays
        self.buffer_size = buffer_size

    def numbers(self) -> Iterator[Array]:
        """The source's: there is nothing to do ahead."""
        return self.source.numbers()

    def rows(self) -> Iterator[Any]:
        """The source's elements, from a thread."""
        return (
            run_ahead(self.source.rows, self.buffer_size)
            if self.buffer_size
            else (self.source.rows())
        )


def run_ahead(start: Callable[[], Iterator[Any]], size: int) -> Generator[Any, None, None]:
    """The items of ``start()``, made by a thread at most ``size`` items ahead.

    An error of the maker is raised here, in its place. The thread ends with the iterator.
    """
    ready: queue.Queue[Any] = queue.Queue(size)
    stop = threading.Event()

    def put(item: Any) -> bool:
        while not stop.is_set():
            try:
                ready.put(item, timeout=_POLL_SECONDS)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for item in start():
                if not put((item, None)):
                    return
            put((_END, None))
        except BaseException as error:  # handed over to the consumer
            put((_END, error))

    thread = threading.Thread(target=work, name="caudal-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stop.set()
