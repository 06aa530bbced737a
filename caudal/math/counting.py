"""Counting, ranking and sums by segment."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    cast_to,
    dims,
    floating,
    numeric,
    require_rank,
    scalar,
    static,
    static_int,
)
from caudal.array.inside import must_be_inside
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor, is_symbolic
from caudal.ir.dtypes import DType, as_dtype, int32, int64


class TopKV2(NamedTuple):
    """What `top_k` returns."""

    values: Any
    indices: Any


def _zeros(shape: tuple[int, ...], dtype: DType) -> Any:
    return convert_to_tensor(np.zeros(shape, dtype.np_dtype), dtype=dtype)


def top_k(
    input: Any, k: Any = 1, sorted: bool = True, index_type: Any = int32, name: str | None = None
) -> TopKV2:
    """The ``k`` greatest elements of the last axis, greatest first, and their indices.

    Of equal elements the one with the lower index comes first.

    >>> top_k([1.0, 3.0, 2.0], k=2).indices.numpy().tolist()
    [1, 2]
    """
    x = numeric("top_k", input)
    shape = dims(x)
    count = static_int(k, "top_k: k")
    if not shape or not 0 <= count <= shape[-1]:
        raise ShapeError(
            "top_k: expected at least k={k} elements in the last axis, received shape {shape}.",
            k=count,
            shape=shape,
        )
    last = len(shape) - 1
    window = {
        "begin": (0,) * len(shape),
        "end": (*shape[:-1], count),
        "strides": (1,) * len(shape),
    }
    values = ops.slice(ops.sort(x, axis=last, descending=True), **window)
    indices = ops.slice(ops.argsort(x, axis=last, descending=True), **window)
    return TopKV2(values, cast_to(indices, as_dtype(index_type)))


def _integers(what: str, value: Any) -> Any:
    x = as_tensor(value)
    if not x.dtype.is_integer:
        raise DTypeError(
            "{what}: expected integers, received {received}.", what=what, received=x.dtype.name
        )
    return x


def in_top_k(targets: Any, predictions: Any, k: Any, name: str | None = None) -> Any:
    """Whether each row's target is among its ``k`` greatest predictions; ties count as in.

    Args:
        targets: class ids ``[batch]``, int32 or int64.
        predictions: ``[batch, classes]``.
    """
    x = floating("in_top_k", predictions)
    require_rank(x, 2, "in_top_k: predictions")
    ids = cast_to(_integers("in_top_k: targets", targets), int32)
    require_rank(ids, 1, "in_top_k: targets")
    batch, classes = dims(x)
    columns = convert_to_tensor(np.arange(classes, dtype=np.int32)[None])
    chosen = ops.equal(columns, ops.reshape(ids, shape=(batch, 1)))
    target = ops.reduce_sum(ops.select(chosen, x, scalar(0, x)), axes=(1,))
    above = ops.greater(x, ops.reshape(target, shape=(batch, 1)))
    ahead = ops.reduce_sum(ops.cast(above, dtype=int32), axes=(1,))
    # A row with a NaN or an infinity has no ranking, an unknown class no place in it.
    known = ops.bit_and(
        ops.reduce_or(chosen, axes=(1,)), ops.reduce_and(ops.is_finite(x), axes=(1,))
    )
    return ops.bit_and(ops.less(ahead, cast_to(as_tensor(k), int32)), known)


def _bins(ids: Any, minlength: Any, maxlength: Any) -> int:
    low = 0 if minlength is None else static_int(minlength, "bincount: minlength")
    high = None if maxlength is None else static_int(maxlength, "bincount: maxlength")
    if high is not None and low == high:
        return low
    known = static(ids, "bincount")
    size = max(int(known.max()) + 1 if known.size else 0, low)
    return size if high is None else min(size, high)


def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = int32,
    name: str | None = None,
    axis: int | None = None,
    binary_output: bool = False,
) -> Any:
    """How often each of 0, 1, 2, … occurs, or the sum of the weights of each.

    The result's length is known while tracing only with ``minlength`` equal to ``maxlength``.

    >>> bincount([1, 1, 3]).numpy().tolist()
    [0, 2, 0, 1]
    """
    ids = cast_to(_integers("bincount", arr), int64)
    if axis not in (None, 0, -1):
        raise InvalidArgumentError(
            "bincount: expected axis None, 0 or -1, received {axis}.", axis=axis
        )
    if not is_symbolic(ids) and ids.shape.num_elements() and int(ids.numpy().min()) < 0:
        raise InvalidArgumentError(
            "bincount: expected numbers of at least 0, received {low}.", low=int(ids.numpy().min())
        )
    size = _bins(ids, minlength, maxlength)
    rows = len(dims(ids)) == 2 and axis == -1
    batch = dims(ids)[0] if rows else 1
    flat = ops.reshape(ids, shape=(batch, ids.shape.num_elements() // max(batch, 1)))
    if weights is not None:
        values = as_tensor(weights)
    else:
        values = convert_to_tensor(np.ones(dims(flat), as_dtype(dtype).np_dtype))
    values = ops.reshape(values, shape=dims(flat))
    # Ids past the end go to one more bin per row, which is cut off.
    inside = ops.bit_and(
        ops.less(flat, scalar(size, flat)), ops.greater_equal(flat, scalar(0, flat))
    )
    flat = ops.select(inside, flat, scalar(size, flat))
    offsets = convert_to_tensor(np.arange(batch, dtype=np.int64)[:, None] * (size + 1))
    total = ops.scatter_add(
        _zeros((batch * (size + 1),), values.dtype),
        ops.reshape(ops.add(flat, offsets), shape=(flat.shape.num_elements(),)),
        ops.reshape(values, shape=(flat.shape.num_elements(),)),
        axis=0,
    )
    total = ops.reshape(total, shape=(batch, size + 1))
    total = ops.slice(total, begin=(0, 0), end=(batch, size), strides=(1, 1))
    if binary_output:
        total = ops.cast(ops.greater(total, scalar(0, total)), dtype=total.dtype)
    return total if rows else ops.reshape(total, shape=(size,))


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = int32,
    name: str | None = None,
) -> Any:
    """Row: the true class, column: the predicted one, entry: how often (or the weights' sum).

    >>> confusion_matrix([0, 1, 1], [0, 1, 0]).numpy().tolist()
    [[1, 0], [1, 1]]
    """
    rows, columns = (cast_to(as_tensor(x), int64) for x in (labels, predictions))
    rows, columns = (
        ops.reshape(x, shape=tuple(n for n in dims(x) if n != 1) or (1,)) for x in (rows, columns)
    )
    if dims(rows) != dims(columns):
        raise ShapeError(
            "confusion_matrix: expected as many predictions as labels, received {first} and "
            "{second}.",
            first=dims(rows),
            second=dims(columns),
        )
    if num_classes is None:
        known = [static(x, "confusion_matrix: num_classes") for x in (rows, columns)]
        n = max((int(x.max()) + 1 for x in known if x.size), default=0)
    else:
        n = static_int(num_classes, "confusion_matrix: num_classes")
        _check_classes(rows, columns, n)
    kind = as_dtype(dtype)
    count = dims(rows)
    if weights is None:
        values = convert_to_tensor(np.ones(count, kind.np_dtype))
    else:
        values = ops.reshape(cast_to(as_tensor(weights), kind), shape=count)
    flat = ops.add(ops.mul(rows, scalar(n, rows)), columns)
    return ops.reshape(ops.scatter_add(_zeros((n * n,), kind), flat, values, axis=0), shape=(n, n))


def _check_classes(rows: Any, columns: Any, n: int) -> None:
    from caudal.framework import is_symbolic

    for what, x in (("labels", rows), ("predictions", columns)):
        if not is_symbolic(x):
            known = np.asarray(x.numpy())
            if known.size and not (known.min() >= 0 and known.max() < n):
                raise InvalidArgumentError(
                    "confusion_matrix: expected {what} from 0 to {top}, received {low} to {high}.",
                    what=what,
                    top=n - 1,
                    low=int(known.min()),
                    high=int(known.max()),
                )


# --- order --------------------------------------------------------------------------------------


def invert_permutation(x: Any, name: str | None = None) -> Any:
    """The permutation that undoes another."""
    x = _integers("invert_permutation", x)
    require_rank(x, 1, "invert_permutation")
    must_be_inside("invert_permutation", x, dims(x)[0], label="x")
    return cast_to(ops.argsort(x, axis=0, descending=False), x.dtype)


def _rising(what: str, x: Any, op: Any) -> Any:
    x = numeric(what, x)
    count = x.shape.num_elements()
    flat = ops.reshape(x, shape=(count,))
    if count < 2:
        return convert_to_tensor(True)
    before = ops.slice(flat, begin=(0,), end=(count - 1,), strides=(1,))
    after = ops.slice(flat, begin=(1,), end=(count,), strides=(1,))
    return ops.reduce_and(op(before, after), axes=(0,))


def is_non_decreasing(x: Any, name: str | None = None) -> Any:
    """Whether no element, in row order, is below the one before it."""
    return _rising("is_non_decreasing", x, ops.less_equal)


def is_strictly_increasing(x: Any, name: str | None = None) -> Any:
    """Whether each element, in row order, is above the one before it."""
    return _rising("is_strictly_increasing", x, ops.less)


def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> Any:
    """``x / sqrt(max(sum(x ** 2), epsilon))``: the direction of x along the axes."""
    from caudal.math.reduce import fold

    x = floating("l2_normalize", x)
    squares = ops.real(ops.mul(x, ops.conj(x))) if x.dtype.is_complex else ops.mul(x, x)
    total = fold(ops.reduce_sum, "l2_normalize", squares, dim if axis is None else axis, True)
    scale = ops.rsqrt(ops.maximum(total, scalar(epsilon, total)))
    return ops.mul(x, cast_to(scale, x.dtype))


def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = int32, name: str | None = None
) -> Any:
    """The bin of each value among ``nbins`` equal ones; what lies outside goes to the ends."""
    x = numeric("histogram_fixed_width_bins", values)
    n = static_int(nbins, "histogram_fixed_width_bins: nbins")
    low, high = (scalar(v, x) for v in static(value_range, "value_range").reshape(2))
    share = ops.div(ops.sub(x, low), ops.sub(high, low))
    place = ops.floor(ops.mul(share, scalar(n, x)))
    place = ops.minimum(ops.maximum(place, scalar(0, x)), scalar(n - 1, x))
    return ops.cast(place, dtype=as_dtype(dtype))


def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = int32, name: str | None = None
) -> Any:
    """How many values fall in each of ``nbins`` equal bins."""
    n = static_int(nbins, "histogram_fixed_width: nbins")
    bins = histogram_fixed_width_bins(values, value_range, n)
    return bincount(
        ops.reshape(bins, shape=(bins.shape.num_elements(),)),
        minlength=n,
        maxlength=n,
        dtype=dtype,
    )
