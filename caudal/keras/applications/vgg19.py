"""VGG19 with its pictures and classes; how it is built is in `vgg`."""

from __future__ import annotations

from caudal.keras.applications import vgg
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.network import network
from caudal.keras.applications.weights import kernels

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

VGG19 = network(
    "VGG19",
    vgg.draw,
    "VGG19: 19 layers with weights, convolutions of 3x3; 143.7 M weights.",
    name="vgg19",
    convolutions=(2, 2, 4, 4, 4),
    files=kernels(
        "vgg19",
        "vgg19",
        ("cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"),
    ),
)
preprocess_input = preprocessing(__name__, "caffe")
