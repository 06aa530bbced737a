"""Batches of a PyDataset, made ahead by its workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


def batches_of(source: Any) -> Iterator[Any]:
    """One pass over the batches, in order; made ahead in threads if it has several ``workers``."""
    begin = getattr(source, "on_epoch_begin", None)
    if callable(begin):
        begin()
    # A subclass that does not call super().__init__() has neither.
    workers = getattr(source, "workers", 1)
    ahead = getattr(source, "max_queue_size", 10)
    if workers <= 1 or ahead < 1:
        yield from (source[i] for i in range(len(source)))
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="caudal-batches")
    try:
        waiting: deque[Future[Any]] = deque()
        for number in range(len(source)):
            waiting.append(pool.submit(source.__getitem__, number))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
