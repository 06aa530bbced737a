"""AveragePooling1D: the mean of each window of sequences."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.pooling import BasePooling


class AveragePooling1D(BasePooling):
    """The mean of each window of ``pool_size``; input ``(batch, steps, channels)``.

    ``strides`` defaults to ``pool_size``. Padded places do not count.
    """

    _mode = "average"
    _rank = 1

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
