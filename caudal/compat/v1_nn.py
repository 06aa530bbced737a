"""``tf.compat.v1.nn``: functions whose arguments differed; else what `tf.nn` has today."""

from __future__ import annotations

import importlib
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.namespaces import missing

__all__ = [
    "avg_pool",
    "conv2d",
    "dropout",
    "in_top_k",
    "max_pool",
    "softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits_v2",
    "xw_plus_b",
]


def _tf() -> Any:
    return importlib.import_module("caudal")


def _one(function: str, **given: Any) -> Any:
    """The value of the one spelling of an argument that was used."""
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) != 1:
        raise InvalidArgumentError(
            "tf.compat.v1.nn.{function}: expected exactly one of {names}, received {received}.",
            function=function,
            names=" and ".join(given),
            received=sorted(found) or "none",
        )
    return next(iter(found.values()))


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: Any = None,
    name: str | None = None,
    rate: Any = None,
) -> Any:
    """Elements kept with probability ``keep_prob`` (or ``1 - rate``), and scaled up.

    Raises:
        InvalidArgumentError: neither of the two is given, or both are.
    """
    _one("dropout", keep_prob=keep_prob, rate=rate)
    gone = 1.0 - keep_prob if rate is None else rate
    return _tf().nn.dropout(x, gone, noise_shape=noise_shape, seed=seed)


def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Any:
    """Whether each row's target is among its ``k`` greatest predictions."""
    return _tf().math.in_top_k(targets, predictions, k)


def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Any = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Any:
    """The convolution of images with ``filter``."""
    kernel = _one("conv2d", filter=filter, filters=filters)
    return _tf().nn.conv2d(
        input, kernel, strides, padding, data_format=data_format, dilations=list(dilations)
    )


def _pool(name: str) -> Any:
    def pool(
        value: Any = None,
        ksize: Any = None,
        strides: Any = None,
        padding: Any = None,
        data_format: str = "NHWC",
        name: str | None = None,
        input: Any = None,
    ) -> Any:
        x = _one(pool.__name__, value=value, input=input)
        function = getattr(_tf().nn, f"{pool.__name__}2d")
        return function(x, ksize, strides, padding, data_format=data_format)

    pool.__name__ = pool.__qualname__ = name
    return pool


max_pool, avg_pool = _pool("max_pool"), _pool("avg_pool")
max_pool.__doc__ = "The maximum of each window of images."
avg_pool.__doc__ = "The mean of each window of images."


def softmax_cross_entropy_with_logits_v2(
    labels: Any, logits: Any, axis: Any = None, name: str | None = None, dim: Any = None
) -> Any:
    """The cross entropy of softmax(logits) against distributions."""
    if axis is not None and dim is not None:
        _one("softmax_cross_entropy_with_logits_v2", axis=axis, dim=dim)
    place = next((n for n in (axis, dim) if n is not None), -1)
    return _tf().nn.softmax_cross_entropy_with_logits(labels, logits, axis=place)


def softmax_cross_entropy_with_logits(
    _sentinel: Any = None,
    labels: Any = None,
    logits: Any = None,
    dim: int = -1,
    name: str | None = None,
    axis: Any = None,
) -> Any:
    """The cross entropy of softmax(logits) against distributions, which get no gradient."""
    if _sentinel is not None or labels is None or logits is None:
        raise InvalidArgumentError(
            "tf.compat.v1.nn.softmax_cross_entropy_with_logits: pass labels= and logits= by name."
        )
    place = dim if axis is None else axis
    return softmax_cross_entropy_with_logits_v2(_tf().stop_gradient(labels), logits, place)


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """``x @ weights + biases``."""
    return _tf().nn.bias_add(_tf().matmul(x, weights), biases)


def __getattr__(name: str) -> Any:
    try:
        return getattr(_tf().nn, name)
    except AttributeError as error:
        raise missing("tf.compat.v1.nn", name, __all__) from error
