"""GlobalAveragePooling1D: the mean of each channel of sequences."""

from __future__ import annotations

from caudal.keras.layers.global_pooling import BaseGlobalPooling


class GlobalAveragePooling1D(BaseGlobalPooling):
    """The mean over all positions; input ``(batch, steps, channels)``.

    The output has the shape ``(batch, channels)``.
    """

    _mode = "average"
    _rank = 1
