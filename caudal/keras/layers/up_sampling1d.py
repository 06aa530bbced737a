"""UpSampling1D: sequences made larger by repeating."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.arguments import integer
from caudal.keras.layers.up_sampling import UpSampling


class UpSampling1D(UpSampling):
    """Repeats every element ``size`` times along each spatial axis."""

    _rank = 1
    _config_names = ("size",)

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(integer(size, "size", "UpSampling1D"), "channels_last", **kwargs)
        self.size = self.size[0]

    def _factors(self) -> tuple[int, ...]:
        return (1, self.size, 1)
