"""Reductions over axes, and running sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    axes_of,
    axis_of,
    boolean,
    cast_to,
    dims,
    floating,
    keep,
    numeric,
    scalar,
)
from caudal.errors import DTypeError
from caudal.framework import stop_gradient
from caudal.ir.dtypes import as_dtype, int32, int64


def fold(op: Any, what: str, x: Any, axis: Any, keepdims: bool) -> Any:
    """A reduction op over TensorFlow's ``axis`` (``None``: all), with the axes kept or not."""
    shape = dims(x)
    axes = axes_of(axis, len(shape), what)
    if not axes:
        return x
    result = op(x, axes=axes)
    return keep(result, shape, axes) if keepdims else result


def _reduction(name: str, op: Any, doc: str, read: Callable[..., Any]) -> Callable[..., Any]:
    def apply(
        input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
    ) -> Any:
        what = apply.__name__
        return fold(op, what, read(what, input_tensor), axis, keepdims)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc + " ``axis``: an axis or several; all of them if None."
    return apply


reduce_sum = _reduction("reduce_sum", ops.reduce_sum, "The sum.", numeric)
reduce_prod = _reduction("reduce_prod", ops.reduce_prod, "The product.", numeric)
reduce_max = _reduction("reduce_max", ops.reduce_max, "The greatest element.", numeric)
reduce_min = _reduction("reduce_min", ops.reduce_min, "The least element.", numeric)
reduce_all = _reduction("reduce_all", ops.reduce_and, "Whether all are true.", boolean)
reduce_any = _reduction("reduce_any", ops.reduce_or, "Whether any is true.", boolean)


def _count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    total = 1
    for axis in axes:
        total *= shape[axis]
    return total


def reduce_mean(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The mean; of integers, an integer (rounded towards zero), as in TensorFlow.

    >>> float(reduce_mean([1.0, 2.0, 6.0]))
    3.0
    >>> int(reduce_mean([1, 2]))
    1
    """
    x = numeric("reduce_mean", input_tensor)
    shape = dims(x)
    axes = axes_of(axis, len(shape), "reduce_mean")
    total = fold(ops.reduce_sum, "reduce_mean", x, axis, keepdims)
    count = scalar(_count(shape, axes), x)
    if not x.dtype.is_integer:
        return ops.div(total, count)
    # Exact before the division, so that rounding down is rounding towards zero.
    return ops.floor_div(ops.sub(total, ops.trunc_mod(total, count)), count)


def reduce_variance(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The mean squared distance from the mean (the population's variance)."""
    x = floating("reduce_variance", input_tensor)
    distance = ops.sub(x, reduce_mean(x, axis, keepdims=True))
    if x.dtype.is_complex:
        squares = ops.real(ops.mul(distance, ops.conj(distance)))
    else:
        squares = ops.mul(distance, distance)
    return reduce_mean(squares, axis, keepdims)


def reduce_std(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The square root of `reduce_variance`."""
    return ops.sqrt(
        reduce_variance(floating("reduce_std", input_tensor), axis=axis, keepdims=keepdims)
    )


def reduce_euclidean_norm(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """The square root of the sum of squares."""
    x = numeric("reduce_euclidean_norm", input_tensor)
    kind = x.dtype
    if kind.is_integer:
        x = cast_to(x, as_dtype("float64"))
    squares = ops.mul(x, ops.conj(x)) if x.dtype.is_complex else ops.mul(x, x)
    return cast_to(
        ops.sqrt(fold(ops.reduce_sum, "reduce_euclidean_norm", squares, axis, keepdims)), kind
    )


def finite_max(x: Any, axis: Any, what: str) -> Any:
    """The maximum along axes (kept), as a constant for gradients; 0 where it is infinite.

    Subtracting it before exp keeps exp in range and cancels out of every derivative.
    """
    top = stop_gradient(fold(ops.reduce_max, what, x, axis, True))
    return ops.select(ops.is_finite(top), top, scalar(0, top))


def reduce_logsumexp(
    input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """``log(sum(exp(x)))`` without overflow.

    >>> round(float(reduce_logsumexp([1000.0, 1000.0])), 3)
    1000.693
    """
    what = "reduce_logsumexp"
    x = floating(what, input_tensor, complex_too=False)
    shape = dims(x)
    axes = axes_of(axis, len(shape), what)
    if not axes:
        return x
    top = finite_max(x, axis, what)
    total = ops.reduce_sum(ops.exp(ops.sub(x, top)), axes=axes)
    result = ops.add(ops.log(total), ops.reshape(top, shape=dims(total)))
    return keep(result, shape, axes) if keepdims else result


def lbeta(x: Any, name: str | None = None) -> Any:
    """``log(abs(Beta(x)))`` along the last axis."""
    x = floating("lbeta", x, complex_too=False)
    last = (axis_of(-1, len(x.shape), "lbeta"),)
    total = ops.lgamma(ops.reduce_sum(x, axes=last))
    return ops.sub(ops.reduce_sum(ops.lgamma(x), axes=last), total)


def _arg(op: Any, what: str) -> Callable[..., Any]:
    def apply(
        input: Any, axis: Any = None, output_type: Any = int64, name: str | None = None
    ) -> Any:
        x = as_tensor(input)
        kind = as_dtype(output_type)
        if not kind.is_integer:
            raise DTypeError(
                "{what}: expected an integer output_type, received {received}.",
                what=what,
                received=kind.name,
            )
        if x.dtype.is_bool:
            x = ops.cast(x, dtype=int32)
        place = axis_of(0 if axis is None else axis, len(x.shape), what)
        return op(x, axis=place, dtype=kind)

    apply.__name__ = apply.__qualname__ = what
    return apply


argmax = _arg(ops.argmax, "argmax")
argmax.__doc__ = "The index of the first greatest element along ``axis`` (0 if None)."
argmin = _arg(ops.argmin, "argmin")
argmin.__doc__ = "The index of the first least element along ``axis`` (0 if None)."


def count_nonzero(
    input: Any,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = int64,
    name: str | None = None,
) -> Any:
    """How many elements are not zero."""
    x = as_tensor(input)
    if not x.dtype.is_bool:
        x = ops.not_equal(x, scalar(0, x))
    ones = ops.cast(x, dtype=as_dtype(dtype))
    return fold(ops.reduce_sum, "count_nonzero", ones, axis, bool(keepdims))


def zero_fraction(value: Any, name: str | None = None) -> Any:
    """The share of zeros, as float32."""
    x = as_tensor(value)
    zeros = ops.cast(ops.equal(x, scalar(0, x)), dtype=as_dtype("float32"))
    return reduce_mean(zeros)


# --- running ----------------------------------------------------------------------------------


def cumsum(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """The running sum along an axis; ``exclusive`` leaves the element itself out.

    >>> cumsum([1, 2, 3], exclusive=True).numpy().tolist()
    [0, 1, 3]
    """
    x = numeric("cumsum", x)
    place = axis_of(axis, len(x.shape), "cumsum")
    return ops.cumsum(x, axis=place, exclusive=bool(exclusive), reverse=bool(reverse))


def cumprod(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """The running product along an axis; ``exclusive`` leaves the element itself out."""
    x = numeric("cumprod", x)
    place = axis_of(axis, len(x.shape), "cumprod")
    return ops.cumprod(x, axis=place, exclusive=bool(exclusive), reverse=bool(reverse))


def cumulative_logsumexp(
    x: Any,
    axis: Any = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """The running `reduce_logsumexp` along an axis.

    Each position masks the elements that it sums: quadratic in the axis, but exact at any range.
    An exclusive sum of nothing is -inf.
    """
    what = "cumulative_logsumexp"
    x = floating(what, x, complex_too=False)
    place = axis_of(axis, len(x.shape), what)
    shape = dims(x)
    n = shape[place]
    i, j = np.arange(n)[:, None], np.arange(n)[None, :]
    mask = (j >= i) if reverse else (j <= i)
    if exclusive:
        mask = mask & (i != j)
    tail = (1,) * (len(shape) - place - 1)
    wide = ops.reshape(x, shape=(*shape[:place], 1, n, *shape[place + 1 :]))
    seen = as_tensor(mask.reshape(n, n, *tail))
    masked = ops.select(seen, wide, scalar(-np.inf, x))
    return reduce_logsumexp(masked, axis=place + 1)
