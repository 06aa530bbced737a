"""ConvNeXt (Liu et al. 2022, "A ConvNet for the 2020s", arXiv:2201.03545)."""

from __future__ import annotations

from typing import Any

from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    decode_predictions,
    preprocessing,
)
from caudal.keras.applications.network import network, ordered
from caudal.keras.applications.parts import channel_axis, channels
from caudal.keras.applications.request import Request
from caudal.keras.applications.scaling import LayerScale
from caudal.keras.applications.weights import kernels
from caudal.keras.models.functional import Functional
from caudal.keras.models.sequential import Sequential

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "decode_predictions",
    "preprocess_input",
]

_FIRST_SCALE = 1e-6


def _norm(name: str | None = None) -> Any:
    return layers.LayerNormalization(epsilon=1e-6, name=name)


def _block(x: Any, name: str) -> Any:
    """7x7 channel by channel, normalized, widened fourfold and narrowed; scaled and added."""
    begin, depth = x, channels(x)
    wide = f"{name}_depthwise_conv"
    x = layers.Conv2D(depth, 7, padding="same", groups=depth, name=wide)(x)
    x = _norm(f"{name}_layernorm")(x)
    x = layers.Dense(4 * depth, name=f"{name}_pointwise_conv_1")(x)
    x = layers.Activation("gelu", name=f"{name}_gelu")(x)
    x = layers.Dense(depth, name=f"{name}_pointwise_conv_2")(x)
    x = LayerScale(_FIRST_SCALE, depth, name=f"{name}_layer_scale")(x)
    x = layers.Activation("linear", name=f"{name}_identity")(x)
    return begin + x


def _narrowing(name: str, widths: tuple[int, ...]) -> list[Any]:
    """What comes before each stage: a stem that takes 4x4 pixels as one, then halvings."""
    stem = [layers.Conv2D(widths[0], 4, strides=4, name=f"{name}_stem_conv")]
    found = [Sequential([*stem, _norm(f"{name}_stem_layernorm")], name=f"{name}_stem")]
    for i, width in enumerate(widths[1:]):
        start = f"{name}_downsampling"
        halving = layers.Conv2D(width, 2, strides=2, name=f"{start}_conv_{i}")
        parts = [_norm(f"{start}_layernorm_{i}"), halving]
        found.append(Sequential(parts, name=f"{start}_block_{i}"))
    return found


def _draw(
    request: Request,
    include_preprocessing: bool,
    default: str,
    blocks: tuple[int, ...],
    widths: tuple[int, ...],
    sums: tuple[str, str],
) -> Functional:
    name = request.name or default
    image = x = request.image(224)
    if include_preprocessing and channels(image) == 3:
        x = layers.Normalization(
            mean=[255 * one for one in IMAGENET_MEAN],
            variance=[(255 * one) ** 2 for one in IMAGENET_DEVIATION],
            axis=channel_axis(),
            name=f"{name}_prestem_normalization",
        )(x)
    for stage, narrowing in enumerate(_narrowing(name, widths)):
        x = narrowing(x)
        for i in range(blocks[stage]):
            x = _block(x, f"{name}_stage_{stage}_block_{i}")

    def top(x: Any) -> Any:
        x = layers.GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
        x = _norm(f"{name}_head_layernorm")(x)
        return request.classified(x, name=f"{name}_head_dense")

    files = kernels("convnext", default, sums, (".h5", "_notop.h5"))
    return request.finish(image, x, files, top, after=lambda x: _norm()(x), name=name)


def _convnext(label: str, millions: str, **fixed: Any) -> Any:
    default = label.lower().replace("convnext", "convnext_")
    return network(
        label,
        _draw,
        f"{label}: residual blocks after the manner of transformers; {millions} M weights.",
        name=default,
        parameters=ordered(
            "include_top include_preprocessing weights input_tensor input_shape pooling classes "
            "classifier_activation name",
            include_preprocessing=True,
        ),
        default=default,
        **fixed,
    )


ConvNeXtTiny = _convnext(
    "ConvNeXtTiny",
    "28.6",
    blocks=(3, 3, 9, 3),
    widths=(96, 192, 384, 768),
    sums=(
        "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
)
ConvNeXtSmall = _convnext(
    "ConvNeXtSmall",
    "50.2",
    blocks=(3, 3, 27, 3),
    widths=(96, 192, 384, 768),
    sums=(
        "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
        "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    ),
)
ConvNeXtBase = _convnext(
    "ConvNeXtBase",
    "88.6",
    blocks=(3, 3, 27, 3),
    widths=(128, 256, 512, 1024),
    sums=(
        "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
        "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    ),
)
ConvNeXtLarge = _convnext(
    "ConvNeXtLarge",
    "197.8",
    blocks=(3, 3, 27, 3),
    widths=(192, 384, 768, 1536),
    sums=(
        "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
        "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    ),
)
ConvNeXtXLarge = _convnext(
    "ConvNeXtXLarge",
    "350.2",
    blocks=(3, 3, 27, 3),
    widths=(256, 512, 1024, 2048),
    sums=(
        "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
        "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    ),
)
preprocess_input = preprocessing(__name__, None)
