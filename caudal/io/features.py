"""Descriptions of the features of examples, and how a feature's values are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.io.example import Feature
from caudal.ir.dtypes import as_dtype, int32

Array = np.ndarray[Any, Any]


class FixedLenFeature(NamedTuple):
    """A feature of a known shape; without ``default_value`` every example must have it."""

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """Any number of entries of a known shape; needs ``allow_missing=True``."""

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class VarLenFeature(NamedTuple):
    """Any number of values: a `tf.SparseTensor`."""

    dtype: Any


class SparseFeature(NamedTuple):
    """A `tf.SparseTensor` of a feature of values and one or more of indices.

    index_key: the name of the feature of indices; a list of names for more axes.
    value_key: the name of the feature of values.
    dtype: the values' dtype.
    size: the extent of each axis, as a list if ``index_key`` is one.
    already_sorted: whether the indices are in order.
    """

    index_key: Any
    value_key: str
    dtype: Any
    size: Any
    already_sorted: bool = False


class _RowSplits(NamedTuple):
    """Row splits, in the feature named ``key``."""

    key: str

    def __repr__(self) -> str:
        return f"RowSplits(key={self.key!r})"


class _RowLengths(NamedTuple):
    """Row lengths, in the feature named ``key``."""

    key: str

    def __repr__(self) -> str:
        return f"RowLengths(key={self.key!r})"


class _RowStarts(NamedTuple):
    """Row starts, in the feature named ``key``."""

    key: str

    def __repr__(self) -> str:
        return f"RowStarts(key={self.key!r})"


class _RowLimits(NamedTuple):
    """Row limits, in the feature named ``key``."""

    key: str

    def __repr__(self) -> str:
        return f"RowLimits(key={self.key!r})"


class _ValueRowIds(NamedTuple):
    """The row of each value, in the feature named ``key``."""

    key: str

    def __repr__(self) -> str:
        return f"ValueRowIds(key={self.key!r})"


class _UniformRowLength(NamedTuple):
    """Rows of one known length."""

    length: int

    def __repr__(self) -> str:
        return f"UniformRowLength(length={self.length})"


class RaggedFeature:
    """A `tf.RaggedTensor` of a feature of values and features that divide it into rows.

    Args:
        dtype: the values' dtype.
        value_key: the name of the feature of values; that of this feature by default.
        partitions: the divisions, the outermost first: ``RaggedFeature.RowSplits(key)``,
            ``RowLengths(key)``, ``RowStarts(key)``, ``RowLimits(key)``, ``ValueRowIds(key)`` or
            ``UniformRowLength(length)``.
        row_splits_dtype: int32 or int64.
        validate: accepted for TensorFlow's sake: divisions are always checked.
    """

    RowSplits = _RowSplits
    RowLengths = _RowLengths
    RowStarts = _RowStarts
    RowLimits = _RowLimits
    ValueRowIds = _ValueRowIds
    UniformRowLength = _UniformRowLength

    def __init__(
        self,
        dtype: Any,
        value_key: str | None = None,
        partitions: Any = (),
        row_splits_dtype: Any = int32,
        validate: bool = False,
    ) -> None:
        self.dtype = as_dtype(dtype)
        self.value_key = value_key
        self.partitions = (
            tuple(partitions) if isinstance(partitions, list | tuple) else (partitions,)
        )
        self.row_splits_dtype = as_dtype(row_splits_dtype)
        self.validate = validate
        for one in self.partitions:
            if not isinstance(one, _PARTITIONS):
                raise InvalidArgumentError(
                    "RaggedFeature: expected partitions as RaggedFeature.RowSplits(key), received "
                    "{one!r}.",
                    one=one,
                )

    def __repr__(self) -> str:
        return (
            f"RaggedFeature(dtype={self.dtype!r}, value_key={self.value_key!r}, "
            f"partitions={self.partitions!r}, row_splits_dtype={self.row_splits_dtype!r}, "
            f"validate={self.validate})"
        )


_PARTITIONS = (
    _RowSplits,
    _RowLengths,
    _RowStarts,
    _RowLimits,
    _ValueRowIds,
    _UniformRowLength,
)


_LISTS = {"string": "bytes_list", "float32": "float_list", "int64": "int64_list"}
_NAMES = {"bytes_list": "string", "float_list": "float", "int64_list": "int64"}


FeatureMap = Mapping[str, Feature]


def values_of(name: str, feature: Feature | None, kind: Any) -> Array | None:
    """A feature's values as an array; None where it is missing."""
    if feature is None:
        return None
    chosen = feature.WhichOneof()
    if chosen is None:
        return None
    if chosen != _LISTS[kind.name]:
        raise InvalidArgumentError(
            "Key: {name}. Data types don't match. Expected type: {expected}, the example has "
            "{received}.",
            name=name,
            expected=kind.name,
            received=_NAMES[chosen],
        )
    entries = getattr(feature, chosen).value
    array = np.empty(len(entries), kind.np_dtype)
    array[:] = entries
    return array


def kind_of(name: str, spec: Any) -> Any:
    """The dtype of a described feature."""
    kind = as_dtype(spec.dtype)
    if kind.name not in _LISTS:
        raise InvalidArgumentError(
            "parse_example: the feature {name}: expected dtype float32, int64 or string, received "
            "{received}. Cast it afterwards.",
            name=name,
            received=kind.name,
        )
    return kind


def shape_of(name: str, spec: Any) -> tuple[int, ...]:
    """The shape of a described feature, which must be known."""
    shape = spec.shape
    found = tuple(shape.as_list() if hasattr(shape, "as_list") else np.atleast_1d(shape).tolist())
    if any(extent is None or extent < 0 for extent in found):
        raise UnimplementedError(
            "parse_example: the feature {name}: expected a shape without unknown extents, received "
            "{shape}. Use a FixedLenSequenceFeature or a VarLenFeature.",
            name=name,
            shape=found,
        )
    return found
