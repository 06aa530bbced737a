"""GlobalMaxPooling2D: the greatest number of each channel of images."""

from __future__ import annotations

from caudal.keras.layers.global_pooling import BaseGlobalPooling


class GlobalMaxPooling2D(BaseGlobalPooling):
    """The greatest number over all positions; input ``(batch, rows, columns, channels)``.

    The output has the shape ``(batch, channels)``.
    """

    _mode = "max"
    _rank = 2
