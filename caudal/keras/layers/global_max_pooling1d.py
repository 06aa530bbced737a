"""GlobalMaxPooling1D: the greatest number of each channel of sequences."""

from __future__ import annotations

from caudal.keras.layers.global_pooling import BaseGlobalPooling


class GlobalMaxPooling1D(BaseGlobalPooling):
    """The greatest number over all positions; input ``(batch, steps, channels)``.

    The output has the shape ``(batch, channels)``.
    """

    _mode = "max"
    _rank = 1
