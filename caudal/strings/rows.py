"""Strings taken apart: a row of parts for each string, so that the results are ragged."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.array.arguments import dims
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import DType, string
from caudal.strings.arguments import Array, known, strings_of


def is_ragged(value: Any) -> bool:
    """Whether a value is a ragged tensor."""
    # Ragged tensors have strings of their own (crosses), which must not import them here.
    from caudal.ragged.tensor import RaggedTensor

    return isinstance(value, RaggedTensor)


def vector(parts: Sequence[Any], dtype: DType) -> Any:
    """A tensor of one row."""
    array = np.empty(len(parts), dtype.np_dtype)
    array[:] = parts
    return convert_to_tensor(array)


def taken_apart(
    what: str, value: Any, apart: Callable[[bytes], Sequence[Any]], dtype: DType
) -> Any:
    """The parts of each string: a vector for one string, else one more, ragged axis."""
    if is_ragged(value):
        return value.with_flat_values(taken_apart(what, value.flat_values, apart, dtype))
    array = strings_of(what, value)
    if not array.ndim:
        return vector(apart(bytes(array[()])), dtype)
    return divided([apart(text) for text in array.reshape(-1)], array.shape, dtype)


def divided(rows: Sequence[Sequence[Any]], shape: tuple[int, ...], dtype: DType) -> Any:
    """Rows of parts under the axes of ``shape``; the last axis of the result is ragged."""
    from caudal.ragged.factory import lists
    from caudal.ragged.partition import RowPartition
    from caudal.ragged.tensor import rebuilt

    outer = [
        RowPartition.regular(math.prod(shape[:axis]), shape[axis]) for axis in range(1, len(shape))
    ]
    return rebuilt(lists(rows, dtype), outer)


def rows_of(what: str, value: Any) -> tuple[list[list[Any]], Callable[..., Any]]:
    """The innermost rows of a dense or ragged tensor, and what makes a result of rows of them.

    The result of a ragged tensor is ragged; that of a dense one dense, as all rows are alike.
    """
    if not is_ragged(value):
        tensor = known(what, value)
        shape = dims(tensor)
        array = np.empty(shape, tensor.dtype.np_dtype)
        array[...] = tensor.numpy()

        def dense(rows: Sequence[Sequence[Any]], dtype: DType) -> Any:
            whole = np.empty((len(rows), len(rows[0]) if rows else 0), dtype.np_dtype)
            whole[...] = rows if rows else whole
            return convert_to_tensor(whole.reshape(*shape[:-1], whole.shape[1]))

        return [list(row) for row in array.reshape(-1, shape[-1] if shape else 1)], dense
    parts, flat = value.partitions(), value.flat_values
    if len(dims(flat)) > 1:
        inner, make = rows_of(what, flat)
        return inner, lambda rows, dtype: value.with_flat_values(make(rows, dtype))
    entries: Array = known(what, flat).numpy()
    splits = parts[-1].splits.tolist()
    inner = [list(entries[a:b]) for a, b in itertools.pairwise(splits)]

    def ragged(rows: Sequence[Sequence[Any]], dtype: DType) -> Any:
        from caudal.ragged.factory import lists
        from caudal.ragged.tensor import rebuilt

        return rebuilt(lists(rows, dtype, parts[0].dtype), parts[:-1])

    return inner, ragged


def segment_join(array: Array, ids: Array, count: int, separator: Any) -> Any:
    """The strings with each segment id joined, element by element of the other axes."""
    glue = separator.encode() if isinstance(separator, str) else bytes(separator)
    rest = array.shape[1:]
    found = np.empty((count, math.prod(rest)), object)
    flat = array.reshape(len(array), found.shape[1])
    for segment in range(count):
        found[segment] = [glue.join(column) for column in flat[ids == segment].T]
    return convert_to_tensor(found.reshape(count, *rest))


def ragged_join(ragged: Any, axis: Any, keepdims: bool, separator: Any) -> Any:
    """`tf.strings.reduce_join` of a ragged tensor: the innermost axis first."""
    from caudal.ragged.reduce import folded

    def fold(values: Any, ids: Array, count: int) -> Any:
        return segment_join(strings_of("strings.reduce_join", values), ids, count, separator)

    if axis is None:
        array = strings_of("strings.reduce_join", ragged.flat_values).reshape(-1)
        whole = segment_join(array, np.zeros(len(array), int), 1, separator).numpy()
        return convert_to_tensor(whole.reshape((1,) * len(ragged.shape) if keepdims else ()))
    return folded(fold, "reduce_join", ragged, axis, keepdims)


def joined_rows(what: str, value: Any, join: Callable[[list[Any]], bytes]) -> Any:
    """One string for each innermost row, under the axes before it."""
    rows, _ = rows_of(what, value)
    flat = vector([join(row) for row in rows], string)
    if not is_ragged(value):
        shape = dims(known(what, value))[:-1]
        return convert_to_tensor(flat.numpy().reshape(shape))
    from caudal.ragged.tensor import rebuilt

    if len(dims(value.flat_values)) > 1:
        return value.with_flat_values(joined_rows(what, value.flat_values, join))
    return rebuilt(flat, value.partitions()[:-1])
