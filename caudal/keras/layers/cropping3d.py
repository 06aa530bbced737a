"""Cropping3D: the borders of volumes cut off."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.cropping import Cropping


class Cropping3D(Cropping):
    """Cuts off before and after; ``cropping`` is a width, one per axis, or pairs."""

    _rank = 3

    def __init__(
        self,
        cropping: Any = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)
