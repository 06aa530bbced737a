"""ResNet (He et al. 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385)."""

from __future__ import annotations

from typing import Any

from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.network import network
from caudal.keras.applications.parts import relu
from caudal.keras.applications.request import Request
from caudal.keras.applications.residual import activated, files_of, padded, scaled
from caudal.keras.applications.weights import Files
from caudal.keras.models.functional import Functional

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]


def bottleneck(x: Any, filters: int, stride: int, first: bool, name: str) -> Any:
    """Narrowed by 1x1, filtered by 3x3, widened by 1x1, added to what came in."""
    way = x
    if first:
        way = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
        way = scaled(way, f"{name}_0_bn")
    x = layers.Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
    x = activated(x, f"{name}_1")
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = activated(x, f"{name}_2")
    x = scaled(layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3_bn")
    return relu(layers.Add(name=f"{name}_add")([way, x]), f"{name}_out")


def _draw(request: Request, blocks: tuple[int, ...], files: Files) -> Functional:
    image = request.image(224)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(padded(image, "conv1_pad", 3))
    x = padded(activated(x, "conv1"), "pool1_pad")
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stack, count in enumerate(blocks):
        for i in range(count):
            stride = 2 if stack and i == 0 else 1
            x = bottleneck(x, 64 << stack, stride, i == 0, f"conv{stack + 2}_block{i + 1}")
    return request.finish(image, x, files, pools=("avg_pool", "max_pool"))


ResNet50 = network(
    "ResNet50",
    _draw,
    "ResNet50: residual bottlenecks, 50 layers with weights; 25.6 M weights.",
    name="resnet50",
    blocks=(3, 4, 6, 3),
    files=files_of(
        "resnet50", "2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"
    ),
)
ResNet101 = network(
    "ResNet101",
    _draw,
    "ResNet101: residual bottlenecks, 101 layers with weights; 44.7 M weights.",
    name="resnet101",
    blocks=(3, 4, 23, 3),
    files=files_of(
        "resnet101", "f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"
    ),
)
ResNet152 = network(
    "ResNet152",
    _draw,
    "ResNet152: residual bottlenecks, 152 layers with weights; 60.4 M weights.",
    name="resnet152",
    blocks=(3, 8, 36, 3),
    files=files_of(
        "resnet152", "100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"
    ),
)
preprocess_input = preprocessing(__name__, "caffe")
