"""EfficientNetV2 (Tan, Le 2021, "Smaller Models and Faster Training", arXiv:2104.00298)."""

from __future__ import annotations

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
    IMAGENET_MEAN,
    decode_predictions,
    preprocessing,
)
from caudal.keras.applications.network import network, ordered
from caudal.keras.applications.parts import channel_axis, channels, conv, divisible
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import kernels
from caudal.keras.initializers.constant import Constant
from caudal.keras.models.functional import Functional

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]

_B = (
    Stage(1, 16, 1, 1, fused=True),
    Stage(2, 32, 4, 2, fused=True),
    Stage(2, 48, 4, 2, fused=True),
    Stage(3, 96, 4, 2),
    Stage(5, 112, 6, 1),
    Stage(8, 192, 6, 2),
)
_S = (
    Stage(2, 24, 1, 1, fused=True),
    Stage(4, 48, 4, 2, fused=True),
    Stage(4, 64, 4, 2, fused=True),
    Stage(6, 128, 4, 2),
    Stage(9, 160, 6, 1),
    Stage(15, 256, 6, 2),
)
_M = (
    Stage(3, 24, 1, 1, fused=True),
    Stage(5, 48, 4, 2, fused=True),
    Stage(5, 80, 4, 2, fused=True),
    Stage(7, 160, 4, 2),
    Stage(14, 176, 6, 1),
    Stage(18, 304, 6, 2),
    Stage(5, 512, 6, 1),
)
_L = (
    Stage(4, 32, 1, 1, fused=True),
    Stage(7, 64, 4, 2, fused=True),
    Stage(7, 96, 4, 2, fused=True),
    Stage(10, 192, 4, 2),
    Stage(19, 224, 6, 1),
    Stage(25, 384, 6, 2),
    Stage(7, 640, 6, 1),
)
_MOMENTUM = 0.9


def _unit(x: Any, filters: int, kernel: int, stride: int, name: str, **options: Any) -> Any:
    """Convolution, normalization, swish if ``name`` of it is wanted."""
    options = {"padding": "same", "kernel_initializer": spread(), **options}
    x = conv(x, filters, kernel, strides=stride, name=f"{name}conv", **options)
    return normed(x, f"{name}bn", _MOMENTUM)


def _block(x: Any, stage: Stage, width: int, name: str, stride: int, share: float) -> Any:
    """An inverted residual: one 3x3 convolution where it is fused, else one channel by channel."""
    begin, depth = x, channels(x)
    expanded = stage.expansion > 1
    if expanded:
        kernel, step = (3, stride) if stage.fused else (1, 1)
        x = _unit(x, depth * stage.expansion, kernel, step, f"{name}expand_")
        x = swish(x, f"{name}expand_activation")
    if not stage.fused:
        x = layers.DepthwiseConv2D(
            3,
            strides=stride,
            padding="same",
            use_bias=False,
            depthwise_initializer=spread(),
            name=f"{name}dwconv2",
        )(x)
        x = swish(normed(x, f"{name}bn", _MOMENTUM), f"{name}activation")
        x = squeeze_excite(x, max(1, depth // 4), name)
    kernel, step = (1, 1) if expanded else (3, stride)
    x = _unit(x, width, kernel, step, f"{name}project_")
    if not expanded:
        x = swish(x, f"{name}project_activation")
    return kept(x, begin, share, name) if stride == 1 and depth == width else x


def _prepared(x: Any, letter: str) -> Any:
    """The networks of letters S, M and L take -1 to 1, the others what ImageNet's moments make."""
    if not letter.startswith("b"):
        return layers.Rescaling(1.0 / 128.0, offset=-1)(x)
    x = layers.Rescaling(1.0 / 255.0)(x)
    if channels(x) != 3:
        return x
    return layers.Normalization(
        mean=list(IMAGENET_MEAN),
        variance=[one**2 for one in IMAGENET_DEVIATION],
        axis=channel_axis(3),
    )(x)


def _draw(
    request: Request,
    include_preprocessing: bool,
    letter: str,
    stages: tuple[Stage, ...],
    width: float,
    depth: float,
    size: int,
    sums: tuple[str, str],
) -> Functional:
    def filters(count: float) -> int:
        return divisible(count * width, ratio=0.0)

    image = x = request.image(size)
    if include_preprocessing:
        x = _prepared(x, letter)
    first = 32 if letter[0] in "bl" else 24
    x = swish(_unit(x, filters(first), 3, 2, "stem_"), "stem_activation")
    for stage, name, stride, share in blocks_of(stages, depth, of_all=False):
        x = _block(x, stage, filters(stage.filters), name, stride, share)
    x = last_features(x, filters(1280), _MOMENTUM)
    return request.finish(
        image,
        x,
        kernels("efficientnet_v2", f"efficientnetv2-{letter}", sums, (".h5", "_notop.h5")),
        top=lambda x: classes_of(request, x, 0.2, bias_initializer=Constant(0.0)),
        pools=("avg_pool", "max_pool"),
    )


def _efficientnet(letter: str, millions: str, *fixed: Any) -> Any:
    names = ("stages", "width", "depth", "size", "sums")
    label = f"EfficientNetV2{letter.upper()}"
    return network(
        label,
        _draw,
        f"{label}: EfficientNet with fused convolutions at first; {millions} M weights.",
        name=f"efficientnetv2-{letter}",
        parameters=ordered(
            "include_top weights input_tensor input_shape pooling classes classifier_activation "
            "include_preprocessing name",
            include_preprocessing=True,
        ),
        letter=letter,
        **dict(zip(names, fixed, strict=True)),
    )


EfficientNetV2B0 = _efficientnet(
    "b0",
    "7.2",
    _B,
    1.0,
    1.0,
    224,
    ("21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff"),
)
EfficientNetV2B1 = _efficientnet(
    "b1",
    "8.2",
    _B,
    1.0,
    1.1,
    240,
    ("069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37"),
)
EfficientNetV2B2 = _efficientnet(
    "b2",
    "10.2",
    _B,
    1.1,
    1.2,
    260,
    ("424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb"),
)
EfficientNetV2B3 = _efficientnet(
    "b3",
    "14.5",
    _B,
    1.2,
    1.4,
    300,
    ("1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856"),
)
EfficientNetV2S = _efficientnet(
    "s",
    "21.6",
    _S,
    1.0,
    1.0,
    384,
    ("e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070"),
)
EfficientNetV2M = _efficientnet(
    "m",
    "54.4",
    _M,
    1.0,
    1.0,
    480,
    ("a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342"),
)
EfficientNetV2L = _efficientnet(
    "l",
    "119.0",
    _L,
    1.0,
    1.0,
    480,
    ("27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615"),
)
preprocess_input = preprocessing(__name__, None)
