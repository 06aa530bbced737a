"""Activation functions, with Keras's names and definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import math, nn, ops
from caudal.array.indexing import sort
from caudal.array.movement import split
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.keras.engine.serialization import (
    deserialize_keras_object,
    lookup,
    serialize_keras_object,
)
from caudal.math.conversion import cast
from caudal.namespaces import strict


def _float(x: Any) -> Any:
    """A tensor; integers become floats as in Keras."""
    x = x if isinstance(x, Tensor) else convert_to_tensor(x)
    return x if x.dtype.is_floating or x.dtype.is_complex else cast(x, "float32")


def _where(condition: Any, x: Any, y: Any) -> Any:
    return ops.select(condition, x, y)


def linear(x: Any) -> Any:
    """x itself."""
    return x


def relu(
    x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """``max(x, 0)``; with a slope below ``threshold`` and a ceiling at ``max_value``.

    >>> relu(convert_to_tensor([-2.0, 0.5, 9.0]), max_value=6.0).numpy().tolist()
    [0.0, 0.5, 6.0]
    """
    x = x if isinstance(x, Tensor) else convert_to_tensor(x)
    if not (negative_slope or threshold) and max_value is None:
        return nn.relu(x)
    below = (x - threshold) * negative_slope if negative_slope else 0.0
    if threshold == 0 and not negative_slope:
        y = nn.relu(x)
    else:
        y = _where(x > threshold, x, below)
    return y if max_value is None else math.minimum(y, float(max_value))


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x above 0, ``negative_slope * x`` below."""
    return nn.leaky_relu(_float(x), alpha=negative_slope)


def relu6(x: Any) -> Any:
    """``min(max(x, 0), 6)``."""
    return nn.relu6(x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, ``alpha * (exp(x) - 1)`` below."""
    x = _float(x)
    return _where(x > 0, x, math.expm1(math.minimum(x, 0.0)) * alpha)


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, ``alpha * (exp(x / alpha) - 1)`` below."""
    x = _float(x)
    return math.maximum(x, 0.0) + math.expm1(math.minimum(x, 0.0) / alpha) * alpha


def selu(x: Any) -> Any:
    """The self-normalizing scaled elu."""
    return nn.selu(_float(x))


def gelu(x: Any, approximate: bool = False) -> Any:
    """``x * P(X <= x)`` for a standard normal X; ``approximate`` uses tanh."""
    return nn.gelu(_float(x), approximate=approximate)


def silu(x: Any) -> Any:
    """``x * sigmoid(x)``, also called swish."""
    return nn.silu(_float(x))


def sigmoid(x: Any) -> Any:
    """``1 / (1 + exp(-x))``."""
    x = _float(x)
    return _with_logits(math.sigmoid(x), x)


def _with_logits(probabilities: Any, logits: Any) -> Any:
    """The probabilities, which remember what they were made of: crossentropies start from that."""
    if isinstance(probabilities, Tensor):
        probabilities._keras_logits = logits
    return probabilities


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return math.tanh(_float(x))


def softmax(x: Any, axis: Any = -1) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis, over several, or over all with None.

    >>> softmax(convert_to_tensor([[0.0, 0.0]])).numpy().tolist()
    [[0.5, 0.5]]
    """
    x = _float(x)
    if axis is None or isinstance(axis, list | tuple):
        return _over_axes(x, tuple(range(len(x.shape)) if axis is None else axis))
    return _with_logits(nn.softmax(x, axis=axis), x)


def _over_axes(x: Any, axes: tuple[int, ...]) -> Any:
    rank = len(x.shape)
    last = [axis % rank for axis in axes]
    first = [axis for axis in range(rank) if axis not in last]
    moved = ops.transpose(x, perm=(*first, *last))
    shape = tuple(moved.shape)
    flat = nn.softmax(
        ops.reshape(moved, shape=(*shape[: len(first)], int(np.prod(shape[len(first) :])))), axis=-1
    )
    back = np.argsort([*first, *last]).tolist()
    return ops.transpose(ops.reshape(flat, shape=shape), perm=tuple(back))


def log_softmax(x: Any, axis: Any = -1) -> Any:
    """``log(softmax(x))``, over one axis, several, or all with None."""
    x = _float(x)
    if axis is None or isinstance(axis, list | tuple):
        axes = None if axis is None else list(axis)
        return x - math.reduce_logsumexp(x, axis=axes, keepdims=True)
    return nn.log_softmax(x, axis=axis)


def log_sigmoid(x: Any) -> Any:
    """``log(sigmoid(x))``."""
    return math.log_sigmoid(_float(x))


def softplus(x: Any) -> Any:
    """``log(1 + exp(x))``."""
    return math.softplus(_float(x))


def softsign(x: Any) -> Any:
    """``x / (1 + |x|)``."""
    return math.softsign(_float(x))


def exponential(x: Any) -> Any:
    """``exp(x)``."""
    return math.exp(_float(x))


def hard_sigmoid(x: Any) -> Any:
    """``x / 6 + 1/2``, cut to [0, 1]."""
    return nn.relu6(_float(x) + 3.0) / 6.0


def hard_silu(x: Any) -> Any:
    """``x * hard_sigmoid(x)``."""
    x = _float(x)
    return x * hard_sigmoid(x)


def hard_tanh(x: Any) -> Any:
    """x cut to [-1, 1]."""
    return math.clip_by_value(_float(x), -1.0, 1.0)


def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x where ``|x| > threshold``, else 0."""
    x = _float(x)
    return _where(math.abs(x) > threshold, x, 0.0)


def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x moved towards 0 by ``threshold``, and 0 within it."""
    x = _float(x)
    return _where(x > threshold, x - threshold, _where(x < -threshold, x + threshold, 0.0))


def tanh_shrink(x: Any) -> Any:
    """``x - tanh(x)``."""
    x = _float(x)
    return x - math.tanh(x)


def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """x above ``threshold``, else ``default_value``."""
    x = _float(x)
    return _where(x > threshold, x, float(default_value))


def mish(x: Any) -> Any:
    """``x * tanh(softplus(x))``."""
    x = _float(x)
    return x * math.tanh(math.softplus(x))


def squareplus(x: Any, b: float = 4) -> Any:
    """``(x + sqrt(x^2 + b)) / 2``."""
    x = _float(x)
    return (x + math.sqrt(math.square(x) + float(b))) / 2.0


def sparse_plus(x: Any) -> Any:
    """0 up to -1, x from 1 on, ``(x + 1)^2 / 4`` between."""
    x = _float(x)
    middle = math.square(x + 1.0) / 4.0
    return _where(x <= -1.0, 0.0, _where(x < 1.0, middle, x))


def sparse_sigmoid(x: Any) -> Any:
    """``(x + 1) / 2``, cut to [0, 1]."""
    x = _float(x)
    return math.clip_by_value((x + 1.0) / 2.0, 0.0, 1.0)


def sparsemax(x: Any, axis: int = -1) -> Any:
    """The projection onto the simplex: like softmax, with exact zeros.

    Martins and Astudillo, "From softmax to sparsemax", 2016.
    """
    x = _float(x)
    rank = len(x.shape)
    place = axis % rank
    ordered = sort(x, axis=place, direction="DESCENDING")
    size = int(x.shape[place])
    steps = np.arange(1, size + 1, dtype=x.dtype.np_dtype)
    steps = steps.reshape([-1 if axis == place else 1 for axis in range(rank)])
    total = math.cumsum(ordered, axis=place)
    inside = ordered * steps + 1.0 > total
    kept = cast(inside, x.dtype)
    count = math.reduce_sum(kept, axis=place, keepdims=True)
    level = (math.reduce_sum(ordered * kept, axis=place, keepdims=True) - 1.0) / count
    return math.maximum(x - level, 0.0)


def glu(x: Any, axis: int = -1) -> Any:
    """The first half times the sigmoid of the second."""
    x = _float(x)
    if int(x.shape[axis]) % 2:
        raise InvalidArgumentError(
            "glu: the extent of axis {axis} must be even, received shape {shape}.",
            axis=axis,
            shape=tuple(x.shape),
        )
    first, second = split(x, 2, axis=axis)
    return first * math.sigmoid(second)


# From here on the names are those that symbolic tensors may be given to.
__getattr__ = strict(__name__, label="keras.activations")

swish = silu
hard_swish = hard_silu

_FUNCTIONS: tuple[Callable[..., Any], ...] = (
    celu,
    elu,
    exponential,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
_TABLE: dict[str, Any] = {function.__name__: function for function in _FUNCTIONS}
_TABLE |= {"swish": silu, "hard_swish": hard_silu}


def get(identifier: Any) -> Any:
    """An activation from None (linear), a name, a configuration or a function."""
    return linear if identifier is None else lookup("activation function", identifier, _TABLE)


def serialize(activation: Any) -> Any:
    """The name of an activation, or the configuration of a custom one or of a layer."""
    name = getattr(activation, "__name__", None)
    if name in _TABLE and _TABLE[name] is activation:
        return name
    return serialize_keras_object(activation)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The activation of a name or configuration."""
    if isinstance(config, str):
        return lookup("activation function", config, {**_TABLE, **(custom_objects or {})})
    return deserialize_keras_object(config, {**_TABLE, **(custom_objects or {})})
