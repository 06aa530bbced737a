"""What all iterators over pictures share: order, seeds, batches by number and one by one."""

from __future__ import annotations

import threading
from collections.abc import Iterator as Stream
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, OutOfRangeError, UnimplementedError
from caudal.keras.utils.py_dataset import PyDataset

Array = np.ndarray[Any, Any]


class Iterator(PyDataset):
    """Batches of ``n`` samples: by number as a PyDataset, and without end by ``next``.

    With a ``seed``, batch number k since the beginning draws from ``numpy.random`` seeded with
    ``seed + k``, as in Keras. A subclass defines `_get_batches_of_transformed_samples`.

    Raises:
        InvalidArgumentError: ``batch_size`` is not positive.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(
        self, n: int, batch_size: int, shuffle: bool, seed: int | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise InvalidArgumentError(
                "{name}: batch_size must be a positive integer, received {received!r}.",
                name=type(self).__name__,
                received=batch_size,
            )
        if seed is not None and not isinstance(seed, int | np.integer):
            raise InvalidArgumentError(
                "{name}: seed must be an integer or None, received {received!r}.",
                name=type(self).__name__,
                received=seed,
            )
        self.n = n
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array: Array | None = None
        self.index_generator = self._flow_index()

    def _set_index_array(self) -> Array:
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)
        return self.index_array

    def _seed_batch(self) -> None:
        if self.seed is not None:
            np.random.seed((self.seed + self.total_batches_seen) % 2**32)

    def __len__(self) -> int:
        """Batches in one pass, the last perhaps smaller."""
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        """The batch with that number in this pass.

        Raises:
            OutOfRangeError: there are fewer.
        """
        count = len(self)
        if not isinstance(index, int | np.integer) or not -count <= index < count:
            raise OutOfRangeError(
                "{name}: there is no batch {index!r}, the numbers are 0 to {last}.",
                name=type(self).__name__,
                index=index,
                last=count - 1,
            )
        self._seed_batch()
        self.total_batches_seen += 1
        order = self._set_index_array() if self.index_array is None else self.index_array
        begin = self.batch_size * (index % count)
        return self._get_batches_of_transformed_samples(order[begin : begin + self.batch_size])

    def on_epoch_end(self) -> None:
        """A new order."""
        self._set_index_array()

    def reset(self) -> None:
        """``next`` begins a new pass."""
        self.batch_index = 0

    def _flow_index(self) -> Stream[Array]:
        self.reset()
        while True:
            self._seed_batch()
            order = self.index_array
            if self.batch_index == 0 or order is None:
                order = self._set_index_array()
            begin = self.batch_index * self.batch_size
            last = begin + self.batch_size >= self.n
            self.batch_index = 0 if last else self.batch_index + 1
            self.total_batches_seen += 1
            yield order[begin : begin + self.batch_size]

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        with self.lock:
            order = next(self.index_generator)
        # Pictures are made outside of the lock, by several threads at once.
        return self._get_batches_of_transformed_samples(order)

    def next(self) -> Any:
        """The next batch: Keras 2's spelling of ``next(iterator)``."""
        return next(self)

    def _get_batches_of_transformed_samples(self, index_array: Array) -> Any:
        raise UnimplementedError(
            "{name}: define _get_batches_of_transformed_samples(index_array).",
            name=type(self).__name__,
        )
