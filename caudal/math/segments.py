"""Folds over segments: rows of a tensor by the segment that an id puts each in."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, floating, numeric, scalar, static, static_int
from caudal.array.inside import must_be_inside
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import DType


def _zeros(shape: tuple[int, ...], dtype: DType) -> Any:
    return convert_to_tensor(np.zeros(shape, dtype.np_dtype))


def unsorted_segment_sum(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """The sum of the elements of each segment; negative ids are left out."""
    return _summed(*_unsorted("unsorted_segment_sum", data, segment_ids, num_segments))


def _summed(x: Any, ids: Any, n: int) -> Any:
    rest = dims(x)[len(dims(ids)) :]
    ids = ops.select(ops.less(ids, scalar(0, ids)), scalar(n, ids), ids)
    total = ops.scatter_add(_zeros((n + 1, *rest), x.dtype), ids, x, axis=0)
    return ops.slice(
        total, begin=(0,) * (1 + len(rest)), end=(n, *rest), strides=(1,) * (1 + len(rest))
    )


def _unsorted(what: str, data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, Any, int]:
    """Data, ids and their number, which fit together; negative ids are left out by the folds."""
    x, ids = numeric(what, data), _ids(what, segment_ids)
    n = static_int(num_segments, what + ": num_segments")
    if n < 0:
        raise InvalidArgumentError(
            "{what}: expected num_segments of at least 0, received {n}.", what=what, n=n
        )
    shape, prefix = dims(x), dims(ids)
    if shape[: len(prefix)] != prefix:
        raise ShapeError(
            "{what}: expected segment_ids with a prefix of the shape {shape}, received {received}.",
            what=what,
            shape=shape,
            received=prefix,
        )
    must_be_inside(what, ids, n, label="segment_ids", negative=True)
    return x, ids, n


def _sorted(what: str, data: Any, segment_ids: Any) -> tuple[Any, Any, int]:
    """Data, ids and their number for rising ids, one per row of the data."""
    x, ids = numeric(what, data), _ids(what, segment_ids)
    known = static(ids, what + ": segment_ids")
    if known.ndim != 1 or dims(x)[:1] != known.shape:
        raise ShapeError(
            "{what}: expected one segment id for each of the rows of {shape}, received {received}.",
            what=what,
            shape=dims(x),
            received=known.shape,
        )
    falls = np.flatnonzero(np.diff(known, prepend=0) < 0)
    if falls.size:
        place = int(falls[0])
        raise InvalidArgumentError(
            "{what}: expected segment ids that begin at 0 or above and never fall, received "
            "segment_ids[{place}] = {value}.",
            what=what,
            place=place,
            value=int(known[place]),
        )
    return x, ids, int(known[-1]) + 1 if known.size else 0


def _ids(what: str, segment_ids: Any) -> Any:
    ids = as_tensor(segment_ids)
    if not ids.dtype.is_integer:
        raise InvalidArgumentError(
            "{what}: expected integer segment ids, received {received}.",
            what=what,
            received=ids.dtype.name,
        )
    return ids


def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """The sum of each run of equal, sorted ids."""
    return _summed(*_sorted("segment_sum", data, segment_ids))


def _counts(x: Any, ids: Any, n: int) -> Any:
    ones = convert_to_tensor(np.ones(dims(ids), x.dtype.np_dtype))
    count = ops.maximum(_summed(ones, ids, n), scalar(1, x))
    return ops.reshape(count, shape=(n,) + (1,) * (len(x.shape) - len(ids.shape)))


def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """The mean of each segment; 0 for an empty one."""
    what = "unsorted_segment_mean"
    found = _unsorted(what, floating(what, data), segment_ids, num_segments)
    return ops.div(_summed(*found), _counts(*found))


def segment_mean(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """The mean of each run of equal, sorted ids."""
    found = _sorted("segment_mean", floating("segment_mean", data), segment_ids)
    return ops.div(_summed(*found), _counts(*found))


def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """The sum of each segment over the square root of its size."""
    what = "unsorted_segment_sqrt_n"
    found = _unsorted(what, floating(what, data), segment_ids, num_segments)
    return ops.div(_summed(*found), ops.sqrt(_counts(*found)))


def _masked_fold(op: Any, x: Any, ids: Any, n: int, empty: Any) -> Any:
    """A fold per segment by masking: segments x elements work, for rarer folds than the sum."""
    rest = dims(x)[len(dims(ids)) :]
    count = ids.shape.num_elements()
    x = ops.reshape(x, shape=(1, count, *rest))
    ids = ops.reshape(ids, shape=(1, count) + (1,) * len(rest))
    rows = convert_to_tensor(
        np.arange(n, dtype=ids.dtype.np_dtype).reshape(n, 1, *(1,) * len(rest))
    )
    return op(ops.select(ops.equal(ids, rows), x, scalar(empty, x)), axes=(1,))


def unsorted_segment_max(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """The greatest of each segment; the dtype's least value for an empty one."""
    x, ids, n = _unsorted("unsorted_segment_max", data, segment_ids, num_segments)
    return _masked_fold(ops.reduce_max, x, ids, n, x.dtype.min)


def unsorted_segment_min(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """The least of each segment; the dtype's greatest value for an empty one."""
    x, ids, n = _unsorted("unsorted_segment_min", data, segment_ids, num_segments)
    return _masked_fold(ops.reduce_min, x, ids, n, x.dtype.max)


def unsorted_segment_prod(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """The product of each segment; 1 for an empty one."""
    found = _unsorted("unsorted_segment_prod", data, segment_ids, num_segments)
    return _masked_fold(ops.reduce_prod, *found, 1)


def _sorted_fold(op: Any, what: str, data: Any, segment_ids: Any) -> Any:
    x, ids, n = _sorted(what, data, segment_ids)
    limits = {"segment_max": x.dtype.min, "segment_min": x.dtype.max, "segment_prod": 1}
    result = _masked_fold(op, x, ids, n, limits[what])
    # A sorted segment that no element names is 0 (1 for the product), unlike the unsorted one.
    if what == "segment_prod":
        return result
    present = np.isin(np.arange(n), static(ids, what))
    present = present.reshape(n, *(1,) * (len(x.shape) - 1))
    return ops.select(convert_to_tensor(present), result, scalar(0, x))


def segment_max(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """The greatest of each run of equal, sorted ids; 0 for an id that is skipped."""
    return _sorted_fold(ops.reduce_max, "segment_max", data, segment_ids)


def segment_min(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """The least of each run of equal, sorted ids; 0 for an id that is skipped."""
    return _sorted_fold(ops.reduce_min, "segment_min", data, segment_ids)


def segment_prod(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """The product of each run of equal, sorted ids; 1 for an id that is skipped."""
    return _sorted_fold(ops.reduce_prod, "segment_prod", data, segment_ids)
