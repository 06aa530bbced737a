"""ZeroPadding1D: zeros around sequences."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.zero_padding import ZeroPadding


class ZeroPadding1D(ZeroPadding):
    """Adds zeros before and after; ``padding`` is a width, one per axis, or pairs."""

    _rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(padding, data_format, **kwargs)
