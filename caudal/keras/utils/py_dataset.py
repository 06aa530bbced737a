"""PyDataset: batches by number, written by users."""

from __future__ import annotations

import warnings
from typing import Any

from caudal.errors import CaudalWarning, DTypeError, InvalidArgumentError


class PyDataset:
    """Subclass it with ``__len__`` (number of batches) and ``__getitem__`` (one batch).

    ``on_epoch_end`` is called after every epoch, ``on_epoch_begin`` before it.

    Args:
        workers: threads that make batches; with more than one, ``__getitem__`` is called for
            several numbers at once, and the batches still come in order.
        use_multiprocessing: has no effect; batches are made in threads.
        max_queue_size: batches that are made ahead.

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         return index * index
    >>> Squares(workers=2).num_batches
    3
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        if use_multiprocessing:
            warnings.warn(
                "PyDataset: use_multiprocessing=True has no effect, batches are made in threads",
                CaudalWarning,
                stacklevel=2,
            )
        for name, value in (("workers", workers), ("max_queue_size", max_queue_size)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise InvalidArgumentError(
                    "PyDataset: `{name}` must be an integer of 0 or more, received {value!r}.",
                    name=name,
                    value=value,
                )
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    @property
    def num_batches(self) -> int | None:
        """The number of batches of an epoch; a subclass may give None: without end."""
        return len(self)

    def __getitem__(self, index: int) -> Any:
        """The batch with that number: x, (x, y) or (x, y, sample_weight)."""
        raise InvalidArgumentError(
            "{name}: a PyDataset must define __getitem__", name=type(self).__name__
        )

    def __len__(self) -> int:
        """The number of batches."""
        if type(self).num_batches is PyDataset.num_batches:
            raise InvalidArgumentError(
                "{name}: a PyDataset must define __len__ or num_batches", name=type(self).__name__
            )
        count = self.num_batches
        if count is None:
            raise DTypeError("{name}: it has no end, so no length", name=type(self).__name__)
        return count

    def on_epoch_begin(self) -> None:
        """Called before every epoch."""

    def on_epoch_end(self) -> None:
        """Called after every epoch."""


Sequence = PyDataset
