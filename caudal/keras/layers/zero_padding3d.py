"""ZeroPadding3D: zeros around volumes."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.zero_padding import ZeroPadding


class ZeroPadding3D(ZeroPadding):
    """Adds zeros before and after; ``padding`` is a width, one per axis, or pairs."""

    _rank = 3

    def __init__(
        self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(padding, data_format, **kwargs)
