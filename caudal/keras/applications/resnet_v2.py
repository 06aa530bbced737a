"""ResNetV2 (He et al. 2016, "Identity Mappings in Deep Residual Networks", arXiv:1603.05027)."""

from __future__ import annotations

from typing import Any

from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.network import network
from caudal.keras.applications.parts import conv
from caudal.keras.applications.request import Request
from caudal.keras.applications.residual import activated, files_of, padded
from caudal.keras.applications.weights import Files
from caudal.keras.models.functional import Functional

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]


def bottleneck(x: Any, filters: int, stride: int, first: bool, name: str) -> Any:
    """A bottleneck that is normalized and activated before its convolutions, not after."""
    begin = activated(x, f"{name}_preact")
    if first:
        way = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(begin)
    else:
        # A maximum of 1x1 takes every other pixel.
        way = layers.MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    x = activated(conv(begin, filters, 1, name=f"{name}_1_conv"), f"{name}_1")
    x = padded(x, f"{name}_2_pad")
    x = activated(conv(x, filters, 3, strides=stride, name=f"{name}_2_conv"), f"{name}_2")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([way, x])


def _draw(request: Request, blocks: tuple[int, ...], files: Files) -> Functional:
    image = request.image(224)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(padded(image, "conv1_pad", 3))
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(padded(x, "pool1_pad"))
    for stack, count in enumerate(blocks):
        for i in range(count):
            stride = 2 if stack < 3 and i == count - 1 else 1
            x = bottleneck(x, 64 << stack, stride, i == 0, f"conv{stack + 2}_block{i + 1}")
    x = activated(x, "post")
    return request.finish(image, x, files, pools=("avg_pool", "max_pool"))


ResNet50V2 = network(
    "ResNet50V2",
    _draw,
    "ResNet50V2: bottlenecks activated first, 50 layers with weights; 25.6 M weights.",
    name="resnet50v2",
    blocks=(3, 4, 6, 3),
    files=files_of(
        "resnet50v2", "3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"
    ),
)
ResNet101V2 = network(
    "ResNet101V2",
    _draw,
    "ResNet101V2: bottlenecks activated first, 101 layers with weights; 44.7 M weights.",
    name="resnet101v2",
    blocks=(3, 4, 23, 3),
    files=files_of(
        "resnet101v2", "6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"
    ),
)
ResNet152V2 = network(
    "ResNet152V2",
    _draw,
    "ResNet152V2: bottlenecks activated first, 152 layers with weights; 60.4 M weights.",
    name="resnet152v2",
    blocks=(3, 8, 36, 3),
    files=files_of(
        "resnet152v2", "a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"
    ),
)
preprocess_input = preprocessing(__name__, "tf")
