"""From serialized `tf.train.Example`s to tensors, by a description of the features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from caudal.array import movement
from caudal.array.arguments import dims, static
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor
from caudal.framework.convert import to_array
from caudal.io.example import Example, Feature
from caudal.io.features import (
    Array,
    FeatureMap,
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    SparseFeature,
    VarLenFeature,
    kind_of,
    shape_of,
    values_of,
)
from caudal.ir.dtypes import int64
from caudal.ragged.functions import concat
from caudal.ragged.partition import RowPartition
from caudal.ragged.tensor import RaggedTensor, rebuilt
from caudal.sparse.tensor import SparseTensor
from caudal.strings.arguments import string_of, strings_of


def fixed(name: str, spec: FixedLenFeature, feature: Feature | None) -> Array:
    """A feature of a known shape, or its default."""
    kind, shape = kind_of(name, spec), shape_of(name, spec)
    array = values_of(name, feature, kind)
    count = int(np.prod(shape))
    if array is None:
        if spec.default_value is None:
            raise InvalidArgumentError(
                "Feature: {name} (data type: {dtype}) is required but could not be found.",
                name=name,
                dtype=kind.name,
            )
        default = spec.default_value
        found = static(default, name) if isinstance(default, Tensor) else to_array(default, kind)
        return np.array(np.broadcast_to(found, shape) if found.size == 1 else found.reshape(shape))
    if array.size != count:
        raise InvalidArgumentError(
            "Key: {name}. Can't parse serialized Example: expected {count} values (shape {shape}), "
            "received {received}.",
            name=name,
            count=count,
            shape=shape,
            received=array.size,
        )
    return array.reshape(shape)


def rows_of(name: str, spec: FixedLenSequenceFeature, feature: Feature | None) -> Array:
    """A feature of any number of entries."""
    kind, shape = kind_of(name, spec), shape_of(name, spec)
    if not spec.allow_missing:
        raise InvalidArgumentError(
            "parse_example: the FixedLenSequenceFeature {name} needs allow_missing=True.",
            name=name,
        )
    array = values_of(name, feature, kind)
    if array is None:
        array = np.empty(0, kind.np_dtype)
    count = int(np.prod(shape))
    if array.size % max(1, count):
        raise InvalidArgumentError(
            "Key: {name}. Expected a multiple of {count} values, received {received}.",
            name=name,
            count=count,
            received=array.size,
        )
    return array.reshape(array.size // max(1, count), *shape)


def padded(name: str, spec: FixedLenSequenceFeature, rows: list[Array]) -> Array:
    """Rows of different lengths, filled up to the longest."""
    kind, shape = kind_of(name, spec), shape_of(name, spec)
    default = spec.default_value
    if default is None:
        default = b"" if kind.name == "string" else 0
    longest = max((len(row) for row in rows), default=0)
    found = np.full((len(rows), longest, *shape), to_array(default, kind)[()], kind.np_dtype)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


def sparse_lists(
    name: str, spec: VarLenFeature, rows: list[Array | None], batch: bool
) -> SparseTensor:
    """Lists of values as a SparseTensor."""
    kind = kind_of(name, spec)
    arrays = [np.empty(0, kind.np_dtype) if row is None else row for row in rows]
    lengths = [array.size for array in arrays]
    inner = np.concatenate([np.arange(n) for n in lengths]) if arrays else np.empty(0)
    outer = np.repeat(np.arange(len(arrays)), lengths)
    columns = [outer, inner] if batch else [inner]
    values = np.concatenate(arrays) if arrays else np.empty(0, kind.np_dtype)
    longest = max(lengths, default=0)
    shape = [len(arrays), longest] if batch else [longest]
    places = np.stack(columns, 1).astype(np.int64)
    return SparseTensor(places, convert_to_tensor(values, kind), shape)


def ragged_of(name: str, spec: RaggedFeature, features: FeatureMap) -> Any:
    """The values of one example, divided into rows; a tensor without ragged divisions."""
    kind = kind_of(name, spec)
    key = name if spec.value_key is None else spec.value_key
    array = values_of(key, features.get(key), kind)
    values: Any = convert_to_tensor(np.empty(0, kind.np_dtype) if array is None else array)
    for division in reversed(spec.partitions):
        values = _divided(values, division, features, spec.row_splits_dtype)
    return values


_MAKERS = {
    RaggedFeature.RowSplits: RaggedTensor.from_row_splits,
    RaggedFeature.RowLengths: RaggedTensor.from_row_lengths,
    RaggedFeature.RowStarts: RaggedTensor.from_row_starts,
    RaggedFeature.RowLimits: RaggedTensor.from_row_limits,
    RaggedFeature.ValueRowIds: RaggedTensor.from_value_rowids,
}


def _divided(values: Any, division: Any, features: FeatureMap, splits_dtype: Any) -> Any:
    if isinstance(division, RaggedFeature.UniformRowLength):
        if isinstance(values, RaggedTensor):
            length = np.asarray(division.length, splits_dtype.np_dtype)
            return RaggedTensor.from_uniform_row_length(values, length)
        return movement.reshape(values, [-1, division.length, *dims(values)[1:]])
    found = values_of(division.key, features.get(division.key), int64)
    numbers = np.empty(0, np.int64) if found is None else found
    # Protocol buffers leave the first and only split of no rows out.
    if isinstance(division, RaggedFeature.RowSplits) and not numbers.size:
        numbers = np.zeros(1, np.int64)
    make: Any = _MAKERS[type(division)]
    return make(values, numbers.astype(splits_dtype.np_dtype))


def stacked(items: list[Any], spec: RaggedFeature) -> Any:
    """What `ragged_of` gave of several examples, as rows."""
    lengths = np.asarray([item.shape[0] for item in items], np.int64)
    if items:
        values = concat(items, 0)
    else:
        values = convert_to_tensor(np.empty(0, spec.dtype.np_dtype))
    return rebuilt(values, [RowPartition.of_lengths(lengths, spec.row_splits_dtype)])


def _placed(name: str, spec: SparseFeature, maps: list[FeatureMap], batch: bool) -> SparseTensor:
    """The values of examples at the places that other features give."""
    several = isinstance(spec.index_key, list | tuple)
    keys = list(spec.index_key) if several else [spec.index_key]
    sizes = list(spec.size) if several else [spec.size]
    if len(keys) != len(sizes):
        raise InvalidArgumentError(
            "SparseFeature {name}: expected as many sizes as index_keys, received {sizes} and "
            "{keys}.",
            name=name,
            sizes=sizes,
            keys=keys,
        )
    kind = kind_of(name, spec)
    places, entries = [], []
    for row, features in enumerate(maps):
        found = values_of(spec.value_key, features.get(spec.value_key), kind)
        values = np.empty(0, kind.np_dtype) if found is None else found
        columns = []
        for key in keys:
            column = values_of(key, features.get(key), int64)
            columns.append(np.empty(0, np.int64) if column is None else column)
        if any(len(column) != len(values) for column in columns):
            raise InvalidArgumentError(
                "SparseFeature {name}: expected as many indices as values, received {indices} and "
                "{values}.",
                name=name,
                indices=[len(column) for column in columns],
                values=len(values),
            )
        order = np.arange(len(values)) if spec.already_sorted else np.lexsort(columns[::-1])
        columns = [np.full(len(values), row), *columns] if batch else columns
        places.append(np.stack(columns, 1)[order])
        entries.append(values[order])
    shape = [len(maps), *sizes] if batch else sizes
    if not places:
        places, entries = [np.empty((0, len(shape)))], [np.empty(0, kind.np_dtype)]
    whole = convert_to_tensor(np.concatenate(entries), kind)
    return SparseTensor(np.concatenate(places).astype(np.int64), whole, shape)


def parsed(maps: list[FeatureMap], features: Any, batch: bool) -> dict[str, Any]:
    """The described features of examples, stacked; of the only example if not ``batch``."""
    if not isinstance(features, Mapping) or not features:
        raise InvalidArgumentError(
            "parse_example: expected features, a dict from names to FixedLenFeature and the like, "
            "received {received!r}.",
            received=features,
        )
    return {name: _parsed(name, spec, maps, batch) for name, spec in sorted(features.items())}


def _parsed(name: str, spec: Any, maps: list[FeatureMap], batch: bool) -> Any:
    entries = [features.get(name) for features in maps]
    if isinstance(spec, FixedLenFeature):
        rows = [fixed(name, spec, entry) for entry in entries]
        whole = np.stack(rows) if rows else np.empty((0, *shape_of(name, spec)))
        return convert_to_tensor(whole if batch else rows[0], kind_of(name, spec))
    if isinstance(spec, FixedLenSequenceFeature):
        rows = [rows_of(name, spec, entry) for entry in entries]
        return convert_to_tensor(
            padded(name, spec, rows) if batch else rows[0], kind_of(name, spec)
        )
    if isinstance(spec, VarLenFeature):
        kind = kind_of(name, spec)
        lists = [values_of(name, entry, kind) for entry in entries]
        return sparse_lists(name, spec, lists, batch)
    if isinstance(spec, SparseFeature):
        return _placed(name, spec, maps, batch)
    if isinstance(spec, RaggedFeature):
        items = [ragged_of(name, spec, features) for features in maps]
        return stacked(items, spec) if batch else items[0]
    raise UnimplementedError(
        "parse_example: the feature {name}: expected a FixedLenFeature, FixedLenSequenceFeature, "
        "VarLenFeature, SparseFeature or RaggedFeature, received {received}.",
        name=name,
        received=type(spec).__name__,
    )


def _maps(serialized: list[bytes]) -> list[FeatureMap]:
    return [Example.FromString(data).features.feature for data in serialized]


def parse_single_example(
    serialized: Any, features: Any, example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """The features of one serialized Example, as a dict of tensors.

    Raises:
        InvalidArgumentError: a feature is missing, or of another dtype or size.
        DataLossError: the bytes are no Example.
    """
    one = string_of("parse_single_example", serialized)
    return parsed(_maps([one]), features, batch=False)


def parse_example(
    serialized: Any, features: Any, example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """The features of a vector of serialized Examples, stacked; of one Example for a scalar."""
    array = strings_of("parse_example", serialized)
    if array.ndim > 1:
        raise InvalidArgumentError(
            "parse_example: expected a vector of serialized examples, received shape {shape}.",
            shape=array.shape,
        )
    return parsed(_maps(list(array.reshape(-1))), features, batch=array.ndim == 1)
