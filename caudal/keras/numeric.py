"""Arithmetic that losses, metrics and optimizers share: plain functions over tensors.

Everything here accepts tensors, variables, arrays and numbers, works eagerly and inside a traced
program alike, and returns tensors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.framework import Tensor, convert_to_tensor, stop_gradient
from caudal.ir.dtypes import as_dtype

EPSILON = 1e-7
"""Keras's fuzz factor, ``keras.backend.epsilon()``."""

Axis = int | Sequence[int] | None


def tensor(value: Any, dtype: Any = None) -> Any:
    """``value`` as a tensor, cast to ``dtype`` if that is given and differs."""
    if not isinstance(value, Tensor):
        if dtype is not None and isinstance(value, int | float | list | tuple | np.ndarray):
            return convert_to_tensor(np.asarray(value, as_dtype(dtype).np_dtype))
        value = convert_to_tensor(value)
    return cast(value, dtype) if dtype is not None else value


def cast(x: Any, dtype: Any) -> Any:
    """``x`` in another dtype; the same object if it has it already."""
    wanted = as_dtype(dtype)
    if x.dtype == wanted:
        return x
    return ops.cast(x, dtype=wanted)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape as a tuple of ints."""
    return tuple(int(extent) for extent in x.shape)


def rank_of(x: Any) -> int:
    """The number of axes."""
    return len(x.shape)


def reshape(x: Any, shape: Sequence[int]) -> Any:
    """``x`` in another shape; one extent may be -1, for what is left."""
    shape = tuple(shape)
    if -1 in shape:
        known = math.prod(extent for extent in shape if extent != -1)
        left = math.prod(shape_of(x)) // known if known else 0
        shape = tuple(left if extent == -1 else extent for extent in shape)
    return ops.reshape(x, shape=shape)


def expand_dims(x: Any, axis: int) -> Any:
    """A new axis of extent 1 at ``axis``."""
    shape = list(shape_of(x))
    shape.insert(axis if axis >= 0 else axis + len(shape) + 1, 1)
    return reshape(x, shape)


def squeeze(x: Any, axis: int) -> Any:
    """Without the axis ``axis``, whose extent is 1."""
    shape = list(shape_of(x))
    del shape[axis]
    return reshape(x, shape)


def _axes(x: Any, axis: Axis) -> tuple[int, ...]:
    rank = rank_of(x)
    if axis is None:
        return tuple(range(rank))
    if isinstance(axis, int):
        axis = (axis,)
    return tuple(sorted({one % rank for one in axis}))


def _kept(x: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(1 if i in axes else extent for i, extent in enumerate(shape_of(x)))


def _reduce(op: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    axes = _axes(x, axis)
    result: Tensor = op(x, axes=axes) if axes else x
    return reshape(result, _kept(x, axes)) if keepdims else result


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over ``axis``, or over everything."""
    return _reduce(ops.reduce_sum, x, axis, keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The greatest element over ``axis``, or of everything."""
    return _reduce(ops.reduce_max, x, axis, keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean over ``axis``, or over everything; of integers and bools, in float32."""
    if not x.dtype.is_floating:
        x = cast(x, "float32")
    shape = shape_of(x)
    axes = _axes(x, axis)
    count = math.prod(shape[i] for i in axes)
    if count == 0:
        return sum(x, axis, keepdims) * float("nan")
    return sum(x, axis, keepdims) * (1.0 / count)


def maximum(x: Any, y: Any) -> Any:
    """The greater of two, element by element; a number takes the tensor's dtype."""
    return ops.maximum(x, constant(y, x))


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two, element by element."""
    return ops.minimum(x, constant(y, x))


def clip(x: Any, low: float, high: float) -> Any:
    """``x`` kept between two numbers."""
    return minimum(maximum(x, low), high)


def constant(value: Any, like: Any) -> Any:
    """A Python number in the dtype of ``like``; anything else as it is."""
    if isinstance(value, int | float | bool):
        return tensor(np.asarray(value, like.dtype.np_dtype))
    return value


def where(condition: Any, x: Any, y: Any) -> Any:
    """``x`` where the condition holds, ``y`` elsewhere; one of them may be a number."""
    like = x if hasattr(x, "dtype") else y
    return ops.select(condition, constant(x, like), constant(y, like))


def divide_no_nan(x: Any, y: Any) -> Any:
    """``x / y``, and 0 where ``y`` is 0."""
    zero = ops.equal(y, constant(0, y))
    return where(zero, 0, x / where(zero, 1, y))


def square(x: Any) -> Any:
    """``x * x``."""
    return x * x


def softplus(x: Any) -> Any:
    """``log(1 + exp(x))``, without overflow."""
    return maximum(x, 0) + ops.log1p(ops.exp(-ops.abs(x)))


def log_softmax(x: Any, axis: int = -1) -> Any:
    """``x - log(sum(exp(x)))``; the subtracted maximum carries no gradient."""
    shifted = x - stop_gradient(max(x, axis, keepdims=True))
    return shifted - ops.log(sum(ops.exp(shifted), axis, keepdims=True))


def softmax(x: Any, axis: int = -1) -> Any:
    """``exp(x) / sum(exp(x))``."""
    powers = ops.exp(x - stop_gradient(max(x, axis, keepdims=True)))
    return powers / sum(powers, axis, keepdims=True)


def l2_normalize(x: Any, axis: Axis = -1, epsilon: float = 1e-12) -> Any:
    """``x / sqrt(max(sum(x ** 2), epsilon))``."""
    return x * ops.rsqrt(maximum(sum(square(x), axis, keepdims=True), epsilon))


def one_hot_mask(labels: Any, count: int, axis: int = -1) -> Any:
    """A bool tensor with a new axis of ``count``: true where the label is its position."""
    rank = rank_of(labels) + 1
    position = axis % rank
    labels = expand_dims(labels, position)
    shape = [1] * rank
    shape[position] = count
    places = tensor(np.arange(count, dtype=labels.dtype.np_dtype).reshape(shape))
    return ops.equal(labels, places)


def squeeze_or_expand_to_same_rank(x: Any, y: Any, expand_rank_1: bool = True) -> tuple[Any, Any]:
    """Make ranks that differ by one equal where the extra last axis is 1, as Keras does."""
    if rank_of(x) == rank_of(y) + 1 and shape_of(x)[-1] == 1:
        if rank_of(y) == 1 and expand_rank_1:
            return x, expand_dims(y, -1)
        return squeeze(x, -1), y
    if rank_of(y) == rank_of(x) + 1 and shape_of(y)[-1] == 1:
        if rank_of(x) == 1 and expand_rank_1:
            return expand_dims(x, -1), y
        return x, squeeze(y, -1)
    return x, y
