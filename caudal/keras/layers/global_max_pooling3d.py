"""GlobalMaxPooling3D: the greatest number of each channel of volumes."""

from __future__ import annotations

from caudal.keras.layers.global_pooling import BaseGlobalPooling


class GlobalMaxPooling3D(BaseGlobalPooling):
    """The greatest number over all positions; input ``(batch, depth, rows, columns, channels)``.

    The output has the shape ``(batch, channels)``.
    """

    _mode = "max"
    _rank = 3
