"""``keras.backend``: arithmetic, reductions, shapes and random numbers, on tensors.

The first argument of each is called ``x``; numbers and lists become tensors of the default float.
"""

from __future__ import annotations

import math as _math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal import linalg, math, messages, ops
from caudal import random as _random
from caudal.array import create, indexing, movement
from caudal.array.arguments import axis_of, dims, static_int
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.framework import stop_gradient as _stop_gradient
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.policy import floatx
from caudal.math import conversion
from caudal.random.sampling import bernoulli

Axis = Any


def _tensor(x: Any) -> Any:
    return x if isinstance(x, Tensor) else convert_to_tensor(x)


def _number(x: Any) -> Any:
    """As a tensor of numbers: bools become the default float."""
    x = _tensor(x)
    return cast(x, floatx()) if x.dtype.is_bool else x


# --- elementwise ------------------------------------------------------------------------------


def _unary(name: str, function: Callable[..., Any], doc: str) -> Callable[[Any], Any]:
    def apply(x: Any) -> Any:
        return function(x)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


def _binary(name: str, function: Callable[..., Any], doc: str) -> Callable[[Any, Any], Any]:
    def apply(x: Any, y: Any) -> Any:
        return function(x, y)

    apply.__name__ = apply.__qualname__ = name
    apply.__doc__ = doc
    return apply


abs = _unary("abs", math.abs, "The absolute value.")
cos = _unary("cos", math.cos, "The cosine.")
exp = _unary("exp", math.exp, "e to the power of x.")
log = _unary("log", math.log, "The natural logarithm.")
round = _unary("round", math.round, "The nearest integer; halves go to the even one.")
sigmoid = _unary("sigmoid", math.sigmoid, "``1 / (1 + exp(-x))``.")
sign = _unary("sign", math.sign, "-1, 0 or 1.")
sin = _unary("sin", math.sin, "The sine.")
square = _unary("square", math.square, "``x * x``.")
tanh = _unary("tanh", math.tanh, "The hyperbolic tangent.")
stop_gradient = _unary("stop_gradient", _stop_gradient, "x, taken as a constant by gradients.")
identity = _unary("identity", create.identity, "The same values.")
to_dense = _unary("to_dense", _tensor, "The tensor itself: there are no sparse ones here.")

equal = _binary("equal", math.equal, "``x == y``, element by element.")
not_equal = _binary("not_equal", math.not_equal, "``x != y``, element by element.")
greater = _binary("greater", math.greater, "``x > y``, element by element.")
greater_equal = _binary("greater_equal", math.greater_equal, "``x >= y``, element by element.")
less = _binary("less", math.less, "``x < y``, element by element.")
less_equal = _binary("less_equal", math.less_equal, "``x <= y``, element by element.")
maximum = _binary("maximum", math.maximum, "The greater one, element by element.")
minimum = _binary("minimum", math.minimum, "The smaller one, element by element.")


def sqrt(x: Any) -> Any:
    """The square root; 0 below 0."""
    x = _tensor(x)
    return math.sqrt(math.maximum(x, cast(0.0, x.dtype)))


def pow(x: Any, a: Any) -> Any:
    """``x ** a``."""
    return math.pow(x, a)


def clip(x: Any, min_value: Any = None, max_value: Any = None) -> Any:
    """x kept between two numbers; None leaves a side open.

    >>> clip([-1.0, 0.5, 3.0], 0, 1).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    if isinstance(min_value, int | float) and isinstance(max_value, int | float):
        max_value = max_value if max_value >= min_value else min_value
    x = _tensor(x)
    low = -_math.inf if min_value is None else min_value
    high = _math.inf if max_value is None else max_value
    return math.clip_by_value(x, cast(low, x.dtype), cast(high, x.dtype))


def cast(x: Any, dtype: Any) -> Any:
    """x in another dtype."""
    return conversion.cast(x, as_dtype(dtype))


def cast_to_floatx(x: Any) -> Any:
    """In the default float: a tensor from a tensor, else a NumPy array."""
    if isinstance(x, Tensor) or hasattr(type(x), "__caudal_read__"):
        return cast(x, floatx())
    return np.asarray(x, dtype=as_dtype(floatx()).np_dtype)


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """x, whose value is printed to standard error after a message."""
    messages.print(message, x, summarize=summarize)
    return _tensor(x)


# --- reductions -------------------------------------------------------------------------------


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over axes, or over everything.

    >>> float(sum([[1.0, 2.0], [3.0, 4.0]]))
    10.0
    """
    return math.reduce_sum(x, axis=axis, keepdims=keepdims)


def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product over axes."""
    return math.reduce_prod(x, axis=axis, keepdims=keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The greatest element over axes."""
    return math.reduce_max(x, axis=axis, keepdims=keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The least element over axes."""
    return math.reduce_min(x, axis=axis, keepdims=keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean over axes; of bools, their share of true."""
    return math.reduce_mean(_number(x), axis=axis, keepdims=keepdims)


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean squared difference from the mean."""
    return math.reduce_variance(_number(x), axis=axis, keepdims=keepdims)


def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The standard deviation."""
    return math.reduce_std(_number(x), axis=axis, keepdims=keepdims)


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """``log(sum(exp(x)))``, without overflow."""
    return math.reduce_logsumexp(x, axis=axis, keepdims=keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether one is true (or not 0)."""
    return math.reduce_any(cast(x, "bool"), axis=axis, keepdims=keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether all are true (or not 0)."""
    return math.reduce_all(cast(x, "bool"), axis=axis, keepdims=keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """The place of the greatest element, int64."""
    return math.argmax(x, axis=axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """The place of the least element, int64."""
    return math.argmin(x, axis=axis)


def cumsum(x: Any, axis: int = 0) -> Any:
    """Running sums."""
    return math.cumsum(x, axis=axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    """Running products."""
    return math.cumprod(x, axis=axis)


# --- shapes -----------------------------------------------------------------------------------


def shape(x: Any) -> Any:
    """The shape as an integer tensor."""
    return create.shape(x)


def reshape(x: Any, shape: Any) -> Any:
    """The same elements in another shape."""
    return movement.reshape(x, shape)


def flatten(x: Any) -> Any:
    """The elements in one axis."""
    return movement.reshape(x, [-1])


def batch_flatten(x: Any) -> Any:
    """(batch, ...) as (batch, features)."""
    x = _tensor(x)
    return movement.reshape(x, [-1, _math.prod(dims(x)[1:])])


def expand_dims(x: Any, axis: int = -1) -> Any:
    """A new axis of extent 1."""
    return movement.expand_dims(x, axis)


def squeeze(x: Any, axis: Any) -> Any:
    """Without an axis of extent 1."""
    return movement.squeeze(x, [axis] if isinstance(axis, int) else axis)


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """The axes in another order."""
    return movement.transpose(x, perm=pattern)


def transpose(x: Any) -> Any:
    """The axes in the reverse order."""
    return movement.transpose(x)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """Tensors one after another along an axis."""
    return movement.concat([_tensor(x) for x in tensors], axis)


def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Tensors along a new axis."""
    return movement.stack(list(x), axis=axis)


def reverse(x: Any, axes: Any) -> Any:
    """In the reverse order along axes."""
    return movement.reverse(x, [axes] if isinstance(axes, int) else axes)


def repeat(x: Any, n: int) -> Any:
    """(batch, features) made (batch, n, features)."""
    x = _tensor(x)
    if len(x.shape) != 2:
        raise ShapeError(
            "keras.backend.repeat: expected 2 axes, received shape {shape}.", shape=dims(x)
        )
    return movement.tile(movement.expand_dims(x, 1), [1, n, 1])


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Each element ``rep`` times along an axis."""
    return movement.repeat(x, rep, axis=axis)


def tile(x: Any, n: Any) -> Any:
    """Copies side by side: ``n`` along each axis."""
    return movement.tile(x, [n] if isinstance(n, int) else n)


def gather(reference: Any, indices: Any) -> Any:
    """The rows that the indices name."""
    return indexing.gather(reference, indices)


def one_hot(indices: Any, num_classes: int) -> Any:
    """1 at the place of each index along a new last axis."""
    return create.one_hot(indices, num_classes, axis=-1)


# --- products ---------------------------------------------------------------------------------


def dot(x: Any, y: Any) -> Any:
    """The product of x's last axis with y's last but one (or its only one).

    >>> dot([[1.0, 2.0]], [[3.0], [4.0]]).numpy().tolist()
    [[11.0]]
    """
    x, y = _tensor(x), _tensor(y)
    at = len(y.shape) - 2 if len(y.shape) > 1 else 0
    return linalg.tensordot(x, y, axes=[[len(x.shape) - 1], [at]])


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """Products of corresponding rows: a sum over one axis of each, batch axes side by side.

    axes: the axis of x and that of y (one number for both); by default x's last and y's last but
    one. (batch, i, j) with (batch, j, k) gives (batch, i, k); two matrices give (batch, 1).
    """
    x, y = _tensor(x), _tensor(y)
    ranks = len(x.shape), len(y.shape)
    if ranks[0] < 2 or ranks[1] < 2:
        raise ShapeError(
            "keras.backend.batch_dot: expected at least 2 axes, received shapes {x} and {y}.",
            x=dims(x),
            y=dims(y),
        )
    if axes is None:
        axes = [ranks[0] - 1, ranks[1] - 1 if ranks[1] == 2 else ranks[1] - 2]
    pair = [axes, axes] if isinstance(axes, int) else list(axes)
    at = [
        axis_of(one, rank, "keras.backend.batch_dot") for one, rank in zip(pair, ranks, strict=True)
    ]
    if 0 in at or dims(x)[at[0]] != dims(y)[at[1]] or dims(x)[0] != dims(y)[0]:
        raise InvalidArgumentError(
            "keras.backend.batch_dot: expected one batch size, and axes behind it of one extent, "
            "received shapes {x} and {y} with axes {axes}.",
            x=dims(x),
            y=dims(y),
            axes=tuple(at),
        )
    found = ops.dot_general(x, y, contract=((at[0],), (at[1],)), batch=((0,), (0,)))
    return movement.expand_dims(found, -1) if len(found.shape) == 1 else found


# --- creation ---------------------------------------------------------------------------------


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A constant tensor of the default float."""
    return create.constant(value, dtype=as_dtype(dtype or floatx()), shape=shape)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Any:
    """Integers from start (or 0) up to stop."""
    if stop is None and isinstance(start, int) and start < 0:
        start = 0
    found = create.range(start, limit=stop, delta=step)
    return cast(found, dtype)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros of x's shape."""
    return create.zeros_like(x, dtype=dtype)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones of x's shape."""
    return create.ones_like(x, dtype=dtype)


def _kind(dtype: Any) -> Any:
    return as_dtype(dtype or floatx())


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normal numbers."""
    return _random.normal(shape, mean, stddev, dtype=_kind(dtype), seed=seed)


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normal numbers within two standard deviations of the mean."""
    return _random.truncated_normal(shape, mean, stddev, dtype=_kind(dtype), seed=seed)


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Uniform numbers on [minval, maxval)."""
    return _random.uniform(shape, minval, maxval, dtype=_kind(dtype), seed=seed)


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None) -> Any:
    """1 with probability p, else 0."""
    extents = [static_int(extent, "random_bernoulli: shape") for extent in shape]
    return bernoulli(extents, p, _kind(dtype), seed)
