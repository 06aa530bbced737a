"""``tf.experimental.RowPartition``: how a run of values is divided into rows, by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import static_int
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import DType, int64
from caudal.ragged.partition import RowPartition as Division
from caudal.ragged.partition import host_integers, splits_dtype

Array = np.ndarray[Any, Any]


class RowPartition:
    """A division of ``nvals`` values into ``nrows`` rows; make one with a ``from_`` method.

    >>> rows = RowPartition.from_row_lengths([2, 0, 3])
    >>> rows.row_splits().numpy().tolist(), int(rows.nvals())
    ([0, 2, 2, 5], 5)
    """

    def __init__(self, division: Division) -> None:
        self._division = division

    @classmethod
    def _of_lengths(cls, lengths: Array, dtype: DType, what: str) -> RowPartition:
        if lengths.ndim != 1 or (lengths < 0).any():
            raise InvalidArgumentError(
                "RowPartition.{what}: expected a vector of lengths of at least 0, received "
                "{lengths}.",
                what=what,
                lengths=lengths.tolist(),
            )
        return cls(Division.of_lengths(lengths, dtype))

    @classmethod
    def from_row_lengths(
        cls,
        row_lengths: Any,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = None,
    ) -> RowPartition:
        """By the number of values of each row."""
        lengths, kind = host_integers(row_lengths, "RowPartition.from_row_lengths")
        return cls._of_lengths(lengths, _kind(dtype, kind), "from_row_lengths")

    @classmethod
    def from_row_splits(
        cls,
        row_splits: Any,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = None,
    ) -> RowPartition:
        """By where each row begins, and the end of the last."""
        splits, kind = host_integers(row_splits, "RowPartition.from_row_splits")
        if splits.ndim != 1 or not len(splits) or splits[0]:
            raise InvalidArgumentError(
                "RowPartition.from_row_splits: expected a vector that begins with 0, received "
                "{splits}.",
                splits=splits.tolist(),
            )
        return cls._of_lengths(np.diff(splits), _kind(dtype, kind), "from_row_splits")

    @classmethod
    def from_value_rowids(
        cls,
        value_rowids: Any,
        nrows: Any = None,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = None,
    ) -> RowPartition:
        """By each value's row; they must not fall."""
        ids, kind = host_integers(value_rowids, "RowPartition.from_value_rowids")
        least = int(ids[-1]) + 1 if ids.size else 0
        count = least if nrows is None else static_int(nrows, "RowPartition: nrows")
        if ids.ndim != 1 or (np.diff(ids) < 0).any() or (ids < 0).any() or count < least:
            raise InvalidArgumentError(
                "RowPartition.from_value_rowids: expected a rising vector of rows from 0 to below "
                "{count}, received {ids}.",
                count=count,
                ids=ids.tolist(),
            )
        lengths = np.bincount(ids, minlength=count).astype(np.int64)
        return cls._of_lengths(lengths, _kind(dtype, kind), "from_value_rowids")

    @classmethod
    def from_uniform_row_length(
        cls,
        uniform_row_length: Any,
        nvals: Any = None,
        nrows: Any = None,
        validate: bool = True,
        dtype: Any = None,
        dtype_hint: Any = None,
    ) -> RowPartition:
        """Rows of one length; ``nrows`` must be given where that is 0."""
        what = "RowPartition.from_uniform_row_length"
        length = static_int(uniform_row_length, what)
        if nrows is None:
            if not length or nvals is None or static_int(nvals, what) % length:
                raise InvalidArgumentError(
                    "{what}: expected nrows, or nvals that the length divides, received length "
                    "{length} and nvals {nvals}.",
                    what=what,
                    length=length,
                    nvals=nvals,
                )
            nrows = static_int(nvals, what) // length
        count = static_int(nrows, what)
        lengths = np.full(count, length, np.int64)
        return cls(Division.of_lengths(lengths, _kind(dtype, int64), uniform=length))

    @property
    def dtype(self) -> DType:
        """int32 or int64: of what its methods return."""
        return self._division.dtype

    def _tensor(self, values: Any) -> Any:
        return convert_to_tensor(np.asarray(values).astype(self.dtype.np_dtype))

    def row_splits(self) -> Any:
        """Where each row begins, and the end of the last."""
        return self._tensor(self._division.splits)

    def row_lengths(self) -> Any:
        """How many values each row has."""
        return self._tensor(np.diff(self._division.splits))

    def row_starts(self) -> Any:
        """Where each row begins."""
        return self._tensor(self._division.splits[:-1])

    def row_limits(self) -> Any:
        """Where each row ends."""
        return self._tensor(self._division.splits[1:])

    def value_rowids(self) -> Any:
        """Each value's row."""
        splits = self._division.splits
        return self._tensor(np.repeat(np.arange(len(splits) - 1), np.diff(splits)))

    def offsets_in_rows(self) -> Any:
        """Each value's place in its row."""
        splits = self._division.splits
        places = np.arange(splits[-1]) - np.repeat(splits[:-1], np.diff(splits))
        return self._tensor(places)

    def nrows(self) -> Any:
        """The number of rows."""
        return self._tensor(len(self._division.splits) - 1)

    def nvals(self) -> Any:
        """The number of values."""
        return self._tensor(self._division.splits[-1])

    def uniform_row_length(self) -> Any:
        """The length of every row, if it is one by construction; else None."""
        uniform = self._division.uniform
        return None if uniform is None else self._tensor(uniform)

    def is_uniform(self) -> bool:
        """Whether it was made of rows of one length."""
        return self._division.uniform is not None

    def __repr__(self) -> str:
        return f"tf.RowPartition(row_splits={self._division.splits.tolist()})"


def _kind(dtype: Any, own: DType) -> DType:
    return own if dtype is None else splits_dtype(dtype, "RowPartition")
