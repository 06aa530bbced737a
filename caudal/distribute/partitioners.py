"""``tf.distribute.experimental.partitioners``: how variables would be divided among servers."""

from __future__ import annotations

import math
from typing import Any

from caudal.ir.dtypes import as_dtype
from caudal.namespaces import strict

__all__ = ["FixedShardsPartitioner", "MaxSizePartitioner", "MinSizePartitioner", "Partitioner"]


class Partitioner:
    """The base: ``partitioner(shape, dtype, axis)`` gives the number of parts on each axis."""

    def __call__(self, shape: Any, dtype: Any, axis: int = 0) -> list[int]:
        """The number of parts on each axis: one on all but ``axis``."""
        parts = [1] * len(shape)
        if parts:
            parts[axis] = max(1, min(self._count(tuple(shape), dtype, axis), int(shape[axis])))
        return parts

    def _count(self, shape: tuple[int, ...], dtype: Any, axis: int) -> int:
        return 1


class FixedShardsPartitioner(Partitioner):
    """The same number of parts for every variable."""

    def __init__(self, num_shards: int) -> None:
        self._num_shards = num_shards

    def _count(self, shape: tuple[int, ...], dtype: Any, axis: int) -> int:
        return self._num_shards


class MinSizePartitioner(Partitioner):
    """As many parts as have at least ``min_shard_bytes`` each.

    >>> MinSizePartitioner(4 << 10, max_shards=4)((2000, 2), "float32")
    [3, 1]
    """

    def __init__(
        self, min_shard_bytes: int = 256 << 10, max_shards: int = 1, bytes_per_string: int = 16
    ) -> None:
        self._bytes, self._most, self._string = min_shard_bytes, max_shards, bytes_per_string

    def _count(self, shape: tuple[int, ...], dtype: Any, axis: int) -> int:
        kind = as_dtype(dtype)
        size = self._string if kind.name == "string" else kind.size
        return min(self._most, math.prod(shape) * size // self._bytes)


class MaxSizePartitioner(Partitioner):
    """As few parts as have at most ``max_shard_bytes`` each."""

    def __init__(
        self, max_shard_bytes: int, max_shards: int | None = None, bytes_per_string: int = 16
    ) -> None:
        self._bytes, self._most, self._string = max_shard_bytes, max_shards, bytes_per_string

    def _count(self, shape: tuple[int, ...], dtype: Any, axis: int) -> int:
        kind = as_dtype(dtype)
        size = self._string if kind.name == "string" else kind.size
        rows_each = max(1, self._bytes // max(1, math.prod(shape) * size // max(1, shape[axis])))
        count = -(-shape[axis] // rows_each)
        return count if self._most is None else min(self._most, count)


__getattr__ = strict(__name__, label="tf.distribute.experimental.partitioners")
