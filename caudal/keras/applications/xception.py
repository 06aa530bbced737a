"""Xception (Chollet 2016, "Deep Learning with Depthwise Separable Convolutions", 1610.02357)."""

from __future__ import annotations

from typing import Any

from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.network import network
from caudal.keras.applications.parts import conv, norm, relu
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import kernels
from caudal.keras.models.functional import Functional

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

# Blocks 2 to 4 and 13 halve; the filters of their two separable convolutions.
_ENTRY = {2: (128, 128), 3: (256, 256), 4: (728, 728)}
_EXIT = {13: (728, 1024)}
_FILES = kernels(
    "xception",
    "xception",
    ("0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"),
)


def _separable(x: Any, filters: int, name: str) -> Any:
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return norm(x, f"{name}_bn")


def _halving(x: Any, block: int, filters: tuple[int, int]) -> Any:
    way = norm(conv(x, filters[-1], 1, strides=2, padding="same"))
    for i, width in enumerate(filters, 1):
        if block > 2 or i > 1:
            x = relu(x, f"block{block}_sepconv{i}_act")
        x = _separable(x, width, f"block{block}_sepconv{i}")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return layers.Add()([x, way])


def _middle(x: Any, block: int) -> Any:
    begin = x
    for i in (1, 2, 3):
        x = relu(x, f"block{block}_sepconv{i}_act")
        x = _separable(x, 728, f"block{block}_sepconv{i}")
    return layers.Add()([x, begin])


def _draw(request: Request) -> Functional:
    image = request.image(299, smallest=71)
    x = conv(image, 32, 3, strides=2, name="block1_conv1")
    x = relu(norm(x, "block1_conv1_bn"), "block1_conv1_act")
    x = conv(x, 64, 3, name="block1_conv2")
    x = relu(norm(x, "block1_conv2_bn"), "block1_conv2_act")
    for block, filters in _ENTRY.items():
        x = _halving(x, block, filters)
    for block in range(5, 13):
        x = _middle(x, block)
    for block, filters in _EXIT.items():
        x = _halving(x, block, filters)
    for i, width in enumerate((1536, 2048), 1):
        x = _separable(x, width, f"block14_sepconv{i}")
        x = relu(x, f"block14_sepconv{i}_act")
    return request.finish(image, x, _FILES)


Xception = network(
    "Xception",
    _draw,
    "Xception: depthwise separable convolutions throughout; 22.9 M weights.",
    name="xception",
)
preprocess_input = preprocessing(__name__, "tf")
