"""``keras.ops``: sequences, distances, counts, and what is left over of NumPy's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import linalg, math, ops
from caudal.array import arguments, movement
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras.ops.promotion import cast, cast_value, common, floating, floats, tensor
from caudal.keras.ops.selection import argsort


def correlate(x1: Any, x2: Any, mode: str = "valid") -> Any:
    """The sums of products of x1 with x2 shifted along it.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5], mode="same").numpy().tolist()
    [2.0, 3.5, 3.0]
    """
    x, y = floats(x1, x2)
    size, window = int(x.shape[0]), int(y.shape[0])
    if mode not in ("valid", "same", "full") or size < window:
        raise InvalidArgumentError(
            "keras.ops.correlate: expected `mode` 'valid', 'same' or 'full' and x1 not shorter "
            "than x2, received {mode!r} and extents {size}, {window}.",
            mode=mode,
            size=size,
            window=window,
        )
    low = {"valid": 0, "same": window // 2, "full": window - 1}[mode]
    high = {"valid": 0, "same": window - 1 - window // 2, "full": window - 1}[mode]
    x = movement.pad(x, [[low, high]])
    rows = extract_sequences(x, window, 1)
    return math.reduce_sum(rows * y, axis=-1)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """Windows of the last axis, every ``sequence_stride`` elements, as a new last axis."""
    x = tensor(x)
    count = (int(x.shape[-1]) - sequence_length) // sequence_stride + 1
    starts = np.arange(count)[:, None] * sequence_stride
    places = (starts + np.arange(sequence_length)).astype("int32")
    return ops.gather(x, convert_to_tensor(places), axis=len(x.shape) - 1)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of each element as columns, falling unless ``increasing``."""
    x = tensor(x)
    count = int(x.shape[0]) if N is None else N
    powers = np.arange(count) if increasing else np.arange(count)[::-1]
    base, exponents = common(movement.expand_dims(x, -1), powers.astype("int32"))
    return cast(ops.pow(base, exponents), x.dtype)


def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral of samples, by straight lines between them."""
    samples = floating(y)
    place = axis % len(samples.shape)
    extent = int(samples.shape[place])
    left = movement.cut(samples, place, 0, extent - 1)
    right = movement.cut(samples, place, 1, extent)
    if x is None:
        return math.reduce_sum((left + right) * (0.5 * float(dx)), axis=place)
    points = cast_value(x, samples.dtype)
    over = place if len(points.shape) > 1 else 0
    steps = movement.cut(points, over, 1, extent) - movement.cut(points, over, 0, extent - 1)
    if len(points.shape) == 1:
        shape = [-1 if i == place else 1 for i in range(len(samples.shape))]
        steps = movement.reshape(steps, shape)
    return math.reduce_sum((left + right) * steps * 0.5, axis=place)


def corrcoef(x: Any) -> Any:
    """The correlations of rows."""
    x = floating(x)
    apart = x - math.reduce_mean(x, axis=-1, keepdims=True)
    products = linalg.matmul(apart, movement.transpose(apart))
    size = ops.sqrt(linalg.diag_part(products))
    found = products / (movement.expand_dims(size, 0) * movement.expand_dims(size, 1))
    return math.clip_by_value(found, -1.0, 1.0)


def cdist(x: Any, y: Any) -> Any:
    """The distance of each row of x from each row of y."""
    a, b = floats(x, y)
    apart = movement.expand_dims(a, -2) - movement.expand_dims(b, -3)
    return ops.sqrt(math.reduce_sum(apart * apart, axis=-1))


def isreal(x: Any) -> Any:
    """Where the imaginary part is 0."""
    x = tensor(x)
    if x.dtype.is_complex:
        part = math.imag(x)
        return ops.equal(part, cast_value(0, part.dtype))
    return (
        ops.equal(x, x) if not x.dtype.is_floating else ops.bit_or(ops.equal(x, x), ops.is_nan(x))
    )


def argpartition(x: Any, kth: int, axis: int = -1) -> Any:
    """Indices that put the kth element in its sorted place; here, all of them."""
    rank = len(tensor(x).shape)
    arguments.axis_of(axis, rank, "keras.ops.argpartition")
    arguments.static_int(kth, "keras.ops.argpartition: kth")
    return argsort(x, axis)


def _nan_place(op: Any, fill: float, x: Any, axis: int | None, keepdims: bool) -> Any:
    x = tensor(x)
    if x.dtype.is_floating:
        x = ops.select(ops.is_nan(x), cast_value(fill, x.dtype), x)
    flat = movement.reshape(x, (-1,)) if axis is None else x
    place = 0 if axis is None else axis
    found = op(flat, axis=place, output_type="int32")
    if not keepdims:
        return found
    shape = [1] * len(x.shape) if axis is None else [int(n) for n in x.shape]
    if axis is not None:
        shape[axis] = 1
    return movement.reshape(found, shape)


def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the greatest element that is not NaN is."""
    return _nan_place(math.argmax, float("-inf"), x, axis, keepdims)


def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the least element that is not NaN is."""
    return _nan_place(math.argmin, float("inf"), x, axis, keepdims)
