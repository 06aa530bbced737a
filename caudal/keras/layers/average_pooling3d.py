"""AveragePooling3D: the mean of each window of volumes."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.pooling import BasePooling


class AveragePooling3D(BasePooling):
    """The mean of each window of ``pool_size``; input ``(batch, depth, rows, columns, channels)``.

    ``strides`` defaults to ``pool_size``. Padded places do not count.
    """

    _mode = "average"
    _rank = 3

    def __init__(
        self,
        pool_size: Any = (2, 2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)
