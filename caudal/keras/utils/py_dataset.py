"""PyDataset: batches by number, written by users."""

from __future__ import annotations

import warnings
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError


class PyDataset:
    """Subclass it with ``__len__`` (number of batches) and ``__getitem__`` (one batch).

    ``on_epoch_end`` is called after every epoch. Batches are made in a background thread;
    ``workers``, ``use_multiprocessing`` and ``max_queue_size`` are accepted for Keras's sake.
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        if use_multiprocessing:
            warnings.warn(
                "PyDataset: use_multiprocessing=True has no effect, batches are made in a thread",
                CaudalWarning,
                stacklevel=2,
            )
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """The batch with that number: x, (x, y) or (x, y, sample_weight)."""
        raise InvalidArgumentError(
            "{name}: a PyDataset must define __getitem__", name=type(self).__name__
        )

    def __len__(self) -> int:
        """The number of batches."""
        raise InvalidArgumentError(
            "{name}: a PyDataset must define __len__", name=type(self).__name__
        )

    def on_epoch_end(self) -> None:
        """Called after every epoch."""


Sequence = PyDataset
