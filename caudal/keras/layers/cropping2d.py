"""Cropping2D: the borders of images cut off."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.cropping import Cropping


class Cropping2D(Cropping):
    """Cuts off before and after; ``cropping`` is a width, one per axis, or pairs."""

    _rank = 2

    def __init__(
        self,
        cropping: Any = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)
