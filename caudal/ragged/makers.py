"""The class methods that make ragged tensors of values and a division into rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, static_int
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework.composite import Composite
from caudal.ir.dtypes import DType, int64
from caudal.ragged import conversion
from caudal.ragged.partition import (
    Array,
    RowPartition,
    common_dtype,
    host_integers,
    splits_dtype,
)


class RaggedMakers(Composite):
    """The makers of `RaggedTensor`, which is the only class below this one."""

    __slots__ = ("_partition", "_values")
    _values: Any
    _partition: RowPartition

    @classmethod
    def _made(cls, what: str, values: Any, partition: RowPartition, validate: bool) -> Any:
        """One from parts that were given by the user."""
        inner: Any = values if isinstance(values, RaggedMakers) else as_tensor(values)
        if not isinstance(inner, RaggedMakers) and not len(inner.shape):
            raise InvalidArgumentError("{what}: expected values with an axis.", what=what)
        if isinstance(inner, RaggedMakers):
            common_dtype(what, [partition.dtype, inner._partition.dtype])
        count = int(inner.shape[0])
        if validate and (partition.splits[0] != 0 or (np.diff(partition.splits) < 0).any()):
            raise InvalidArgumentError(
                "{what}: the arguments do not form a valid RaggedTensor: expected row splits that "
                "begin with 0 and never fall, received {splits}.",
                what=what,
                splits=partition.splits.tolist()[:20],
            )
        if partition.count != count:
            raise InvalidArgumentError(
                "{what}: the arguments do not form a valid RaggedTensor: the rows hold {rows} "
                "values, but there are {count}.",
                what=what,
                rows=partition.count,
                count=count,
            )
        make: Any = cls
        return make(inner, partition, internal=True)

    @classmethod
    def from_row_splits(
        cls, values: Any, row_splits: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Row i holds the values from ``row_splits[i]`` to ``row_splits[i + 1]``.

        Raises:
            InvalidArgumentError: the splits do not begin with 0, fall, or end elsewhere than the
                values do.
        """
        what = "RaggedTensor.from_row_splits"
        splits, kind = host_integers(row_splits, what, _hint(values))
        if splits.ndim != 1 or not splits.size:
            raise InvalidArgumentError(
                "{what}: row_splits must be a vector that is not empty, received shape {shape}.",
                what=what,
                shape=splits.shape,
            )
        return cls._made(what, values, RowPartition(splits, kind), validate)

    @classmethod
    def from_row_lengths(
        cls, values: Any, row_lengths: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Row i holds the next ``row_lengths[i]`` values."""
        what = "RaggedTensor.from_row_lengths"
        lengths, kind = host_integers(row_lengths, what, _hint(values))
        return cls._made(what, values, RowPartition.of_lengths(_vector(what, lengths), kind), True)

    @classmethod
    def from_row_starts(
        cls, values: Any, row_starts: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Row i begins at ``row_starts[i]`` and ends where the next one begins."""
        what = "RaggedTensor.from_row_starts"
        starts, kind = host_integers(row_starts, what, _hint(values))
        splits = np.append(_vector(what, starts), int(_rows_of(values)))
        return cls._made(what, values, RowPartition(splits, kind), validate)

    @classmethod
    def from_row_limits(
        cls, values: Any, row_limits: Any, name: str | None = None, validate: bool = True
    ) -> Any:
        """Row i ends before ``row_limits[i]``."""
        what = "RaggedTensor.from_row_limits"
        limits, kind = host_integers(row_limits, what, _hint(values))
        splits = np.insert(_vector(what, limits), 0, 0)
        return cls._made(what, values, RowPartition(splits, kind), validate)

    @classmethod
    def from_value_rowids(
        cls,
        values: Any,
        value_rowids: Any,
        nrows: Any = None,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Value i belongs to row ``value_rowids[i]``; the ids never fall."""
        what = "RaggedTensor.from_value_rowids"
        ids, kind = host_integers(value_rowids, what, _hint(values))
        ids = _vector(what, ids)
        least = int(ids[-1]) + 1 if ids.size else 0
        rows = least if nrows is None else static_int(nrows, what + ": nrows")
        if rows < least or (np.diff(ids) < 0).any() or (ids < 0).any():
            raise InvalidArgumentError(
                "{what}: the arguments do not form a valid RaggedTensor: expected rising ids from "
                "0 to {last}, received {ids}.",
                what=what,
                last=rows - 1,
                ids=ids.tolist()[:20],
            )
        lengths = np.bincount(ids, minlength=rows)
        return cls._made(what, values, RowPartition.of_lengths(lengths, kind), validate)

    @classmethod
    def from_uniform_row_length(
        cls,
        values: Any,
        uniform_row_length: Any,
        nrows: Any = None,
        validate: bool = True,
        name: str | None = None,
    ) -> Any:
        """Rows of one length. ``nrows`` is needed where that length is 0."""
        what = "RaggedTensor.from_uniform_row_length"
        length = static_int(uniform_row_length, what)
        count = int(_rows_of(values))
        if length < 0 or (length and count % length):
            raise InvalidArgumentError(
                "{what}: {count} values are not divisible into rows of uniform_row_length "
                "{length}.",
                what=what,
                count=count,
                length=length,
            )
        if nrows is None:
            rows = count // length if length else 0
        else:
            rows = static_int(nrows, what + ": nrows")
        _, kind = host_integers(uniform_row_length, what, _hint(values))
        return cls._made(what, values, RowPartition.regular(rows, length, kind), validate)

    @classmethod
    def _nested(cls, maker: Callable[..., Any], what: str, values: Any, parts: Any) -> Any:
        if not isinstance(parts, list | tuple):
            raise DTypeError(
                "{what}: expected a list of vectors, received {p!r}.", what=what, p=parts
            )
        for part in reversed(parts):
            values = maker(values, part)
        return values

    @classmethod
    def from_nested_row_splits(
        cls,
        flat_values: Any,
        nested_row_splits: Sequence[Any],
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Several levels of `from_row_splits`, the outermost first."""
        what = "RaggedTensor.from_nested_row_splits"
        return cls._nested(cls.from_row_splits, what, flat_values, nested_row_splits)

    @classmethod
    def from_nested_row_lengths(
        cls,
        flat_values: Any,
        nested_row_lengths: Sequence[Any],
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Several levels of `from_row_lengths`, the outermost first."""
        what = "RaggedTensor.from_nested_row_lengths"
        return cls._nested(cls.from_row_lengths, what, flat_values, nested_row_lengths)

    @classmethod
    def from_nested_value_rowids(
        cls,
        flat_values: Any,
        nested_value_rowids: Sequence[Any],
        nested_nrows: Sequence[Any] | None = None,
        name: str | None = None,
        validate: bool = True,
    ) -> Any:
        """Several levels of `from_value_rowids`, the outermost first."""
        counts = [None] * len(nested_value_rowids) if nested_nrows is None else nested_nrows
        if len(counts) != len(nested_value_rowids):
            raise InvalidArgumentError(
                "RaggedTensor.from_nested_value_rowids: expected as many nested_nrows as "
                "nested_value_rowids, received {nrows} and {ids}.",
                nrows=len(counts),
                ids=len(nested_value_rowids),
            )
        values = flat_values
        for ids, rows in zip(reversed(nested_value_rowids), reversed(counts), strict=True):
            values = cls.from_value_rowids(values, ids, rows)
        return values

    @classmethod
    def from_tensor(
        cls,
        tensor: Any,
        lengths: Any = None,
        padding: Any = None,
        ragged_rank: int = 1,
        name: str | None = None,
        row_splits_dtype: Any = int64,
    ) -> Any:
        """A dense tensor cut into rows.

        Args:
            tensor: at least ``ragged_rank + 1`` axes.
            lengths: how much of each row is kept; a tuple of vectors gives several levels.
            padding: a value that is left out at the ends of rows (not with ``lengths``).
            ragged_rank: the number of ragged axes.
            row_splits_dtype: int32 or int64.

        >>> from caudal.ragged.tensor import RaggedTensor
        >>> RaggedTensor.from_tensor([[1, 0], [2, 3]], padding=0)
        <tf.RaggedTensor [[1], [2, 3]]>
        """
        kind = splits_dtype(row_splits_dtype, "RaggedTensor.from_tensor")
        return conversion.from_tensor(tensor, lengths, padding, ragged_rank, kind)

    @classmethod
    def from_sparse(
        cls, st_input: Any, name: str | None = None, row_splits_dtype: Any = int64
    ) -> Any:
        """The rows of a sparse matrix whose elements all stand at the left."""
        kind = splits_dtype(row_splits_dtype, "RaggedTensor.from_sparse")
        return conversion.from_sparse(st_input, kind)


def _hint(values: Any) -> DType | None:
    return values._partition.dtype if isinstance(values, RaggedMakers) else None


def _vector(what: str, numbers: Array) -> Array:
    if numbers.ndim != 1:
        raise InvalidArgumentError(
            "{what}: expected a vector, received shape {shape}.", what=what, shape=numbers.shape
        )
    return numbers


def _rows_of(values: Any) -> Any:
    inner: Any = values if isinstance(values, RaggedMakers) else as_tensor(values)
    return inner.shape[0]
