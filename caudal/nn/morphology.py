"""Dilation and erosion of grey pictures: windows whose elements are shifted before the extremum."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import dims, floating, unify
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.nn.geometry import padding_pairs, spatial


def dilation2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """The greatest of ``input + filters`` over each window, channel by channel.

    Args:
        input: [batch, height, width, channels].
        filters: [height, width, channels].
        strides, dilations: [1, height, width, 1].
        padding: "SAME" or "VALID".
        data_format: "NHWC".
        name: not used.

    >>> dilation2d([[[[1.0], [2.0]]]], [[[0.5]]], [1] * 4, "VALID", "NHWC", [1] * 4).numpy().ravel()
    array([1.5, 2.5], dtype=float32)
    """
    return _dilated("dilation2d", input, filters, strides, padding, data_format, dilations)


def erosion2d(
    value: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str,
    dilations: Any,
    name: str | None = None,
) -> Any:
    """The least of ``value - filters`` over each window; arguments as of `dilation2d`."""
    x, w = unify("erosion2d", value, filters)
    turned = ops.reverse(w, axes=(0, 1))
    found = _dilated("erosion2d", ops.neg(x), turned, strides, padding, data_format, dilations)
    return ops.neg(found)


def _dilated(
    what: str,
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str,
    dilations: Any,
) -> Any:
    x, w = unify(what, input, filters)
    floating(what, x, complex_too=False)
    if data_format != "NHWC":
        raise InvalidArgumentError(
            "{what}: expected data_format 'NHWC', received {x!r}.", what=what, x=data_format
        )
    if len(dims(x)) != 4 or len(dims(w)) != 3 or dims(x)[-1] != dims(w)[-1]:
        raise ShapeError(
            "{what}: expected an input [batch, height, width, channels] and filters [height, "
            "width, channels], received shapes {input} and {filters}.",
            what=what,
            input=dims(x),
            filters=dims(w),
        )
    step = spatial(strides, 2, what + ": strides")
    spread = spatial(dilations, 2, what + ": dilations")
    window = dims(w)[:2]
    pairs = padding_pairs(padding, dims(x)[1:3], window, step, spread, what)
    low, high = ((0, *(pair[side] for pair in pairs), 0) for side in (0, 1))
    # What lies outside never is the greatest.
    never = float(np.finfo(x.dtype.np_dtype).min)
    x = ops.pad(x, low=low, high=high, interior=(0,) * 4, value=never)
    batch, *space, channels = dims(x)
    reach = [(k - 1) * d + 1 for k, d in zip(window, spread, strict=True)]
    if any(n < r for n, r in zip(space, reach, strict=True)):
        raise ShapeError(
            "{what}: filters of shape {filters} do not fit into shape {input}.",
            what=what,
            filters=dims(w),
            input=dims(x),
        )
    found: Any = None
    for tap in itertools.product(*map(range, window)):
        begin = [t * d for t, d in zip(tap, spread, strict=True)]
        end = [b + n - r + 1 for b, n, r in zip(begin, space, reach, strict=True)]
        inside = {"begin": (0, *begin, 0), "end": (batch, *end, channels)}
        part = ops.slice(x, strides=(1, *step, 1), **inside)
        after = (tap[0] + 1, tap[1] + 1, channels)
        weight = ops.slice(w, begin=(*tap, 0), end=after, strides=(1, 1, 1))
        moved = ops.add(part, ops.reshape(weight, shape=(1, 1, 1, channels)))
        found = moved if found is None else ops.maximum(found, moved)
    return found
