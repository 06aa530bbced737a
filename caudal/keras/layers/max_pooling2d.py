"""MaxPooling2D: the greatest number of each window of images."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.pooling import BasePooling


class MaxPooling2D(BasePooling):
    """The greatest number of each window of ``pool_size``.

    Input ``(batch, rows, columns, channels)``; ``strides`` defaults to ``pool_size``.
    """

    _mode = "max"
    _rank = 2

    def __init__(
        self,
        pool_size: Any = (2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
