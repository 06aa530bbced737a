"""Batches of a PyDataset, made ahead by its workers."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


def _numbers(source: Any) -> Iterable[int]:
    """The numbers of the batches; of a source whose ``num_batches`` is None without end."""
    count = source.num_batches if hasattr(source, "num_batches") else len(source)
    return itertools.count() if count is None else range(count)


def batches_of(source: Any) -> Iterator[Any]:
    """One pass over the batches, in order; made ahead in threads if it has several ``workers``."""
    begin = getattr(source, "on_epoch_begin", None)
    if callable(begin):
        begin()
    # A subclass that does not call super().__init__() has neither.
    workers = getattr(source, "workers", 1)
    ahead = getattr(source, "max_queue_size", 10)
    if workers <= 1 or ahead < 1:
        yield from (source[i] for i in _numbers(source))
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="caudal-batches")
    try:
        waiting: deque[Future[Any]] = deque()
        for number in _numbers(source):
            waiting.append(pool.submit(source.__getitem__, number))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
