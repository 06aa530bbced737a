"""MobileNet (Howard et al. 2017, "Efficient CNNs for Mobile Vision", arXiv:1704.04861)."""

from __future__ import annotations

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
from caudal.keras.applications.parts import conv, norm, relu6
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import kernels
from caudal.keras.models.functional import Functional

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

# Filters of each block, and the blocks that halve.
_FILTERS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_HALVING = (2, 4, 6, 12)
_SIZES = (128, 160, 192, 224)
_ALPHAS = (0.25, 0.5, 0.75, 1.0)


def _block(x: Any, filters: int, block: int, depth: int) -> Any:
    """A convolution channel by channel, then one of 1x1."""
    halves = block in _HALVING
    if halves:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{block}")(x)
    x = layers.DepthwiseConv2D(
        3,
        padding="valid" if halves else "same",
        depth_multiplier=depth,
        strides=2 if halves else 1,
        use_bias=False,
        name=f"conv_dw_{block}",
    )(x)
    x = relu6(norm(x, f"conv_dw_{block}_bn"), f"conv_dw_{block}_relu")
    x = conv(x, filters, 1, padding="same", name=f"conv_pw_{block}")
    return relu6(norm(x, f"conv_pw_{block}_bn"), f"conv_pw_{block}_relu")


def _draw(request: Request, alpha: float, depth_multiplier: int, dropout: float) -> Functional:
    check_positive(request, alpha=alpha, depth_multiplier=depth_multiplier)
    check_one_of(request, "alpha", alpha, _ALPHAS)
    check_one_of(request, "depth_multiplier", depth_multiplier, (1,))
    size = trained_size(request, _SIZES)
    rows = rows_named(request, size, _SIZES)
    image = request.image(size)
    x = conv(image, int(32 * alpha), 3, strides=2, padding="same", name="conv1")
    x = relu6(norm(x, "conv1_bn"), "conv1_relu")
    for block, filters in enumerate(_FILTERS, 1):
        x = _block(x, int(filters * alpha), block, depth_multiplier)

    def top(x: Any) -> Any:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Conv2D(request.classes, 1, padding="same", name="conv_preds")(x)
        x = layers.Reshape((request.classes,), name="reshape_2")(x)
        return layers.Activation(request.classifier_activation, name="predictions")(x)

    ending = {0.25: "_2_5", 0.5: "_5_0", 0.75: "_7_5"}.get(alpha, "_1_0") + f"_{rows}_tf"
    files = kernels("mobilenet", "mobilenet", (None, None), (f"{ending}.h5", f"{ending}_no_top.h5"))
    name = request.name or f"mobilenet_{alpha:0.2f}_{rows}"
    return request.finish(image, x, files, top, name=name)


MobileNet = network(
    "MobileNet",
    _draw,
    "MobileNet: convolutions channel by channel and of 1x1 in turn; 4.3 M weights.",
    parameters=ordered(
        "input_shape alpha depth_multiplier dropout include_top weights input_tensor pooling "
        "classes classifier_activation name",
        alpha=1.0,
        depth_multiplier=1,
        dropout=0.001,
    ),
)
preprocess_input = preprocessing(__name__, "tf")
