"""UpSampling2D: images made larger by repeating pixels."""

from __future__ import annotations

from typing import Any

from caudal.errors import UnimplementedError
from caudal.keras.layers.up_sampling import UpSampling


class UpSampling2D(UpSampling):
    """Repeats rows and columns ``size`` times."""

    _config_names = ("size", "data_format", "interpolation")
    _rank = 2

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(size, data_format, **kwargs)
        if interpolation != "nearest":
            raise UnimplementedError(
                "UpSampling2D: interpolation={received!r} is not implemented; 'nearest' is.",
                received=interpolation,
            )
        self.interpolation = interpolation
