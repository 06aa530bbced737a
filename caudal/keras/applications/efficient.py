"""What both EfficientNets share: scaled tables of blocks, squeeze-and-excite, their ending."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from caudal.keras import layers
from caudal.keras.applications.parts import channel_axis, channels, conv, norm
from caudal.keras.applications.request import Request
from caudal.keras.initializers.scaling import VarianceScaling

_DROP = 0.2


class Stage(NamedTuple):
    """So many blocks of one kind; ``first`` is the stride of the first of them.

    fused: one convolution in place of a widening one and one channel by channel.
    """

    blocks: int
    filters: int
    expansion: int
    first: int
    kernel: int = 3
    fused: bool = False


def spread() -> Any:
    """How kernels begin: normal, by the number of outputs."""
    return VarianceScaling(2.0, "fan_out", "truncated_normal")


def swish(x: Any, name: str) -> Any:
    """An Activation layer with swish."""
    return layers.Activation("swish", name=name)(x)


def normed(x: Any, name: str, momentum: float) -> Any:
    """The batch normalization of EfficientNet."""
    return norm(x, name, last=3, momentum=momentum)


def blocks_of(
    stages: Sequence[Stage], depth: float, of_all: bool = True
) -> Iterator[tuple[Stage, str, int, float]]:
    """(stage, name, stride, share dropped) of each block, with ``depth`` times as many of them.

    of_all: the share grows to 0.2 at the last block; else at the last of an unscaled network.
    """
    counts = [math.ceil(depth * stage.blocks) for stage in stages]
    total = sum(counts if of_all else (stage.blocks for stage in stages))
    serial = 0
    for number, (stage, count) in enumerate(zip(stages, counts, strict=True), 1):
        for i in range(count):
            name = f"block{number}{chr(ord('a') + i)}_"
            yield stage, name, 1 if i else stage.first, _DROP * serial / total
            serial += 1


def squeeze_excite(x: Any, narrow: int, name: str) -> Any:
    """Each channel weighted by what a small network makes of all channels' means."""
    wide = channels(x)
    share = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (wide, 1, 1) if channel_axis() == 1 else (1, 1, wide)
    share = layers.Reshape(shape, name=f"{name}se_reshape")(share)
    for filters, activation, step in ((narrow, "swish", "reduce"), (wide, "sigmoid", "expand")):
        share = layers.Conv2D(
            filters,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=spread(),
            name=f"{name}se_{step}",
        )(share)
    return layers.Multiply(name=f"{name}se_excite")([x, share])


def kept(x: Any, begin: Any, share: float, name: str) -> Any:
    """A block's result, dropped for whole pictures at times, added to what came in."""
    if share > 0:
        x = layers.Dropout(share, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.Add(name=f"{name}add")([x, begin])


def last_features(x: Any, filters: int, momentum: float) -> Any:
    """The 1x1 convolution before the ending."""
    x = conv(x, filters, 1, padding="same", kernel_initializer=spread(), name="top_conv")
    return swish(normed(x, "top_bn", momentum), "top_activation")


def classes_of(request: Request, x: Any, dropout: float, **options: Any) -> Any:
    """The top: pooled, dropped, classified."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(dropout, name="top_dropout")(x)
    start = VarianceScaling(1.0 / 3.0, "fan_out", "uniform")
    return request.classified(x, kernel_initializer=start, **options)
