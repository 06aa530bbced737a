"""MobileNetV2 (Sandler et al. 2018, "Inverted Residuals and Linear Bottlenecks", 1801.04381)."""

from __future__ import annotations

import functools
from typing import Any

from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.mobile import (
    check_one_of,
    check_positive,
    rows_named,
    trained_size,
)
from caudal.keras.applications.network import network, ordered
from caudal.keras.applications.parts import channels, conv, divisible, halving, norm, relu6
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import kernels
from caudal.keras.models.functional import Functional

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

# Filters, blocks, the first block's stride, expansion.
_GROUPS = (
    (16, 1, 1, 1),
    (24, 2, 2, 6),
    (32, 3, 2, 6),
    (64, 4, 2, 6),
    (96, 3, 1, 6),
    (160, 3, 2, 6),
    (320, 1, 1, 6),
)
_SIZES = (96, 128, 160, 192, 224)
_ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
_norm = functools.partial(norm, momentum=0.999)


def _residual(x: Any, filters: int, stride: int, expansion: int, name: str) -> Any:
    """Widened by 1x1, filtered channel by channel, narrowed by 1x1; added where shapes agree."""
    begin, depth = x, channels(x)
    if expansion > 1:
        x = conv(x, expansion * depth, 1, padding="same", name=f"{name}_expand")
        x = relu6(_norm(x, f"{name}_expand_BN"), f"{name}_expand_relu")
    if stride == 2:
        x = layers.ZeroPadding2D(halving(x, 3), name=f"{name}_pad")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        name=f"{name}_depthwise",
    )(x)
    x = relu6(_norm(x, f"{name}_depthwise_BN"), f"{name}_depthwise_relu")
    x = _norm(conv(x, filters, 1, padding="same", name=f"{name}_project"), f"{name}_project_BN")
    return layers.Add(name=f"{name}_add")([begin, x]) if stride == 1 and depth == filters else x


def _features(image: Any, alpha: float) -> Any:
    x = conv(image, divisible(32 * alpha), 3, strides=2, padding="same", name="Conv1")
    x = relu6(_norm(x, "bn_Conv1"), "Conv1_relu")
    serial = 0
    for filters, blocks, first, expansion in _GROUPS:
        for i in range(blocks):
            name = f"block_{serial}" if serial else "expanded_conv"
            width = divisible(int(filters * alpha))
            x = _residual(x, width, 1 if i else first, expansion, name)
            serial += 1
    x = conv(x, divisible(1280 * alpha) if alpha > 1 else 1280, 1, name="Conv_1")
    return relu6(_norm(x, "Conv_1_bn"), "out_relu")


def _draw(request: Request, alpha: float) -> Functional:
    check_positive(request, alpha=alpha)
    check_one_of(request, "alpha", alpha, _ALPHAS)
    size = trained_size(request, _SIZES, tensor=True)
    rows = rows_named(request, size, _SIZES)
    image = request.image(size)
    stem = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels"
    ending = f"_{float(alpha)}_{rows}"
    return request.finish(
        image,
        _features(image, alpha),
        kernels("mobilenet_v2", stem, (None, None), (f"{ending}.h5", f"{ending}_no_top.h5")),
        top=lambda x: request.classified(layers.GlobalAveragePooling2D()(x)),
        name=request.name or f"mobilenetv2_{alpha:0.2f}_{rows}",
    )


MobileNetV2 = network(
    "MobileNetV2",
    _draw,
    "MobileNetV2: residual blocks that are wide inside and narrow outside; 3.5 M weights.",
    parameters=ordered(
        "input_shape alpha include_top weights input_tensor pooling classes "
        "classifier_activation name",
        alpha=1.0,
    ),
)
preprocess_input = preprocessing(__name__, "tf")
