"""From serialized `tf.train.Example`s to tensors, by a description of the features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from caudal.array.arguments import static
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor
from caudal.framework.convert import to_array
from caudal.io.example import Example, Feature
from caudal.ir.dtypes import as_dtype
from caudal.sparse.tensor import SparseTensor
from caudal.strings.arguments import string_of, strings_of

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


_LISTS = {"string": "bytes_list", "float32": "float_list", "int64": "int64_list"}
_NAMES = {"bytes_list": "string", "float_list": "float", "int64_list": "int64"}


def _values(name: str, feature: Feature | None, kind: Any) -> Array | None:
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


def _kind(name: str, spec: Any) -> Any:
    kind = as_dtype(spec.dtype)
    if kind.name not in _LISTS:
        raise InvalidArgumentError(
            "parse_example: the feature {name}: expected dtype float32, int64 or string, received "
            "{received}. Cast it afterwards.",
            name=name,
            received=kind.name,
        )
    return kind


def _shape(name: str, spec: Any) -> tuple[int, ...]:
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


def _fixed(name: str, spec: FixedLenFeature, feature: Feature | None) -> Array:
    kind, shape = _kind(name, spec), _shape(name, spec)
    array = _values(name, feature, kind)
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


def _rows(name: str, spec: FixedLenSequenceFeature, feature: Feature | None) -> Array:
    kind, shape = _kind(name, spec), _shape(name, spec)
    if not spec.allow_missing:
        raise InvalidArgumentError(
            "parse_example: the FixedLenSequenceFeature {name} needs allow_missing=True.",
            name=name,
        )
    array = _values(name, feature, kind)
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


def _padded(name: str, spec: FixedLenSequenceFeature, rows: list[Array]) -> Array:
    kind, shape = _kind(name, spec), _shape(name, spec)
    default = spec.default_value
    if default is None:
        default = b"" if kind.name == "string" else 0
    longest = max((len(row) for row in rows), default=0)
    found = np.full((len(rows), longest, *shape), to_array(default, kind)[()], kind.np_dtype)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


def _sparse(name: str, spec: VarLenFeature, rows: list[Array | None], batch: bool) -> SparseTensor:
    kind = _kind(name, spec)
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


def _parsed(serialized: list[bytes], features: Any, batch: bool) -> dict[str, Any]:
    if not isinstance(features, Mapping) or not features:
        raise InvalidArgumentError(
            "parse_example: expected features, a dict from names to FixedLenFeature and the like, "
            "received {received!r}.",
            received=features,
        )
    maps = [Example.FromString(data).features.feature for data in serialized]
    found: dict[str, Any] = {}
    for name, spec in sorted(features.items()):
        entries = [m.get(name) for m in maps]
        if isinstance(spec, FixedLenFeature):
            rows = [_fixed(name, spec, entry) for entry in entries]
            whole = np.stack(rows) if rows else np.empty((0, *_shape(name, spec)))
            array = whole if batch else rows[0]
        elif isinstance(spec, FixedLenSequenceFeature):
            rows = [_rows(name, spec, entry) for entry in entries]
            array = _padded(name, spec, rows) if batch else rows[0]
        elif isinstance(spec, VarLenFeature):
            kind = _kind(name, spec)
            lists = [_values(name, entry, kind) for entry in entries]
            found[name] = _sparse(name, spec, lists, batch)
            continue
        else:
            raise UnimplementedError(
                "parse_example: the feature {name}: expected a FixedLenFeature, "
                "FixedLenSequenceFeature or VarLenFeature, received {received}.",
                name=name,
                received=type(spec).__name__,
            )
        found[name] = convert_to_tensor(array, _kind(name, spec))
    return found


def parse_single_example(
    serialized: Any, features: Any, example_names: Any = None, name: str | None = None
) -> dict[str, Any]:
    """The features of one serialized Example, as a dict of tensors.

    Raises:
        InvalidArgumentError: a feature is missing, or of another dtype or size.
        DataLossError: the bytes are no Example.
    """
    return _parsed([string_of("parse_single_example", serialized)], features, batch=False)


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
    return _parsed(list(array.reshape(-1)), features, batch=array.ndim == 1)
