"""DenseNet (Huang et al. 2016, "Densely Connected Convolutional Networks", arXiv:1608.06993)."""

from __future__ import annotations

from typing import Any

from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.network import network
from caudal.keras.applications.parts import channels, conv, joined, relu
from caudal.keras.applications.request import Request
from caudal.keras.applications.residual import activated, padded, scaled
from caudal.keras.applications.weights import Files, kernels
from caudal.keras.models.functional import Functional

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

_GROWTH = 32


def _block(x: Any, name: str) -> Any:
    """32 more channels beside those that came in."""
    new = activated(x, f"{name}_0")
    new = activated(conv(new, 4 * _GROWTH, 1, name=f"{name}_1_conv"), f"{name}_1")
    new = conv(new, _GROWTH, 3, padding="same", name=f"{name}_2_conv")
    return joined([x, new], f"{name}_concat", last=3)


def _halved(x: Any, name: str) -> Any:
    """Half the channels, half the height and width."""
    x = activated(x, name)
    x = conv(x, channels(x) // 2, 1, name=f"{name}_conv")
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _draw(request: Request, blocks: tuple[int, ...], files: Files) -> Functional:
    image = request.image(224)
    x = conv(padded(image, None, 3), 64, 7, strides=2, name="conv1_conv")
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(padded(activated(x, "conv1"), None))
    for stack, count in enumerate(blocks, 2):
        for i in range(1, count + 1):
            x = _block(x, f"conv{stack}_block{i}")
        if stack < 5:
            x = _halved(x, f"pool{stack}")
    x = relu(scaled(x, "bn"), "relu")
    return request.finish(image, x, files, pools=("avg_pool", "max_pool"))


DenseNet121 = network(
    "DenseNet121",
    _draw,
    "DenseNet121: every layer sees all layers before it, 121 with weights; 8.1 M weights.",
    name="densenet121",
    blocks=(6, 12, 24, 16),
    files=kernels(
        "densenet",
        "densenet121",
        ("9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
    ),
)
DenseNet169 = network(
    "DenseNet169",
    _draw,
    "DenseNet169: every layer sees all layers before it, 169 with weights; 14.3 M weights.",
    name="densenet169",
    blocks=(6, 12, 32, 32),
    files=kernels(
        "densenet",
        "densenet169",
        ("d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"),
    ),
)
DenseNet201 = network(
    "DenseNet201",
    _draw,
    "DenseNet201: every layer sees all layers before it, 201 with weights; 20.2 M weights.",
    name="densenet201",
    blocks=(6, 12, 48, 32),
    files=kernels(
        "densenet",
        "densenet201",
        ("1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"),
    ),
)
preprocess_input = preprocessing(__name__, "torch")
