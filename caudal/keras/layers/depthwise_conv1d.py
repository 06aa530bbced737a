"""DepthwiseConv1D: each channel of sequences with filters of its own."""

from __future__ import annotations

from caudal.keras.layers.depthwise_conv import BaseDepthwiseConv


class DepthwiseConv1D(BaseDepthwiseConv):
    """A convolution that does not mix channels: ``channels * depth_multiplier`` come out."""

    _rank = 1
