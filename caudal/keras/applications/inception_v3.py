"""InceptionV3 (Szegedy et al. 2015, "Rethinking the Inception Architecture", arXiv:1512.00567)."""

from __future__ import annotations

from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.inception import branches, chain
from caudal.keras.applications.network import network
from caudal.keras.applications.parts import joined
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import kernels
from caudal.keras.models.functional import Functional

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

_STEM = "32:3/2 32:3v 64:3 max 80:1v 192:3v max"
_SMALL = "64:1 | 48:1 64:5 | 64:1 96:3 96:3 | avg {}:1"
_LONG = "192:1 | {0}:1 {0}:1x7 192:7x1 | {0}:1 {0}:7x1 {0}:1x7 {0}:7x1 192:1x7 | avg 192:1"
_WIDE = "320:1 | 384:1 (384:1x3 384:3x1) | 448:1 384:3 (384:1x3 384:3x1) | avg 192:1"
_MIXED = (
    _SMALL.format(32),
    _SMALL.format(64),
    _SMALL.format(64),
    "384:3/2 | 64:1 96:3 96:3/2 | max",
    _LONG.format(128),
    _LONG.format(160),
    _LONG.format(160),
    _LONG.format(192),
    "192:1 320:3/2 | 192:1 192:1x7 192:7x1 192:3/2 | max",
    _WIDE,
    _WIDE,
)
_FILES = kernels(
    "inception_v3",
    "inception_v3",
    ("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
)


def _draw(request: Request) -> Functional:
    image = request.image(299, smallest=75)
    x = chain(image, _STEM)
    for i, text in enumerate(_MIXED):
        x = joined(branches(x, text, (f"mixed9_{i - 9}", None)), f"mixed{i}", last=3)
    return request.finish(image, x, _FILES)


InceptionV3 = network(
    "InceptionV3",
    _draw,
    "InceptionV3: modules of branches with small and long thin kernels; 23.9 M weights.",
    name="inception_v3",
)
preprocess_input = preprocessing(__name__, "tf")
