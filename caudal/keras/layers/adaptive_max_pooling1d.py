"""AdaptiveMaxPooling1D: the largest element of each of a given number of windows of sequences."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.adaptive_pooling import AdaptivePooling


class AdaptiveMaxPooling1D(AdaptivePooling):
    """The largest element of ``output_size`` windows along each axis; input
    ``(batch, steps, channels)``.
    """

    _mode = "max"
    _rank = 1

    def __init__(self, output_size: Any, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(output_size, data_format, **kwargs)
