"""EfficientNet (Tan, Le 2019, "Rethinking Model Scaling for CNNs", arXiv:1905.11946)."""

from __future__ import annotations

import math
from typing import Any

from caudal.keras import layers
from caudal.keras.applications.efficient import (
    Stage,
    blocks_of,
    classes_of,
    kept,
    last_features,
    normed,
    spread,
    squeeze_excite,
    swish,
)
from caudal.keras.applications.imagenet_utils import (
    IMAGENET_DEVIATION,
    decode_predictions,
    preprocessing,
)
from caudal.keras.applications.network import network
from caudal.keras.applications.parts import channel_axis, channels, conv, divisible, halving
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import kernels
from caudal.keras.models.functional import Functional

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

_STAGES = (
    Stage(1, 16, 1, 1, kernel=3),
    Stage(2, 24, 6, 2, kernel=3),
    Stage(2, 40, 6, 2, kernel=5),
    Stage(3, 80, 6, 2, kernel=3),
    Stage(3, 112, 6, 1, kernel=5),
    Stage(4, 192, 6, 2, kernel=5),
    Stage(1, 320, 6, 1, kernel=3),
)
_MOMENTUM = 0.99
_HOME = "https://storage.googleapis.com/keras-applications/"


def _block(x: Any, stage: Stage, width: int, name: str, stride: int, share: float) -> Any:
    begin, depth = x, channels(x)
    if stage.expansion > 1:
        wide = depth * stage.expansion
        name_of = f"{name}expand_"
        x = conv(x, wide, 1, padding="same", kernel_initializer=spread(), name=f"{name_of}conv")
        x = swish(normed(x, f"{name_of}bn", _MOMENTUM), f"{name_of}activation")
    if stride == 2:
        x = layers.ZeroPadding2D(halving(x, stage.kernel), name=f"{name}dwconv_pad")(x)
    x = layers.DepthwiseConv2D(
        stage.kernel,
        strides=stride,
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        depthwise_initializer=spread(),
        name=f"{name}dwconv",
    )(x)
    x = swish(normed(x, f"{name}bn", _MOMENTUM), f"{name}activation")
    x = squeeze_excite(x, max(1, depth // 4), name)
    x = conv(x, width, 1, padding="same", kernel_initializer=spread(), name=f"{name}project_conv")
    x = normed(x, f"{name}project_bn", _MOMENTUM)
    return kept(x, begin, share, name) if stride == 1 and depth == width else x


def _prepared(request: Request, x: Any) -> Any:
    x = layers.Normalization(axis=channel_axis(3))(layers.Rescaling(1.0 / 255.0)(x))
    if request.pretrained:
        # The files keep deviations as variances: divide by their root once more.
        x = layers.Rescaling([1.0 / math.sqrt(one) for one in IMAGENET_DEVIATION])(x)
    return x


def _draw(
    request: Request,
    width: float,
    depth: float,
    size: int,
    dropout: float,
    stem: str,
    sums: tuple[str, str],
) -> Functional:
    image = request.image(size)
    x = _prepared(request, image)
    x = layers.ZeroPadding2D(halving(x, 3), name="stem_conv_pad")(x)
    x = conv(x, divisible(32 * width), 3, strides=2, kernel_initializer=spread(), name="stem_conv")
    x = swish(normed(x, "stem_bn", _MOMENTUM), "stem_activation")
    for stage, name, stride, share in blocks_of(_STAGES, depth):
        x = _block(x, stage, divisible(stage.filters * width), name, stride, share)
    x = last_features(x, divisible(1280 * width), _MOMENTUM)
    return request.finish(
        image,
        x,
        kernels(_HOME, stem, sums, (".h5", "_notop.h5")),
        top=lambda x: classes_of(request, x, dropout),
        pools=("avg_pool", "max_pool"),
    )


def _efficientnet(number: int, millions: str, *fixed: Any) -> Any:
    names = ("width", "depth", "size", "dropout", "sums")
    stem = f"efficientnetb{number}"
    return network(
        f"EfficientNetB{number}",
        _draw,
        f"EfficientNetB{number}: inverted residuals with squeeze-and-excite; {millions} M weights.",
        name=stem,
        stem=stem,
        **dict(zip(names, fixed, strict=True)),
    )


EfficientNetB0 = _efficientnet(
    0,
    "5.3",
    1.0,
    1.0,
    224,
    0.2,
    ("902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"),
)
EfficientNetB1 = _efficientnet(
    1,
    "7.9",
    1.0,
    1.1,
    240,
    0.2,
    ("1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"),
)
EfficientNetB2 = _efficientnet(
    2,
    "9.2",
    1.1,
    1.2,
    260,
    0.3,
    ("b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"),
)
EfficientNetB3 = _efficientnet(
    3,
    "12.3",
    1.2,
    1.4,
    300,
    0.3,
    ("ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"),
)
EfficientNetB4 = _efficientnet(
    4,
    "19.5",
    1.4,
    1.8,
    380,
    0.4,
    ("18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"),
)
EfficientNetB5 = _efficientnet(
    5,
    "30.6",
    1.6,
    2.2,
    456,
    0.4,
    ("ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"),
)
EfficientNetB6 = _efficientnet(
    6,
    "43.3",
    1.8,
    2.6,
    528,
    0.5,
    ("165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"),
)
EfficientNetB7 = _efficientnet(
    7,
    "66.7",
    2.0,
    3.1,
    600,
    0.5,
    ("8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"),
)
preprocess_input = preprocessing(__name__, None)
