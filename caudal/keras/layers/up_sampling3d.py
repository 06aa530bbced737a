"""UpSampling3D: volumes made larger by repeating."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.up_sampling import UpSampling


class UpSampling3D(UpSampling):
    """Repeats every element ``size`` times along each spatial axis."""

    _rank = 3

    def __init__(
        self, size: Any = (2, 2, 2), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(size, data_format, **kwargs)
