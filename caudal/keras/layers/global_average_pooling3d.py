"""GlobalAveragePooling3D: the mean of each channel of volumes."""

from __future__ import annotations

from caudal.keras.layers.global_pooling import BaseGlobalPooling


class GlobalAveragePooling3D(BaseGlobalPooling):
    """The mean over all positions; input ``(batch, depth, rows, columns, channels)``.

    The output has the shape ``(batch, channels)``.
    """

    _mode = "average"
    _rank = 3
