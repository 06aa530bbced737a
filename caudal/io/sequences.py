"""From serialized `tf.train.SequenceExample`s to tensors, by descriptions of the features."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor
from caudal.io.features import (
    Array,
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    VarLenFeature,
    kind_of,
    shape_of,
    values_of,
)
from caudal.io.parsing import parsed, ragged_of, stacked
from caudal.io.sequence_example import FeatureList, SequenceExample
from caudal.ragged.partition import RowPartition
from caudal.ragged.tensor import rebuilt
from caudal.sparse.tensor import SparseTensor
from caudal.strings.arguments import string_of, strings_of

Lists = dict[str, FeatureList]


def _context(examples: list[SequenceExample], features: Any, batch: bool) -> dict[str, Any]:
    if not features:
        return {}
    for name, spec in features.items():
        if not isinstance(spec, FixedLenFeature | VarLenFeature | RaggedFeature):
            raise UnimplementedError(
                "parse_sequence_example: the context feature {name}: expected a FixedLenFeature, "
                "VarLenFeature or RaggedFeature, received {received}.",
                name=name,
                received=type(spec).__name__,
            )
    return parsed([one.context.feature for one in examples], features, batch)


def _steps(name: str, spec: FixedLenSequenceFeature, lists: Lists) -> Array:
    """The steps of one example, each of the described shape."""
    kind, shape = kind_of(name, spec), shape_of(name, spec)
    found = lists.get(name)
    if found is None:
        if not spec.allow_missing:
            raise InvalidArgumentError(
                "Name: <unknown>, Feature list {name!r} is required but could not be found. Did "
                "you mean to include it with allow_missing=True?",
                name=name,
            )
        return np.empty((0, *shape), kind.np_dtype)
    rows = np.empty((len(found.feature), *shape), kind.np_dtype)
    for step, feature in enumerate(found.feature):
        array = values_of(name, feature, kind)
        count = 0 if array is None else array.size
        if array is None or count != int(np.prod(shape)):
            raise InvalidArgumentError(
                "Feature list {name!r}, step {step}: expected {wanted} values (shape {shape}), "
                "received {count}.",
                name=name,
                step=step,
                wanted=int(np.prod(shape)),
                shape=shape,
                count=count,
            )
        rows[step] = array.reshape(shape)
    return rows


def _fixed(name: str, spec: FixedLenSequenceFeature, lists: list[Lists]) -> tuple[Any, Any]:
    """All examples, filled up to the longest, and how many steps each has."""
    rows = [_steps(name, spec, one) for one in lists]
    lengths = np.asarray([len(row) for row in rows], np.int64)
    kind = kind_of(name, spec)
    filler = b"" if kind.name == "string" else 0
    longest = int(lengths.max(initial=0))
    whole = np.full((len(rows), longest, *shape_of(name, spec)), filler, kind.np_dtype)
    for place, row in enumerate(rows):
        whole[place, : len(row)] = row
    return convert_to_tensor(whole, kind), convert_to_tensor(lengths)


def _sparse(name: str, spec: VarLenFeature, lists: list[Lists], batch: bool) -> SparseTensor:
    kind = kind_of(name, spec)
    places: list[tuple[int, int, int]] = []
    entries: list[Any] = []
    longest = widest = 0
    for row, one in enumerate(lists):
        steps = one[name].feature if name in one else []
        longest = max(longest, len(steps))
        for step, feature in enumerate(steps):
            array = values_of(name, feature, kind)
            values = [] if array is None else array.tolist()
            widest = max(widest, len(values))
            places += [(row, step, column) for column in range(len(values))]
            entries += values
    flat = np.empty(len(entries), kind.np_dtype)
    flat[:] = entries
    where = np.asarray(places, np.int64).reshape(-1, 3)
    shape = [len(lists), longest, widest]
    begin = 0 if batch else 1
    return SparseTensor(where[:, begin:], convert_to_tensor(flat), shape[begin:])


def _ragged(name: str, spec: RaggedFeature, lists: Lists) -> Any:
    """The steps of one example as rows."""
    key = name if spec.value_key is None else spec.value_key
    count = len(lists[key].feature) if key in lists else 0
    names = [key, *(one.key for one in spec.partitions if hasattr(one, "key"))]
    if any(len(lists[other].feature) != count for other in names if other in lists):
        raise InvalidArgumentError(
            "Feature lists {names}: expected as many steps in each.", names=names
        )
    steps = [
        {other: lists[other].feature[step] for other in names if other in lists}
        for step in range(count)
    ]
    return stacked([ragged_of(name, spec, step) for step in steps], spec)


def _ragged_batch(name: str, spec: RaggedFeature, lists: list[Lists]) -> Any:
    found = [_ragged(name, spec, one) for one in lists]
    filled = [one for one in found if one.shape[0]]
    lengths = np.asarray([one.shape[0] for one in found], np.int64)
    values = stacked(filled, spec).values if filled else found[0]
    return rebuilt(values, [RowPartition.of_lengths(lengths, spec.row_splits_dtype)])


def _sequences(
    examples: list[SequenceExample], features: Any, batch: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    lists: list[Lists] = [dict(one.feature_lists.feature_list) for one in examples]
    found: dict[str, Any] = {}
    lengths: dict[str, Any] = {}
    for name, spec in sorted((features or {}).items()):
        if isinstance(spec, FixedLenSequenceFeature):
            whole, lengths[name] = _fixed(name, spec, lists)
            found[name] = whole if batch else whole[0]
        elif isinstance(spec, VarLenFeature):
            found[name] = _sparse(name, spec, lists, batch)
        elif isinstance(spec, RaggedFeature):
            one = _ragged_batch(name, spec, lists) if batch else _ragged(name, spec, lists[0])
            found[name] = one
        else:
            raise UnimplementedError(
                "parse_sequence_example: the sequence feature {name}: expected a "
                "FixedLenSequenceFeature, VarLenFeature or RaggedFeature, received {received}.",
                name=name,
                received=type(spec).__name__,
            )
    return found, lengths


def _required(context: Any, sequence: Any) -> None:
    if not context and not sequence:
        raise InvalidArgumentError(
            "parse_sequence_example: expected context_features, sequence_features or both."
        )


def parse_single_sequence_example(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The features of one serialized SequenceExample.

    Args:
        serialized: one string.
        context_features: FixedLenFeature, VarLenFeature or RaggedFeature by name.
        sequence_features: FixedLenSequenceFeature, VarLenFeature or RaggedFeature by name.
        example_name, name: accepted for TensorFlow's sake.

    Returns:
        The tensors of the context, and those of the sequences, whose first axis is the steps.

    Raises:
        InvalidArgumentError: a feature is missing, or of another dtype or size.
        DataLossError: the bytes are no SequenceExample.
    """
    _required(context_features, sequence_features)
    one = SequenceExample.FromString(string_of("parse_single_sequence_example", serialized))
    context = _context([one], context_features, batch=False)
    return context, _sequences([one], sequence_features, batch=False)[0]


def parse_sequence_example(
    serialized: Any,
    context_features: Any = None,
    sequence_features: Any = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Tensor]]:
    """The features of a vector of serialized SequenceExamples, stacked.

    The arguments are those of `parse_single_sequence_example`. Sequences of fixed-length steps are
    filled up with 0 or "" to the longest one.

    Returns:
        The tensors of the context, those of the sequences, and the numbers of steps (int64) of
        the sequences of fixed-length steps.
    """
    _required(context_features, sequence_features)
    array = strings_of("parse_sequence_example", serialized)
    if array.ndim > 1:
        raise InvalidArgumentError(
            "parse_sequence_example: expected a vector of serialized examples, received shape "
            "{shape}.",
            shape=array.shape,
        )
    batch = array.ndim == 1
    examples = [SequenceExample.FromString(data) for data in array.reshape(-1)]
    context = _context(examples, context_features, batch)
    found, lengths = _sequences(examples, sequence_features, batch)
    if not batch:
        lengths = {key: value[0] for key, value in lengths.items()}
    return context, found, lengths
