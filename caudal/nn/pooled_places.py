"""Max pooling that also says where each maximum stands; pooling over regions of unequal sizes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from caudal import ops
from caudal.array.arguments import cast_to, dims, floating, scalar, static, static_int
from caudal.array.create import range as whole_numbers
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.framework.effects import obtain
from caudal.ir.dtypes import as_dtype, int64
from caudal.ir.types import Type
from caudal.nn.geometry import padding_pairs, spatial
from caudal.random.sampling import op_key


class MaxPoolWithArgmax(NamedTuple):
    """Maxima, and their places in the flat image."""

    output: Any
    argmax: Any


def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    output_dtype: Any = int64,
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> MaxPoolWithArgmax:
    """The greatest element of each window over [batch, height, width, channels], and its place.

    A place is ``(y * width + x) * channels + channel``, and of the whole batch with
    ``include_batch_in_index``.

    >>> max_pool_with_argmax([[[[1.0], [3.0]]]], [1, 2], 1, "VALID").argmax.numpy().ravel()
    array([1])
    """
    what = "max_pool_with_argmax"
    x = floating(what, input, complex_too=False)
    kind = as_dtype(output_dtype)
    if kind.name not in ("int32", "int64") or data_format != "NHWC" or len(dims(x)) != 4:
        raise InvalidArgumentError(
            "{what}: expected an input [batch, height, width, channels], data_format 'NHWC' and "
            "output_dtype int32 or int64, received shape {shape}, {data_format!r} and {kind}.",
            what=what,
            shape=dims(x),
            data_format=data_format,
            kind=kind.name,
        )
    window = spatial(ksize, 2, what + ": ksize")
    step = spatial(strides, 2, what + ": strides")
    batch, height, width, channels = dims(x)
    pairs = padding_pairs(padding, (height, width), window, step, (1, 1), what)
    params = {
        "window": (1, *window, 1),
        "strides": (1, *step, 1),
        "padding": ((0, 0), *pairs, (0, 0)),
    }
    place = ops.cast(ops.window_argmax(x, **params), dtype=int64)
    across = scalar(window[1], place)
    tap = (ops.floor_div(place, across), ops.floor_mod(place, across))
    _, rows, columns, _ = dims(place)
    spots = []
    for axis, count in ((0, rows), (1, columns)):
        begin = np.arange(count, dtype=np.int64) * step[axis] - pairs[axis][0]
        shape = (1, count, 1, 1) if axis == 0 else (1, 1, count, 1)
        spots.append(ops.add(tap[axis], convert_to_tensor(begin.reshape(shape))))
    flat = ops.add(ops.mul(spots[0], scalar(width, place)), spots[1])
    channel = np.arange(channels, dtype=np.int64)
    flat = ops.add(ops.mul(flat, scalar(channels, place)), convert_to_tensor(channel))
    if include_batch_in_index:
        image = np.arange(batch, dtype=np.int64).reshape(-1, 1, 1, 1) * height * width * channels
        flat = ops.add(flat, convert_to_tensor(image))
    return MaxPoolWithArgmax(ops.window_max(x, **params), cast_to(flat, kind))


class FractionalPool(NamedTuple):
    """What was pooled, and where the regions begin along both axes."""

    output: Any
    row_pooling_sequence: Any
    col_pooling_sequence: Any


def fractional_max_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    seed: int = 0,
    name: str | None = None,
) -> FractionalPool:
    """The greatest element of random regions (Graham 2014, "Fractional max-pooling").

    Args:
        value: [batch, height, width, channels].
        pooling_ratio: a number of at least 1, or one for each axis as [1, rows, columns, 1].
        pseudo_random: whether region sizes follow a shifted line rather than a random order.
        overlapping: whether a region holds the first row of the next one too.
        seed: as that of `tf.random.normal`; 0 is none.
        name: not used.
    """
    return _fractional(
        "fractional_max_pool", value, pooling_ratio, pseudo_random, overlapping, seed
    )


def fractional_avg_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    seed: int = 0,
    name: str | None = None,
) -> FractionalPool:
    """The mean over random regions; arguments as of `fractional_max_pool`."""
    return _fractional(
        "fractional_avg_pool", value, pooling_ratio, pseudo_random, overlapping, seed
    )


def _fractional(
    what: str, value: Any, ratio: Any, pseudo_random: bool, overlapping: bool, seed: Any
) -> FractionalPool:
    x = floating(what, value, complex_too=False)
    ratios = [float(r) for r in np.asarray(static(ratio, what)).reshape(-1)]
    ratios = [1.0, ratios[0], ratios[0], 1.0] if len(ratios) == 1 else ratios
    if len(dims(x)) != 4 or len(ratios) != 4 or ratios[0] != 1 or ratios[3] != 1 or min(ratios) < 1:
        raise ShapeError(
            "{what}: expected a value [batch, height, width, channels] and pooling_ratio [1, rows, "
            "columns, 1] of at least 1, received shape {shape} and {ratios}.",
            what=what,
            shape=dims(x),
            ratios=ratios,
        )
    key = op_key(static_int(seed, what + ": seed") or None)
    sequences = []
    for axis in (1, 2):
        extent = dims(x)[axis]
        count = int(extent / ratios[axis])
        if count < 1:
            raise ShapeError("{what}: the ratio leaves no region of {n}.", what=what, n=extent)
        begins = _sequence(extent, count, pseudo_random, key, axis)
        longest = -(-extent // count) + (1 if overlapping else 0)
        x = _regions(x, begins, axis, count, longest, overlapping, what.endswith("max_pool"))
        sequences.append(begins)
    return FractionalPool(x, *sequences)


def _sequence(extent: int, count: int, pseudo_random: bool, key: Any, axis: int) -> Any:
    """Where each region begins, and the end of the last: steps of two neighbouring sizes."""

    def draw(words: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        generator = np.random.default_rng([axis, *(int(word) for word in words)])
        small = extent // count
        if pseudo_random:
            # The steps of ceil(alpha * (i + u)), which begin and end at the edges.
            alpha = extent / count
            line = np.ceil(alpha * (np.arange(count + 1) + generator.uniform()))
            steps = np.diff(line).astype(np.int64)
            steps[-1] += extent - steps.sum()
        else:
            steps = np.full(count, small)
            steps[: extent - small * count] += 1
            generator.shuffle(steps)
        return [np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)]

    return obtain(draw, [Type(int64, (count + 1,))], key)[0]


def _regions(
    x: Any, begins: Any, axis: int, count: int, longest: int, overlapping: bool, greatest: bool
) -> Any:
    """The maximum or the mean of each region along an axis."""
    first = ops.slice(begins, begin=(0,), end=(count,), strides=(1,))
    after = ops.slice(begins, begin=(1,), end=(count + 1,), strides=(1,))
    last = after if overlapping else ops.sub(after, scalar(1, after))
    last = ops.minimum(last, scalar(dims(x)[axis] - 1, last))
    steps = ops.reshape(whole_numbers(longest, dtype=int64), shape=(1, longest))
    spots = ops.add(ops.reshape(first, shape=(count, 1)), steps)
    limit = ops.reshape(last, shape=(count, 1))
    inside = ops.less_equal(spots, limit)
    found = ops.gather(x, ops.minimum(spots, limit), axis=axis)
    if greatest:
        return ops.reduce_max(found, axes=(axis + 1,))
    shape = tuple(n if i in (axis, axis + 1) else 1 for i, n in enumerate(dims(found)))
    weight = ops.cast(ops.reshape(inside, shape=shape), dtype=x.dtype)
    total = ops.reduce_sum(ops.mul(found, weight), axes=(axis + 1,))
    return ops.div(total, ops.reduce_sum(weight, axes=(axis + 1,)))
