"""AdaptiveMaxPooling2D: the largest element of each of a given number of windows of images."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.adaptive_pooling import AdaptivePooling


class AdaptiveMaxPooling2D(AdaptivePooling):
    """The largest element of ``output_size`` windows along each axis; input
    ``(batch, rows, columns, channels)``.
    """

    _mode = "max"
    _rank = 2

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(output_size, data_format, **kwargs)
