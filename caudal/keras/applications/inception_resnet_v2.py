"""InceptionResNetV2 (Szegedy et al. 2016, "Inception-v4, Inception-ResNet", arXiv:1602.07261)."""

from __future__ import annotations

from typing import Any

from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.inception import branches, chain, unit
from caudal.keras.applications.network import network
from caudal.keras.applications.parts import channels, joined, relu
from caudal.keras.applications.request import Request
from caudal.keras.applications.scaling import CustomScaleLayer
from caudal.keras.applications.weights import kernels
from caudal.keras.models.functional import Functional

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

_STEM = "32:3/2 32:3v 64:3 max 80:1v 192:3v max"
_MIXED_5B = "96:1 | 48:1 64:5 | 64:1 96:3 96:3 | avg 64:1"
_MIXED_6A = "384:3/2 | 256:1 256:3 384:3/2 | max"
_MIXED_7A = "256:1 384:3/2 | 256:1 288:3/2 | 256:1 288:3 320:3/2 | max"
# Branches, and how much of them is added to what came in.
_BLOCK35 = ("32:1 | 32:1 32:3 | 32:1 48:3 64:3", 0.17)
_BLOCK17 = ("192:1 | 128:1 160:1x7 192:7x1", 0.1)
_BLOCK8 = ("192:1 | 192:1 224:1x3 256:3x1", 0.2)
_FILES = kernels(
    "inception_resnet_v2",
    "inception_resnet_v2",
    ("e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"),
)


def _residual(x: Any, text: str, scale: float, name: str, last: bool = False) -> Any:
    mixed = joined(branches(x, text), f"{name}_mixed", last=3)
    up = layers.Conv2D(channels(x), 1, padding="same", name=f"{name}_conv")(mixed)
    x = CustomScaleLayer(scale)([x, up])
    return x if last else relu(x, f"{name}_ac")


def _draw(request: Request) -> Functional:
    image = request.image(299, smallest=75)
    x = joined(branches(chain(image, _STEM), _MIXED_5B), "mixed_5b", last=3)
    for i in range(1, 11):
        x = _residual(x, *_BLOCK35, f"block35_{i}")
    x = joined(branches(x, _MIXED_6A), "mixed_6a", last=3)
    for i in range(1, 21):
        x = _residual(x, *_BLOCK17, f"block17_{i}")
    x = joined(branches(x, _MIXED_7A), "mixed_7a", last=3)
    for i in range(1, 10):
        x = _residual(x, *_BLOCK8, f"block8_{i}")
    x = _residual(x, _BLOCK8[0], 1.0, "block8_10", last=True)
    x = unit(x, 1536, 1, "conv_7b", padding="same")
    return request.finish(image, x, _FILES)


InceptionResNetV2 = network(
    "InceptionResNetV2",
    _draw,
    "InceptionResNetV2: Inception's branches as residuals; 55.9 M weights.",
    name="inception_resnet_v2",
)
preprocess_input = preprocessing(__name__, "tf")
