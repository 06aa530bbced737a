"""GlobalAveragePooling2D: the mean of each channel of images."""

from __future__ import annotations

from caudal.keras.layers.global_pooling import BaseGlobalPooling


class GlobalAveragePooling2D(BaseGlobalPooling):
    """The mean over all positions; input ``(batch, rows, columns, channels)``.

    The output has the shape ``(batch, channels)``.
    """

    _mode = "average"
    _rank = 2
