"""How values are divided into rows: known numbers on the host, never tensors of a program."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from caudal.array.arguments import static
from caudal.errors import DTypeError, InvalidArgumentError, UnimplementedError
from caudal.framework import Tensor, Variable, is_symbolic
from caudal.ir.dtypes import DType, as_dtype, from_numpy, int32, int64

Array = np.ndarray[Any, Any]


def host_integers(value: Any, what: str, hint: DType | None = None) -> tuple[Array, DType]:
    """A vector or scalar of integers as int64 on the host, and the dtype of row splits it means.

    Python's integers take ``hint`` (int64 by default); int32 stays int32, all else is int64.
    """
    if is_symbolic(value):
        raise UnimplementedError(
            "{what}: the division into rows must be known while tf.function traces. Make the "
            "ragged tensor outside and pass it in: a program is traced for each partition.",
            what=what,
        )
    array = static(value, what)
    if array.size and array.dtype.kind not in "iu":
        raise DTypeError("{what}: expected integers, received {got}.", what=what, got=array.dtype)
    typed = isinstance(value, Tensor | Variable | np.ndarray | np.generic)
    kind = (from_numpy(array.dtype) if array.dtype.kind in "iu" else int64) if typed else hint
    return array.astype(np.int64), int32 if kind is int32 else int64


def splits_dtype(dtype: Any, what: str) -> DType:
    """int32 or int64."""
    kind = as_dtype(dtype)
    if kind not in (int32, int64):
        raise InvalidArgumentError(
            "{what}: expected row_splits_dtype int32 or int64, received {got}.",
            what=what,
            got=kind.name,
        )
    return kind


class RowPartition:
    """Rows as runs of values: row i holds the values from ``splits[i]`` to ``splits[i + 1]``.

    Args:
        splits: int64, from 0, rising.
        dtype: the dtype of the public row_splits, int32 or int64.
        uniform: the length of every row, where it is one by construction.
    """

    def __init__(self, splits: Array, dtype: DType = int64, uniform: int | None = None) -> None:
        self.splits = splits
        self.dtype = dtype
        self.uniform = uniform

    @classmethod
    def of_lengths(
        cls, lengths: Array, dtype: DType = int64, uniform: int | None = None
    ) -> RowPartition:
        """From the number of values of each row."""
        splits = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=splits[1:])
        return cls(splits, dtype, uniform)

    @classmethod
    def regular(cls, rows: int, length: int, dtype: DType = int64) -> RowPartition:
        """Rows of one length."""
        return cls(np.arange(rows + 1, dtype=np.int64) * length, dtype, length)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.splits) - 1

    @property
    def count(self) -> int:
        """The number of values."""
        return int(self.splits[-1])

    @property
    def starts(self) -> Array:
        """Where each row begins."""
        return self.splits[:-1]

    @cached_property
    def lengths(self) -> Array:
        """The number of values of each row."""
        return np.diff(self.splits)

    @cached_property
    def row_ids(self) -> Array:
        """The row of each value."""
        return np.repeat(np.arange(self.rows, dtype=np.int64), self.lengths)

    @cached_property
    def places(self) -> Array:
        """The place of each value in its row."""
        return np.arange(self.count, dtype=np.int64) - self.splits[self.row_ids]

    @property
    def longest(self) -> int:
        """The length of the longest row."""
        return int(self.lengths.max()) if self.rows else 0

    def take(self, rows: Array) -> tuple[RowPartition, Array]:
        """The partition of chosen rows, and which values they hold."""
        lengths = self.lengths[rows]
        found = RowPartition.of_lengths(lengths, self.dtype, self.uniform)
        return found, found.places + np.repeat(self.starts[rows], lengths)

    def as_dtype(self, dtype: DType) -> RowPartition:
        """The same with other row_splits."""
        return self if dtype is self.dtype else RowPartition(self.splits, dtype, self.uniform)

    def public(self, numbers: Array | int) -> Tensor:
        """Numbers about it as a tensor of its dtype."""
        return Tensor(np.asarray(numbers, self.dtype.np_dtype))

    def same(self, other: RowPartition) -> bool:
        """Whether both divide alike."""
        if self.splits is other.splits:
            return True
        return len(self.splits) == len(other.splits) and bool((self.splits == other.splits).all())

    @property
    def key(self) -> Any:
        """A hashable value that tells it from others."""
        return (self.splits.tobytes(), self.dtype.name, self.uniform)


def common_dtype(what: str, kinds: list[DType]) -> DType:
    """The one dtype of several row partitions.

    Raises:
        InvalidArgumentError: they differ, which TensorFlow refuses too.
    """
    if len(set(kinds)) > 1:
        raise InvalidArgumentError(
            "{what}: the ragged tensors have mismatched row_splits dtypes {kinds}. Use "
            "RaggedTensor.with_row_splits_dtype() to convert them.",
            what=what,
            kinds=[kind.name for kind in kinds],
        )
    return kinds[0]
