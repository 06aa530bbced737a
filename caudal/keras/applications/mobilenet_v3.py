"""MobileNetV3 (Howard et al. 2019, "Searching for MobileNetV3", arXiv:1905.02244).

The two networks are under `keras.applications`; this module's own public names are the helpers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.mobile import (
    check_one_of,
    check_positive,
    same_shape,
)
from caudal.keras.applications.network import network, ordered
from caudal.keras.applications.parts import (
    channels,
    conv,
    divisible,
    halving,
    norm,
)
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import Files, kernels
from caudal.keras.models.functional import Functional

__all__ = ["decode_predictions", "preprocess_input"]

# Expansion, filters, kernel (5 is 3 in the minimalistic networks), stride, squeeze-and-excite,
# hard swish (else ReLU).
_SMALL = (
    (1, 16, 3, 2, True, False),
    (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False),
    (4, 40, 5, 2, True, True),
    (6, 40, 5, 1, True, True),
    (6, 40, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (6, 96, 5, 2, True, True),
    (6, 96, 5, 1, True, True),
    (6, 96, 5, 1, True, True),
)
_LARGE = (
    (1, 16, 3, 1, False, False),
    (4, 24, 3, 2, False, False),
    (3, 24, 3, 1, False, False),
    (3, 40, 5, 2, True, False),
    (3, 40, 5, 1, True, False),
    (3, 40, 5, 1, True, False),
    (6, 80, 3, 2, False, True),
    (2.5, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (6, 112, 3, 1, True, True),
    (6, 112, 3, 1, True, True),
    (6, 160, 5, 2, True, True),
    (6, 160, 5, 1, True, True),
    (6, 160, 5, 1, True, True),
)
# Sums of the files with and without the top, by network, kind and width.
_SUMS = {
    "small_224_0.75": ("cb65d4e5be93758266aa0a7f2c6708b7", "ebdb5cc8e0b497cd13a7c275d475c819"),
    "small_224_1.0": ("8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"),
    "small_minimalistic_224_1.0": (
        "99cd97fb2fcdad2bf028eb838de69e37",
        "cde8136e733e811080d9fcd8a252f7e4",
    ),
    "large_224_0.75": ("765b44a33ad4005b3ac83185abf1d0eb", "40af19a13ebea4e2ee0c676887f69a2e"),
    "large_224_1.0": ("59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"),
    "large_minimalistic_224_1.0": (
        "675e7b876c45c57e9e63e6d90a36599c",
        "ec5221f64a2f6d1ef965a614bdae7973",
    ),
}
_POOLS = ("avg_pool", "max_pool")
Block = tuple[float, int, int, int, bool, bool]
Activation = Callable[[Any], Any]
_norm = functools.partial(norm, momentum=0.999)


def _relu(x: Any) -> Any:
    return layers.ReLU()(x)


def _hard_swish(x: Any) -> Any:
    return layers.Activation("hard_swish")(x)


def _squeeze_excite(x: Any, name: str) -> Any:
    """Each channel weighted by what a small network makes of all channels' means."""
    depth = channels(x)
    share = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_avg_pool")(x)
    narrow = divisible(depth * 0.25)
    share = layers.Conv2D(narrow, 1, padding="same", name=f"{name}_conv")(share)
    share = layers.ReLU(name=f"{name}_relu")(share)
    share = layers.Conv2D(depth, 1, padding="same", name=f"{name}_conv_1")(share)
    share = layers.ReLU(6.0)(share + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{name}_mul")([x, share])


def _block(x: Any, width: int, kernel: int, block: Block, name: str, activation: Activation) -> Any:
    expansion, _, _, stride, squeezed, _ = block
    begin, depth = x, channels(x)
    if name != "expanded_conv":
        x = conv(x, divisible(depth * expansion), 1, padding="same", name=f"{name}_expand")
        x = activation(_norm(x, f"{name}_expand_bn"))
    if stride == 2:
        x = layers.ZeroPadding2D(halving(x, kernel), name=f"{name}_depthwise_pad")(x)
    x = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        name=f"{name}_depthwise",
    )(x)
    x = activation(_norm(x, f"{name}_depthwise_bn"))
    if squeezed:
        x = _squeeze_excite(x, f"{name}_squeeze_excite")
    x = _norm(conv(x, width, 1, padding="same", name=f"{name}_project"), f"{name}_project_bn")
    return layers.Add(name=f"{name}_add")([begin, x]) if stride == 1 and depth == width else x


def _features(x: Any, blocks: tuple[Block, ...], alpha: float, minimalistic: bool) -> Any:
    swish = _relu if minimalistic else _hard_swish
    x = swish(_norm(conv(x, 16, 3, strides=2, padding="same", name="conv"), "conv_bn"))
    for i, block in enumerate(blocks):
        expansion, filters, kernel, stride, _squeezed, swishes = block
        if minimalistic:
            block, kernel = (expansion, filters, 3, stride, False, swishes), 3
        name = f"expanded_conv_{i}" if i else "expanded_conv"
        width = divisible(filters * alpha)
        x = _block(x, width, kernel, block, name, swish if swishes else _relu)
    x = conv(x, divisible(channels(x) * 6), 1, padding="same", name="conv_1")
    return swish(_norm(x, "conv_1_bn"))


def _files(kind: str, alpha: float, minimalistic: bool) -> Files:
    key = f"{kind}{'_minimalistic' if minimalistic else ''}_224_{float(alpha)}"
    endings = (f"{key}_float.h5", f"{key}_float_no_top_v2.h5")
    return kernels("mobilenet_v3", "weights_mobilenet_v3_", _SUMS.get(key, (None, None)), endings)


def _draw(
    request: Request,
    alpha: float,
    minimalistic: bool,
    dropout_rate: float,
    include_preprocessing: bool,
    kind: str,
    blocks: tuple[Block, ...],
    wide: int,
) -> Functional:
    check_positive(request, alpha=alpha)
    check_one_of(request, "alpha", alpha, (1.0,) if minimalistic else (0.75, 1.0))
    same_shape(request)
    image = x = request.image(None)
    if include_preprocessing:
        x = layers.Rescaling(1.0 / 127.5, offset=-1.0)(x)
    x = _features(x, blocks, alpha, minimalistic)

    def top(x: Any) -> Any:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        width = divisible(wide * alpha) if alpha > 1 else wide
        x = layers.Conv2D(width, 1, padding="same", name="conv_2")(x)
        x = (_relu if minimalistic else _hard_swish)(x)
        if dropout_rate > 0:
            x = layers.Dropout(dropout_rate)(x)
        x = layers.Conv2D(request.classes, 1, padding="same", name="logits")(x)
        x = layers.Flatten()(x)
        return layers.Activation(request.classifier_activation, name="predictions")(x)

    return request.finish(image, x, _files(kind, alpha, minimalistic), top, _POOLS)


_PARAMETERS = ordered(
    "input_shape alpha minimalistic include_top weights input_tensor classes pooling "
    "dropout_rate classifier_activation include_preprocessing name",
    alpha=1.0,
    minimalistic=False,
    dropout_rate=0.2,
    include_preprocessing=True,
)
MobileNetV3Small = network(
    "MobileNetV3Small",
    _draw,
    "MobileNetV3Small: MobileNetV2's blocks with squeeze-and-excite; 2.6 M weights.",
    name="MobileNetV3Small",
    parameters=_PARAMETERS,
    kind="small",
    blocks=_SMALL,
    wide=1024,
)
MobileNetV3Large = network(
    "MobileNetV3Large",
    _draw,
    "MobileNetV3Large: MobileNetV2's blocks with squeeze-and-excite; 5.5 M weights.",
    name="MobileNetV3Large",
    parameters=_PARAMETERS,
    kind="large",
    blocks=_LARGE,
    wide=1280,
)
preprocess_input = preprocessing(__name__, None)
