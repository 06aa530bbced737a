"""Sparse and ragged data in memory: rows that become arrays batch by batch, never all at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import nest
from caudal.framework.composite import Composite
from caudal.ragged.partition import RowPartition
from caudal.ragged.tensor import RaggedTensor
from caudal.sparse.tensor import SparseTensor

Array = np.ndarray[Any, Any]


class Padded(NamedTuple):
    """A batch of ragged rows: values filled up with zeros, and the lengths of the rows."""

    values: Array
    lengths: Array


class Rows:
    """Rows with any number of stored values each; an index gives rows of the same kind.

    partition: which of the values belong to each row. shape: that of the whole.
    """

    def __init__(self, partition: RowPartition, values: Array, shape: tuple[Any, ...]) -> None:
        self.partition, self.values = partition, values
        self.shape, self.dtype, self.ndim = shape, values.dtype, len(shape)

    def __len__(self) -> int:
        return self.partition.rows

    def __getitem__(self, index: Any) -> Rows:
        partition, places = self.partition.take(np.arange(len(self))[index])
        return self._taken(partition, places)

    def _taken(self, partition: RowPartition, places: Array) -> Rows:
        return type(self)(partition, self.values[places], (partition.rows, *self.shape[1:]))

    def batch(self) -> Any:
        """All rows as what a program takes."""
        raise NotImplementedError


class RaggedRows(Rows):
    """Rows of a ragged tensor of one level."""

    def batch(self) -> Padded:
        """The rows filled up to a length of few possible ones: each makes a program of its own."""
        longest = _rounded(self.partition.longest)
        filled = np.zeros((len(self), longest, *self.values.shape[1:]), self.dtype)
        filled[self.partition.row_ids, self.partition.places] = self.values
        return Padded(filled, self.partition.lengths.astype(np.int64))


class SparseRows(Rows):
    """Rows of a sparse tensor or matrix; ``columns`` counts a row's elements as one axis."""

    columns: Array

    def _taken(self, partition: RowPartition, places: Array) -> Rows:
        found = super()._taken(partition, places)
        assert isinstance(found, SparseRows)
        found.columns = self.columns[places]
        return found

    def batch(self) -> Array:
        """The rows as a dense array."""
        dense = np.zeros((len(self), int(np.prod(self.shape[1:], dtype=np.int64))), self.dtype)
        dense[self.partition.row_ids, self.columns] = self.values
        return dense.reshape(self.shape)


def _rounded(length: int) -> int:
    """The next power of two, or three quarters of it.

    >>> [_rounded(n) for n in (0, 5, 7, 13, 100)]
    [1, 6, 8, 16, 128]
    """
    power = 1 << max(length - 1, 0).bit_length()
    return power * 3 // 4 if power >= 4 and length <= power * 3 // 4 else power


def rows_of(what: str, value: Any) -> Rows | None:
    """The rows of a sparse or ragged tensor or a SciPy matrix; None of anything else.

    Raises:
        InvalidArgumentError: several ragged levels, repeated indices, or another composite.
    """
    if isinstance(value, RaggedTensor):
        if value.ragged_rank != 1:
            raise InvalidArgumentError(
                "{what}: only one axis may be ragged, received {count}; pass ragged.to_tensor().",
                what=what,
                count=value.ragged_rank,
            )
        values = np.asarray(value.flat_values.numpy())
        return RaggedRows(value.partition, values, (value.partition.rows, None, *values.shape[1:]))
    if isinstance(value, SparseTensor):
        return _of_places(what, value.indices.numpy(), value.values.numpy(), tuple(value.shape))
    if isinstance(value, Composite):
        raise InvalidArgumentError(
            "{what}: expected an array, received a {kind}; {advice}.",
            what=what,
            kind=type(value).__name__,
            advice=value.conversion_advice(),
        )
    if hasattr(value, "tocsr") and hasattr(value, "nnz"):
        matrix = value.tocsr(copy=True)
        matrix.sum_duplicates()
        found = SparseRows(
            RowPartition(matrix.indptr.astype(np.int64)), matrix.data, tuple(matrix.shape)
        )
        found.columns = matrix.indices
        return found
    return None


def _of_places(what: str, places: Array, values: Array, shape: tuple[Any, ...]) -> SparseRows:
    if len(shape) < 2:
        raise InvalidArgumentError(
            "{what}: expected a sparse tensor with one row per sample, received shape {shape}.",
            what=what,
            shape=shape,
        )
    flat = np.ravel_multi_index(tuple(places.T), shape)
    order = np.argsort(flat, kind="stable")
    flat, values = flat[order], values[order]
    if (np.diff(flat) == 0).any():
        raise InvalidArgumentError("{what}: a sparse tensor's indices repeat.", what=what)
    row_ids, columns = np.divmod(flat, int(np.prod(shape[1:], dtype=np.int64)))
    counts = np.bincount(row_ids, minlength=shape[0])
    found = SparseRows(RowPartition.of_lengths(counts), values, shape)
    found.columns = columns
    return found


def held(data: Any) -> bool:
    """Whether any leaf is such rows."""
    return any(isinstance(leaf, Rows) for leaf in nest.flatten(data))


def as_batch(data: Any) -> Any:
    """A structure with arrays, or `Padded` ones, in place of such rows."""
    return nest.map_structure(lambda leaf: leaf.batch() if isinstance(leaf, Rows) else leaf, data)
