"""Cropping1D: the borders of sequences cut off."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.cropping import Cropping


class Cropping1D(Cropping):
    """Cuts off before and after; ``cropping`` is a width, one per axis, or pairs."""

    _rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, "channels_last", **kwargs)
