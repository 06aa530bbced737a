"""AdaptiveAveragePooling3D: the mean of each of a given number of windows of volumes."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.adaptive_pooling import AdaptivePooling


class AdaptiveAveragePooling3D(AdaptivePooling):
    """The mean of ``output_size`` windows along each axis; input
    ``(batch, planes, rows, columns, channels)``.
    """

    _mode = "average"
    _rank = 3

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(output_size, data_format, **kwargs)
