"""``tf.compat.v1.layers``: functions that make variables in scopes and call ``tf.nn``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from caudal.compat.graph import GraphTensor
from caudal.compat.graph_variables import (
    GraphKeys,
    add_to_collection,
    get_variable,
    get_variable_scope,
    variable_scope,
)
from caudal.compat.graphs import get_default_graph
from caudal.errors import InvalidArgumentError
from caudal.framework import TensorShape

__all__ = [
    "average_pooling2d",
    "batch_normalization",
    "conv1d",
    "conv2d",
    "dense",
    "dropout",
    "flatten",
    "max_pooling2d",
]


def _tf() -> Any:
    return importlib.import_module("caudal")


def _known(value: Any, what: str) -> int:
    if value is None:
        raise InvalidArgumentError(
            "tf.layers.{what}: the last extent of the inputs must be known.", what=what
        )
    return int(value)


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _scope(name: str | None, kind: str, reuse: Any) -> Any:
    label = name
    if label is None:
        prefix = get_variable_scope().prefix
        label = get_default_graph().unique(prefix + kind).removeprefix(prefix)
    return variable_scope(label, reuse=reuse)


def _affine(
    kind: str,
    inputs: Any,
    shape: list[int],
    product: Callable[[Any, Any], Any],
    options: dict[str, Any],
    activation: Any,
    use_bias: bool,
    name: str | None,
    reuse: Any,
) -> Any:
    trainable = options.get("trainable", True)
    with _scope(name, kind, reuse):
        kernel = get_variable(
            "kernel",
            shape,
            initializer=options.get("kernel_initializer"),
            regularizer=options.get("kernel_regularizer"),
            trainable=trainable,
            constraint=options.get("kernel_constraint"),
        )
        outputs = product(inputs, kernel)
        if use_bias:
            bias = get_variable(
                "bias",
                shape[-1:],
                initializer=options.get("bias_initializer") or _tf().zeros_initializer(),
                regularizer=options.get("bias_regularizer"),
                trainable=trainable,
                constraint=options.get("bias_constraint"),
            )
            outputs = _tf().nn.bias_add(outputs, bias)
    return outputs if activation is None else activation(outputs)


_OPTIONS = frozenset(
    f"{part}_{what}"
    for part in ("kernel", "bias")
    for what in ("initializer", "regularizer", "constraint")
) | {"trainable"}


def _checked(what: str, options: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        raise InvalidArgumentError(
            "tf.layers.{what}: unsupported arguments {names}.", what=what, names=unknown
        )
    return options


def dense(
    inputs: Any,
    units: int,
    activation: Any = None,
    use_bias: bool = True,
    name: str | None = None,
    reuse: Any = None,
    **options: Any,
) -> Any:
    """``activation(inputs @ kernel + bias)``, over the last axis.

    options: initializers, regularizers and constraints of ``kernel`` and ``bias``, ``trainable``.
    """
    last = _known(TensorShape(inputs.shape)[-1], "dense")

    def product(x: Any, kernel: Any) -> Any:
        return _tf().tensordot(x, kernel, axes=1)

    options = _checked("dense", options)
    return _affine(
        "dense", inputs, [last, units], product, options, activation, use_bias, name, reuse
    )


def conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1),
    activation: Any = None,
    use_bias: bool = True,
    name: str | None = None,
    reuse: Any = None,
    **options: Any,
) -> Any:
    """The convolution of images [batch, height, width, channels]."""
    if data_format != "channels_last":
        raise InvalidArgumentError("tf.layers.conv2d: expected data_format 'channels_last'.")
    depth = _known(TensorShape(inputs.shape)[-1], "conv2d")

    def product(x: Any, kernel: Any) -> Any:
        steps, gaps = list(_pair(strides)), list(_pair(dilation_rate))
        return _tf().nn.conv2d(x, kernel, steps, padding.upper(), dilations=gaps)

    shape = [*_pair(kernel_size), depth, filters]
    options = _checked("conv2d", options)
    return _affine("conv2d", inputs, shape, product, options, activation, use_bias, name, reuse)


def conv1d(
    inputs: Any,
    filters: int,
    kernel_size: int,
    strides: int = 1,
    padding: str = "valid",
    activation: Any = None,
    use_bias: bool = True,
    name: str | None = None,
    reuse: Any = None,
    **options: Any,
) -> Any:
    """The convolution of sequences [batch, steps, channels]."""
    depth = _known(TensorShape(inputs.shape)[-1], "conv1d")

    def product(x: Any, kernel: Any) -> Any:
        return _tf().nn.conv1d(x, kernel, strides, padding.upper())

    shape = [int(kernel_size), depth, filters]
    options = _checked("conv1d", options)
    return _affine("conv1d", inputs, shape, product, options, activation, use_bias, name, reuse)


def _pooling(fold: str, inputs: Any, pool_size: Any, strides: Any, padding: str) -> Any:
    pool = getattr(_tf().nn, fold)
    return pool(inputs, list(_pair(pool_size)), list(_pair(strides)), padding.upper())


def max_pooling2d(
    inputs: Any, pool_size: Any, strides: Any, padding: str = "valid", name: str | None = None
) -> Any:
    """The greatest element of each window of images."""
    return _pooling("max_pool2d", inputs, pool_size, strides, padding)


def average_pooling2d(
    inputs: Any, pool_size: Any, strides: Any, padding: str = "valid", name: str | None = None
) -> Any:
    """The mean of each window of images."""
    return _pooling("avg_pool2d", inputs, pool_size, strides, padding)


def flatten(inputs: Any, name: str | None = None) -> Any:
    """(batch, ...) as (batch, features)."""
    size = 1
    for extent in TensorShape(inputs.shape)[1:]:
        size *= _known(extent, "flatten")
    return _tf().reshape(inputs, [-1, size])


def _run_in_session(function: Callable[..., Any], *args: Any) -> Any:
    """A call that waits if an argument does."""
    waits = any(hasattr(type(value), "__caudal_function__") for value in args)
    return GraphTensor(function, args, {}) if waits else function(*args)


def dropout(
    inputs: Any,
    rate: float = 0.5,
    noise_shape: Any = None,
    seed: Any = None,
    training: Any = False,
    name: str | None = None,
) -> Any:
    """Zeros at random with probability ``rate`` where ``training`` (a bool, or a tensor) holds."""

    def thin(x: Any, on: Any) -> Any:
        tf = _tf()
        return tf.cond(
            on, lambda: tf.nn.dropout(x, rate, noise_shape, seed), lambda: tf.identity(x)
        )

    return _run_in_session(thin, inputs, training)


def batch_normalization(
    inputs: Any,
    axis: int = -1,
    momentum: float = 0.99,
    epsilon: float = 0.001,
    center: bool = True,
    scale: bool = True,
    training: Any = False,
    trainable: bool = True,
    name: str | None = None,
    reuse: Any = None,
) -> Any:
    """Mean 0 and variance 1 of each channel, over the batch where ``training`` holds.

    The steps that move the averages are in the collection ``UPDATE_OPS``: run them with the
    training, as in TensorFlow 1.
    """
    tf = _tf()
    rank = len(TensorShape(inputs.shape))
    if axis % rank != rank - 1:
        raise InvalidArgumentError("tf.layers.batch_normalization: expected the last axis.")
    size = [_known(TensorShape(inputs.shape)[-1], "batch_normalization")]
    ones, zeros = tf.ones_initializer(), tf.zeros_initializer()
    with _scope(name, "batch_normalization", reuse):
        gamma = (
            get_variable("gamma", size, initializer=ones, trainable=trainable) if scale else None
        )
        beta = (
            get_variable("beta", size, initializer=zeros, trainable=trainable) if center else None
        )
        mean = get_variable("moving_mean", size, initializer=zeros, trainable=False)
        variance = get_variable("moving_variance", size, initializer=ones, trainable=False)
    axes = list(range(rank - 1))

    def normal(x: Any, on: Any) -> Any:
        kept = mean.read_value(), variance.read_value()
        own = tf.cond(on, lambda: tuple(tf.nn.moments(x, axes)), lambda: kept)
        factor = None if gamma is None else gamma.read_value()
        offset = None if beta is None else beta.read_value()
        return tf.nn.batch_normalization(x, *own, offset, factor, epsilon)

    def move(x: Any, on: Any) -> None:
        if bool(on):
            for average, now in zip((mean, variance), tf.nn.moments(x, axes), strict=True):
                average.assign_sub((average.read_value() - now) * (1.0 - momentum))

    if training is not False:
        add_to_collection(GraphKeys.UPDATE_OPS, _run_in_session(move, inputs, training))
    return _run_in_session(normal, inputs, training)


class _Layer:
    """A layer as an object: the same variables at every call."""

    def __init__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self._function, self._args = function, args
        self._kwargs = dict(kwargs)
        if kwargs.get("name") is None:
            self._kwargs["name"] = get_default_graph().unique(function.__name__)

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        return self._function(
            inputs, *self._args, **{"reuse": "AUTO_REUSE", **self._kwargs, **kwargs}
        )

    apply = __call__


class Dense(_Layer):
    """`dense` as an object."""

    def __init__(self, units: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(dense, units, *args, **kwargs)


class Conv2D(_Layer):
    """`conv2d` as an object."""

    def __init__(self, filters: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(conv2d, filters, kernel_size, *args, **kwargs)


class BatchNormalization(_Layer):
    """`batch_normalization` as an object."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(batch_normalization, *args, **kwargs)


class Flatten:
    """`flatten` as an object."""

    def __call__(self, inputs: Any) -> Any:
        """(batch, ...) as (batch, features)."""
        return flatten(inputs)


class Dropout:
    """`dropout` as an object."""

    def __init__(self, rate: float = 0.5, noise_shape: Any = None, seed: Any = None) -> None:
        self._args = rate, noise_shape, seed

    def __call__(self, inputs: Any, training: Any = False) -> Any:
        """The inputs, thinned out while training."""
        return dropout(inputs, *self._args, training)


class MaxPooling2D:
    """`max_pooling2d` as an object."""

    def __init__(self, pool_size: Any, strides: Any, padding: str = "valid") -> None:
        self._args = pool_size, strides, padding

    def __call__(self, inputs: Any) -> Any:
        """The greatest element of each window."""
        return max_pooling2d(inputs, *self._args)


__all__ += ["BatchNormalization", "Conv2D", "Dense", "Dropout", "Flatten", "MaxPooling2D"]
