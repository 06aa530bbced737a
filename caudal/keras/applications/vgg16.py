"""VGG16 with its pictures and classes; how it is built is in `vgg`."""

from __future__ import annotations

from caudal.keras.applications import vgg
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.network import network
from caudal.keras.applications.weights import kernels

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

VGG16 = network(
    "VGG16",
    vgg.draw,
    "VGG16: 16 layers with weights, convolutions of 3x3; 138.4 M weights.",
    name="vgg16",
    convolutions=(2, 2, 3, 3, 3),
    files=kernels(
        "vgg16",
        "vgg16",
        ("64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"),
    ),
)
preprocess_input = preprocessing(__name__, "caffe")
