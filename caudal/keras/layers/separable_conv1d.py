"""SeparableConv1D: a depthwise convolution of sequences, then one that mixes the channels."""

from __future__ import annotations

from caudal.keras.layers.separable import BaseSeparable


class SeparableConv1D(BaseSeparable):
    """Filters each channel by itself, then mixes them: fewer weights than a full convolution.

    Chollet, "Xception", 2016.
    """

    _rank = 1
