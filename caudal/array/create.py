"""Making tensors: constants, ranges, and tensors like others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    axis_of,
    cast_to,
    dims,
    scalar,
    static,
    static_int,
    static_ints,
    unify,
)
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor, inside_function, is_symbolic
from caudal.ir.dtypes import as_dtype, bool_, float32, int32, int64

builtin_range = range


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Any:
    """A tensor of a Python or NumPy value; a scalar fills ``shape``.

    >>> constant(7, shape=[2]).numpy().tolist()
    [7, 7]
    """
    tensor = as_tensor(value, dtype)
    if shape is None:
        return tensor
    wanted = static_ints(shape, "constant: shape")
    count = int(np.prod(wanted, dtype=np.int64))
    if dims(tensor) == wanted:
        return tensor
    if tensor.shape.num_elements() == 1:
        return ops.broadcast_to(ops.reshape(tensor, shape=()), shape=wanted)
    if tensor.shape.num_elements() != count:
        raise ShapeError(
            "constant: expected {count} elements for the shape {shape}, received {received}.",
            count=count,
            shape=wanted,
            received=tensor.shape.num_elements(),
        )
    return ops.reshape(tensor, shape=wanted)


def _full(shape: Any, value: Any, dtype: Any, what: str) -> Any:
    kind = as_dtype(dtype)
    extents = static_ints(shape, what + ": shape")
    if any(extent < 0 for extent in extents):
        raise ShapeError(
            "{what}: expected extents of at least 0, received {shape}.", what=what, shape=extents
        )
    if kind.kind == "string":
        value = b""
    elif inside_function():
        # No large constant in the program: the number is spread where it is read.
        one = convert_to_tensor(np.asarray(value, kind.np_dtype), dtype=kind)
        return ops.broadcast_to(one, shape=extents)
    return convert_to_tensor(np.full(extents, value, kind.np_dtype), dtype=kind)


def zeros(shape: Any, dtype: Any = float32, name: str | None = None, layout: Any = None) -> Any:
    """A tensor of zeros."""
    return _full(shape, 0, dtype, "zeros")


def ones(shape: Any, dtype: Any = float32, name: str | None = None, layout: Any = None) -> Any:
    """A tensor of ones."""
    return _full(shape, 1, dtype, "ones")


def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Any:
    """A tensor of one value."""
    tensor, extents = as_tensor(value), static_ints(dims, "fill: dims")
    if inside_function():
        return ops.broadcast_to(tensor, shape=extents)
    return convert_to_tensor(np.full(extents, tensor.numpy(), tensor.dtype.np_dtype))


def zeros_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
    """Zeros in the shape (and dtype) of another tensor."""
    x = as_tensor(input)
    return _full(dims(x), 0, x.dtype if dtype is None else dtype, "zeros_like")


def ones_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> Any:
    """Ones in the shape (and dtype) of another tensor."""
    x = as_tensor(input)
    return _full(dims(x), 1, x.dtype if dtype is None else dtype, "ones_like")


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = float32,
    name: str | None = None,
) -> Any:
    """The identity matrix, or a batch of them.

    >>> eye(2).numpy().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    rows = static_int(num_rows, "eye: num_rows")
    columns = rows if num_columns is None else static_int(num_columns, "eye: num_columns")
    matrix = convert_to_tensor(np.eye(rows, columns, dtype=as_dtype(dtype).np_dtype))
    if batch_shape is None:
        return matrix
    batch = static_ints(batch_shape, "eye: batch_shape")
    return ops.broadcast_to(matrix, shape=(*batch, rows, columns))


def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> Any:
    """``start``, ``start + delta``, … up to but without ``limit``.

    >>> range(3).numpy().tolist(), range(1, 2, 0.5).numpy().tolist()
    ([0, 1, 2], [1.0, 1.5])
    """
    if limit is None:
        start, limit = 0, start
    parts = [np.asarray(static(part, "range")) for part in (start, limit, delta)]
    if any(part.ndim for part in parts):
        raise ShapeError(
            "range: expected scalars, received shapes {shapes}.", shapes=[p.shape for p in parts]
        )
    if dtype is None:
        kinds = [as_tensor(part).dtype for part in (start, limit, delta)]
        order = [int32, int64, float32, as_dtype("float64")]
        kind = max(kinds, key=lambda k: order.index(k) if k in order else -1)
    else:
        kind = as_dtype(dtype)
    if float(parts[2]) == 0:
        raise InvalidArgumentError("range: expected a delta other than 0.")
    if float(parts[2]) * (float(parts[1]) - float(parts[0])) < 0:
        raise InvalidArgumentError(
            "range: from {start} to {limit} leads no step of {delta}: expected the other sign.",
            start=parts[0],
            limit=parts[1],
            delta=parts[2],
        )
    first, last, step = (part.astype(kind.np_dtype) for part in parts)
    return convert_to_tensor(spaced(first, last, step), dtype=kind)


def spaced(first: Any, last: Any, step: Any) -> np.ndarray[Any, Any]:
    """The numbers of `range` for scalars of one dtype; every step is rounded in that dtype."""
    if first.dtype.kind in "iu":
        return np.arange(first.item(), last.item(), step.item(), dtype=first.dtype)
    count = max(int(np.ceil((last - first) / step)), 0)
    return np.asarray(first + np.arange(count).astype(first.dtype) * step, first.dtype)


def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Any:
    """``num`` values from ``start`` to ``stop``, both included, along a new axis.

    >>> linspace(0.0, 1.0, 3).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    first, last = unify("linspace", start, stop)
    if first.dtype.is_integer:
        first, last = (cast_to(x, as_dtype("float64")) for x in (first, last))
    n = static_int(num, "linspace: num")
    if n < 1:
        raise InvalidArgumentError("linspace: expected num of at least 1, received {n}.", n=n)
    shape = dims(first)
    place = axis_of(axis, len(shape) + 1, "linspace")
    wide = (*shape[:place], 1, *shape[place:])
    steps = np.arange(n, dtype=np.float64) / max(n - 1, 1)
    share = convert_to_tensor(
        steps.astype(first.dtype.np_dtype).reshape((n,) + (1,) * (len(shape) - place))
    )
    first, last = ops.reshape(first, shape=wide), ops.reshape(last, shape=wide)
    # One multiplication per value; the last is set, so that rounding cannot miss it.
    inner = ops.add(first, ops.mul(ops.sub(last, first), share))
    if n == 1:
        return inner
    at_end = ops.equal(share, scalar(1, share))
    return ops.select(at_end, ops.broadcast_to(last, shape=dims(inner)), inner)


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """A new axis of ``depth`` with ``on_value`` at each index; an index out of range has none.

    >>> one_hot([1, 5], 3).numpy().tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    ids = as_tensor(indices)
    if not ids.dtype.is_integer:
        raise InvalidArgumentError(
            "one_hot: expected integer indices, received {received}. Cast them with tf.cast.",
            received=ids.dtype.name,
        )
    n = static_int(depth, "one_hot: depth")
    if n < 0:
        raise InvalidArgumentError("one_hot: expected a depth of at least 0, received {n}.", n=n)
    given = [as_tensor(v, dtype) for v in (on_value, off_value) if v is not None]
    kind = as_dtype(dtype) if dtype is not None else (given[0].dtype if given else float32)
    on, off = (
        as_tensor(kind.np_dtype.type(default) if value is None else value, kind)
        for value, default in ((on_value, 1), (off_value, 0))
    )
    shape = dims(ids)
    place = axis_of(-1 if axis is None else axis, len(shape) + 1, "one_hot")
    classes = np.arange(n).astype(ids.dtype.np_dtype).reshape((n,) + (1,) * (len(shape) - place))
    hits = ops.equal(
        ops.reshape(ids, shape=(*shape[:place], 1, *shape[place:])), convert_to_tensor(classes)
    )
    if on_value is None and off_value is None:
        return cast_to(hits, kind)
    return ops.select(hits, on, off)


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = bool_, name: str | None = None
) -> Any:
    """True in the first ``lengths`` places of a new last axis.

    >>> sequence_mask([1, 2], 3).numpy().tolist()
    [[True, False, False], [True, True, False]]
    """
    x = as_tensor(lengths)
    if maxlen is None:
        known = static(x, "sequence_mask: maxlen")
        n = int(known.max()) if known.size else 0
    else:
        n = static_int(maxlen, "sequence_mask: maxlen")
    places = convert_to_tensor(np.arange(n).astype(x.dtype.np_dtype))
    mask = ops.less(places, ops.reshape(x, shape=(*dims(x), 1)))
    return cast_to(mask, as_dtype(dtype))


def meshgrid(*args: Any, indexing: str = "xy", name: str | None = None) -> list[Any]:
    """Each vector spread over the grid of all; ``indexing`` "xy" (columns first) or "ij"."""
    if indexing not in ("xy", "ij"):
        raise InvalidArgumentError(
            "meshgrid: expected indexing 'xy' or 'ij', received {received!r}.", received=indexing
        )
    rank = len(args)
    vectors = [as_tensor(value) for value in args]
    if any(len(x.shape) > 1 for x in vectors):
        raise ShapeError(
            "meshgrid: expected vectors, received shapes {shapes}.",
            shapes=[dims(x) for x in vectors],
        )
    sizes = [x.shape.num_elements() for x in vectors]
    order = list(builtin_range(rank))
    if indexing == "xy" and rank > 1:
        order[0], order[1] = 1, 0
    shape = [0] * rank
    for source, place in enumerate(order):
        shape[place] = sizes[source]
    grids = []
    for source, place in enumerate(order):
        wide = [1] * rank
        wide[place] = sizes[source]
        column = ops.reshape(vectors[source], shape=tuple(wide))
        grids.append(ops.broadcast_to(column, shape=tuple(shape)))
    return grids


def shape(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """The shape, as an int32 vector; known at once, also while tf.function traces."""
    x = as_tensor(input)
    kind = int32 if out_type is None else as_dtype(out_type)
    return convert_to_tensor(np.asarray(dims(x), kind.np_dtype), dtype=kind)


def shape_n(input: Sequence[Any], out_type: Any = int32, name: str | None = None) -> list[Any]:
    """The shapes of several tensors."""
    return [shape(x, out_type) for x in input]


def size(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """The number of elements, as an int32 scalar."""
    kind = int32 if out_type is None else as_dtype(out_type)
    count = as_tensor(input).shape.num_elements()
    return convert_to_tensor(np.asarray(count, kind.np_dtype), dtype=kind)


def rank(input: Any, name: str | None = None) -> Any:
    """The number of axes, as an int32 scalar."""
    return convert_to_tensor(np.asarray(len(as_tensor(input).shape), np.int32))


def identity(input: Any, name: str | None = None) -> Any:
    """The same value as a tensor; of a variable, its value now."""
    x = as_tensor(input)
    if is_symbolic(x) or x.dtype.kind == "string":
        return x
    return ops.reshape(x, shape=dims(x))


def identity_n(input: Sequence[Any], name: str | None = None) -> list[Any]:
    """`identity` of each tensor of a list."""
    return [identity(x) for x in input]
