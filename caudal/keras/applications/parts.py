"""Blocks that several architectures are built from."""

from __future__ import annotations

from typing import Any

from caudal.keras import layers
from caudal.keras.backend.settings import image_data_format


def channel_axis(last: int = -1) -> int:
    """The axis of the channels of a batch; ``last``: how to say the last of four."""
    return 1 if image_data_format() == "channels_first" else last


def channels(x: Any) -> int:
    """How many channels feature maps have."""
    return int(x.shape[channel_axis()])


def divisible(value: float, divisor: int = 8, least: int | None = None, ratio: float = 0.9) -> int:
    """The nearest multiple of a divisor that is no less than ``least`` and 90 % of the value.

    (Howard et al. 2019, arXiv:1905.02244, as published with its code.)

    >>> divisible(32 * 0.35), divisible(17), divisible(12)
    (16, 16, 16)
    """
    near = max(divisor if least is None else least, int(value + divisor / 2) // divisor * divisor)
    return near + divisor if near < ratio * value else near


def norm(x: Any, name: str | None = None, last: int = -1, **options: Any) -> Any:
    """A batch normalization over the channels."""
    return layers.BatchNormalization(axis=channel_axis(last), name=name, **options)(x)


def conv(x: Any, filters: int, kernel: Any, **options: Any) -> Any:
    """A 2-D convolution without bias."""
    return layers.Conv2D(filters, kernel, **{"use_bias": False, **options})(x)


def relu(x: Any, name: str | None = None) -> Any:
    """An Activation layer with ReLU."""
    return layers.Activation("relu", name=name)(x)


def relu6(x: Any, name: str | None = None) -> Any:
    """A ReLU layer that ends at 6."""
    return layers.ReLU(6.0, name=name)(x)


def joined(parts: list[Any], name: str | None = None, last: int = -1) -> Any:
    """Feature maps beside one another."""
    return layers.Concatenate(axis=channel_axis(last), name=name)(parts)


def halving(x: Any, kernel: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The padding before a "valid" convolution of stride 2, so that it is as wide as "same".

    Keras's weights were trained with TensorFlow's way of padding even extents at their ends.
    """
    first = channel_axis() == 1
    sides = x.shape[2:4] if first else x.shape[1:3]
    # An unknown height counts as even, as in Keras.
    even = [1, 1] if sides[0] is None else [1 - side % 2 for side in sides]
    half = kernel // 2
    return (half - even[0], half), (half - even[1], half)
