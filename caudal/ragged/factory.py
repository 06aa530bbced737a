"""Ragged tensors of Python lists and ranges; row splits and segment ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, static, static_int, static_ints
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import DType, as_dtype, int64
from caudal.ragged.elementwise import map_flat
from caudal.ragged.partition import RowPartition, host_integers, splits_dtype
from caudal.ragged.tensor import RaggedTensor, rebuilt

builtin_range = range


def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = int64,
) -> Any:
    """A ragged tensor of nested lists; a dense one where nothing can be ragged.

    Args:
        pylist: nested lists, tuples or arrays; all scalars at one depth.
        dtype: of the values; that of a list of them by default.
        ragged_rank: the number of ragged axes: all but the first and ``inner_shape``'s, by default.
        inner_shape: the shape of each value.
        row_splits_dtype: int32 or int64.

    Raises:
        InvalidArgumentError: scalars at different depths, or a list that does not fit.

    >>> constant([[1, 2], [], [3]])
    <tf.RaggedTensor [[1, 2], [], [3]]>
    """
    kind = splits_dtype(row_splits_dtype, "ragged.constant")
    nested = _listed(pylist)
    if not isinstance(nested, list):
        if ragged_rank or inner_shape not in (None, ()):
            raise InvalidArgumentError(
                "ragged.constant: a scalar has no ragged_rank and no inner_shape."
            )
        return convert_to_tensor(pylist, dtype=dtype)
    depth, deepest = _scalar_depth(nested), _depth(nested)
    if depth is not None and deepest > depth:
        raise InvalidArgumentError(
            "ragged.constant: all scalar values must have the same nesting depth, received {got}.",
            got=repr(pylist)[:80],
        )
    inner = None if inner_shape is None else static_ints(inner_shape, "ragged.constant")
    levels = _levels(depth, deepest, ragged_rank, inner)
    if inner is None:
        inner = () if ragged_rank is None else _inner_shape(nested, levels)
    return _nested(nested, levels, inner, dtype, kind)


def _listed(value: Any) -> Any:
    """Nested lists of Python scalars."""
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype != object else [_listed(part) for part in value]
    if isinstance(value, list | tuple):
        return [_listed(part) for part in value]
    if isinstance(value, RaggedTensor | Tensor):
        raise DTypeError(
            "ragged.constant: expected nested lists, received a tensor. Use tf.ragged.stack."
        )
    return value


def _scalar_depth(value: Any) -> int | None:
    """How deep the scalars stand; None if there are none."""
    if not isinstance(value, list):
        return 0
    found = {_scalar_depth(part) for part in value} - {None}
    if len(found) > 1:
        raise InvalidArgumentError(
            "ragged.constant: all scalar values must have the same nesting depth, received depths "
            "{depths}.",
            depths=sorted(found, key=str),
        )
    return None if not found else 1 + (found.pop() or 0)


def _depth(value: Any) -> int:
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _levels(
    depth: int | None, deepest: int, ragged_rank: int | None, inner: tuple[int, ...] | None
) -> int:
    if ragged_rank is None:
        if inner is None:
            return max(1, deepest - 1) if deepest > 1 else 0
        return max(0, deepest - 1 - len(inner) if depth is not None else deepest - 1)
    rank = static_int(ragged_rank, "ragged.constant: ragged_rank")
    if rank < 0 or (depth is not None and rank >= depth):
        raise InvalidArgumentError(
            "ragged.constant: a list of depth {depth} has ragged_rank below {depth}, received "
            "{rank}.",
            depth=depth,
            rank=rank,
        )
    return rank


def _inner_shape(value: list[Any], levels: int) -> tuple[int, ...]:
    """The shape of the values below the ragged levels."""
    for _ in builtin_range(levels):
        value = [part for row in value for part in row]
    shape: list[int] = []
    while value and isinstance(value[0], list):
        lengths = {len(row) for row in value}
        if len(lengths) > 1:
            raise InvalidArgumentError(
                "ragged.constant: the values below ragged_rank={levels} must have one shape, "
                "received lengths {lengths}.",
                levels=levels,
                lengths=sorted(lengths),
            )
        shape.append(lengths.pop())
        value = [part for row in value for part in row]
    return tuple(shape)


def _nested(value: list[Any], levels: int, inner: tuple[int, ...], dtype: Any, kind: DType) -> Any:
    parts = []
    for _ in builtin_range(levels):
        if not all(isinstance(row, list) for row in value):
            raise InvalidArgumentError("ragged.constant: expected lists nested more deeply.")
        lengths = np.asarray([len(row) for row in value], np.int64)
        parts.append(RowPartition.of_lengths(lengths, kind))
        value = [part for row in value for part in row]
    count = len(value)
    if count:
        flat = convert_to_tensor(value, dtype=dtype)
    else:
        flat = convert_to_tensor(np.zeros((0,), as_dtype(dtype or "float32").np_dtype))
    if tuple(flat.shape)[1:] != inner:
        if count:
            raise ShapeError(
                "ragged.constant: expected values of inner_shape {inner}, received {got}.",
                inner=inner,
                got=tuple(flat.shape)[1:],
            )
        flat = convert_to_tensor(np.zeros((0, *inner), flat.dtype.np_dtype))
    return rebuilt(flat, parts)


def range(
    starts: Any,
    limits: Any = None,
    deltas: Any = 1,
    dtype: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = int64,
) -> RaggedTensor:
    """Row i holds the numbers from ``starts[i]`` to below ``limits[i]``, ``deltas[i]`` apart.

    >>> range([0, 5], [3, 6])
    <tf.RaggedTensor [[0, 1, 2], [5]]>
    """
    kind = splits_dtype(row_splits_dtype, "ragged.range")
    if limits is None:
        starts, limits = 0, starts
    given = [as_tensor(value) for value in (starts, limits, deltas)]
    order = "int32 int64 float32 float64".split()
    names = [one.dtype.name for one in given]
    if any(name not in order for name in names):
        raise DTypeError("ragged.range: expected integers or floats, received {n}.", n=names)
    kinds = as_dtype(dtype) if dtype is not None else as_dtype(max(names, key=order.index))
    low, high, step = (static(one, "ragged.range").astype(kinds.np_dtype) for one in given)
    shapes = {one.shape for one in (low, high, step)} - {()}
    if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
        raise ShapeError(
            "ragged.range: expected scalars, or vectors of one length, received shapes {shapes}.",
            shapes=sorted(shapes),
        )
    low, high, step = np.broadcast_arrays(*map(np.atleast_1d, (low, high, step)))
    if (step == 0).any():
        raise InvalidArgumentError("ragged.range: deltas must not be 0.")
    if kinds.is_integer:
        wide = [one.astype(np.int64) for one in (low, high, step)]
        counts = -((wide[0] - wide[1]) // wide[2])
    else:
        counts = np.ceil((high - low) / step).astype(np.int64)
    part = RowPartition.of_lengths(np.maximum(counts, 0), kind)
    rows = part.row_ids
    values = low[rows] + part.places.astype(kinds.np_dtype) * step[rows]
    return rebuilt(Tensor(values.astype(kinds.np_dtype)), [part])  # type: ignore[no-any-return]


def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: Any = None) -> Any:
    """The row of each value, for row splits.

    >>> row_splits_to_segment_ids([0, 3, 3, 5]).numpy().tolist()
    [0, 0, 0, 2, 2]
    """
    known, kind = host_integers(splits, "ragged.row_splits_to_segment_ids")
    if known.ndim != 1 or not known.size or known[0] or (np.diff(known) < 0).any():
        raise InvalidArgumentError(
            "ragged.row_splits_to_segment_ids: expected a vector of splits that begins with 0 and "
            "never falls, received {got}.",
            got=known.tolist(),
        )
    wanted = kind if out_type is None else splits_dtype(out_type, "row_splits_to_segment_ids")
    part = RowPartition(known, wanted)
    return part.public(part.row_ids)


def segment_ids_to_row_splits(
    segment_ids: Any, num_segments: Any = None, out_type: Any = None, name: str | None = None
) -> Any:
    """The row splits of rising segment ids.

    >>> segment_ids_to_row_splits([0, 0, 0, 2, 2]).numpy().tolist()
    [0, 3, 3, 5]
    """
    what = "ragged.segment_ids_to_row_splits"
    known, kind = host_integers(segment_ids, what)
    count = 0 if num_segments is None else static_int(num_segments, what + ": num_segments")
    wanted = kind if out_type is None else splits_dtype(out_type, what)
    if known.ndim != 1 or (known < 0).any() or (np.diff(known) < 0).any():
        raise InvalidArgumentError("{what}: expected a vector of rising ids.", what=what)
    part = RowPartition.of_lengths(np.bincount(known, minlength=count), wanted)
    return part.public(part.splits)


def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """``op`` of the flat values of all ragged arguments; its result is divided as they are.

    >>> map_flat_values(lambda x: x * 10, constant([[1], [2, 3]]))
    <tf.RaggedTensor [[10], [20, 30]]>
    """
    return map_flat(op, args, kwargs)


def lists(values: Sequence[Sequence[Any]], dtype: Any, kind: DType = int64) -> RaggedTensor:
    """A ragged tensor of Python rows, for functions that give rows of parts."""
    lengths = np.asarray([len(row) for row in values], np.int64)
    flat = [part for row in values for part in row]
    target = as_dtype(dtype)
    array = np.empty(len(flat), target.np_dtype)
    array[:] = flat
    part = RowPartition.of_lengths(lengths, kind)
    return rebuilt(Tensor(array), [part])  # type: ignore[no-any-return]
