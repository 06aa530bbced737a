"""Softmax and its logarithm, stable for every input."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import axis_of, dims, floating, keep, scalar
from caudal.framework import custom_gradient, stop_gradient


def shifted(x: Any, axis: int) -> Any:
    """``x`` minus its maximum along the axis, which no derivative goes through."""
    top = keep(ops.reduce_max(stop_gradient(x), axes=(axis,)), dims(x), (axis,))
    return ops.sub(x, top)


def softmax(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis, the last by default.

    >>> softmax([1000.0, 1000.0]).numpy().tolist()
    [0.5, 0.5]
    """
    x = floating("softmax", logits, complex_too=False)
    place = axis_of(-1 if axis is None else axis, len(x.shape), "softmax")
    result: Any = _along(x, place)
    return result


def _along(x: Any, place: int) -> Any:
    """Softmax along an axis, whose gradient needs no more of it than its result."""

    @custom_gradient
    def normalised(x: Any) -> Any:
        e = ops.exp(shifted(x, place))
        total = ops.reduce_sum(e, axes=(place,))
        # One division a row.
        y = ops.mul(e, keep(ops.div(scalar(1, x), total), dims(x), (place,)))

        def gradient(g: Any) -> Any:
            inner = ops.reduce_sum(ops.mul(g, y), axes=(place,))
            return ops.mul(ops.sub(g, keep(inner, dims(x), (place,))), y)

        return y, gradient

    return normalised(x)


def log_softmax(logits: Any, axis: Any = None, name: str | None = None) -> Any:
    """``log(softmax(x))``, stable for every x."""
    x = floating("log_softmax", logits, complex_too=False)
    place = axis_of(-1 if axis is None else axis, len(x.shape), "log_softmax")
    x = shifted(x, place)
    total = ops.reduce_sum(ops.exp(x), axes=(place,))
    return ops.sub(x, keep(ops.log(total), dims(x), (place,)))
