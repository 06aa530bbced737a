"""Ragged and sparse tensors as elements of datasets: their rows, batches and specs."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.extension.spec import ExtensionTypeSpec
from caudal.extension.types import BatchableExtensionType, ExtensionType
from caudal.framework import TensorSpec, convert_to_tensor
from caudal.framework.composite import Composite, CompositeSpec
from caudal.ir.dtypes import DType
from caudal.ragged.conversion import opened
from caudal.ragged.functions import concat, stack
from caudal.ragged.partition import RowPartition
from caudal.ragged.spec import RaggedTensorSpec
from caudal.ragged.tensor import RaggedTensor, rebuilt
from caudal.sparse import functions as sparse
from caudal.sparse.spec import SparseTensorSpec
from caudal.sparse.tensor import SparseTensor

Array = np.ndarray[Any, Any]


class RaggedRow(np.ndarray[Any, Any]):
    """A row of a ragged tensor, which batches to a ragged tensor whatever its length."""


def spec_of(value: Any) -> Any:
    """The spec of a ragged or sparse tensor."""
    if isinstance(value, RaggedTensor):
        return RaggedTensorSpec.from_value(value)
    if isinstance(value, ExtensionType):
        return type(value).Spec.from_value(value)
    return SparseTensorSpec.from_value(value)


def _batchable(value: Any) -> BatchableExtensionType:
    if isinstance(value, BatchableExtensionType):
        return value
    raise InvalidArgumentError(
        "A dataset cuts and batches values of tf.experimental.BatchableExtensionType, received a "
        "{kind}.",
        kind=type(value).__name__,
    )


def row_spec(spec: Any) -> Any:
    """The spec of a row."""
    if isinstance(spec, ExtensionTypeSpec):
        return spec._of_row()
    shape = spec.shape[1:]
    if isinstance(spec, SparseTensorSpec):
        return SparseTensorSpec(shape, spec.dtype)
    if not spec.ragged_rank:
        return TensorSpec(shape, spec.dtype)
    return RaggedTensorSpec(shape, spec.dtype, spec.ragged_rank - 1, spec.row_splits_dtype)


def batch_spec(spec: Any, size: int | None) -> Any:
    """The spec of a batch."""
    if isinstance(spec, ExtensionTypeSpec):
        return spec._with_rows(size)
    shape = [size, *spec.shape]
    if isinstance(spec, SparseTensorSpec):
        return SparseTensorSpec(shape, spec.dtype)
    return RaggedTensorSpec(shape, spec.dtype, spec.ragged_rank + 1, spec.row_splits_dtype)


def count(value: Any) -> int:
    """The number of rows."""
    return (
        _batchable(value)._row_count() if isinstance(value, ExtensionType) else int(value.shape[0])
    )


def row(value: Any, place: int) -> Any:
    """One row; a dense one as an array."""
    if isinstance(value, ExtensionType):
        return _batchable(value)._row(place)
    if isinstance(value, RaggedTensor):
        found = value[place]
        return found if isinstance(found, Composite) else np.asarray(found).view(RaggedRow)
    one = sparse.known("Dataset", value)
    chosen = np.flatnonzero(one.places[:, 0] == place)
    return SparseTensor(one.places[chosen, 1:], one.take(chosen), one.shape[1:])


def joined(parts: list[Any]) -> Any:
    """Ragged or sparse elements, or rows of a ragged tensor, as one batch."""
    if isinstance(parts[0], ExtensionType):
        return _batchable(parts[0])._joined(parts)
    if isinstance(parts[0], SparseTensor):
        return sparse.concat(0, [sparse.expand_dims(part, 0) for part in parts])
    if isinstance(parts[0], RaggedTensor):
        return stack(parts)
    lengths = np.asarray([len(part) for part in parts], np.int64)
    values = convert_to_tensor(np.concatenate([np.asarray(part) for part in parts]))
    return rebuilt(values, [RowPartition.of_lengths(lengths)])


def without_extents(spec: Any) -> Any:
    """The spec of a tensor of as many axes."""
    if isinstance(spec, CompositeSpec) or spec.shape.rank is None:
        return spec
    return TensorSpec([None] * spec.shape.rank, spec.dtype)


def ragged_levels(spec: Any) -> int:
    """How many levels a batch of tensors of this spec has: up to the last unknown extent."""
    if spec.shape.rank is None:
        raise InvalidArgumentError("Dataset.ragged_batch: expected elements of a known rank.")
    unknown = [axis for axis, extent in enumerate(spec.shape.as_list()) if extent is None]
    return unknown[-1] + 1 if unknown else 0


def ragged_spec(spec: Any, size: int | None, kind: DType) -> Any:
    """The spec of a ragged batch."""
    if isinstance(spec, CompositeSpec):
        return batch_spec(spec, size)
    shape = [size, *spec.shape]
    levels = ragged_levels(spec)
    return (
        RaggedTensorSpec(shape, spec.dtype, levels, kind)
        if levels
        else TensorSpec(shape, spec.dtype)
    )


def ragged_join(parts: list[Any], spec: Any, kind: DType) -> Any:
    """Arrays of different lengths as one batch, ragged where the spec's extents are unknown."""
    if isinstance(spec, CompositeSpec):
        found = joined(parts)
        return found.with_row_splits_dtype(kind) if isinstance(found, RaggedTensor) else found
    levels = ragged_levels(spec)
    if not levels:
        return np.stack(parts)
    tensors = [convert_to_tensor(part) for part in parts]
    if levels > 1:
        tensors = [opened(one, levels - 1, kind) for one in tensors]
    lengths = np.asarray([len(part) for part in parts], np.int64)
    return rebuilt(concat(tensors, 0), [RowPartition.of_lengths(lengths, kind)])
