"""What the namespace says about itself (``__array_namespace_info__``)."""

from __future__ import annotations

from typing import Any

from caudal.array_api.array import DEVICE, require_device
from caudal.array_api.promotion import (
    DEFAULT_COMPLEX,
    DEFAULT_FLOAT,
    DEFAULT_INT,
    INDEX,
    KINDS,
    isdtype,
)
from caudal.ir.dtypes import DType


class Info:
    """Capabilities, devices and dtypes."""

    def capabilities(self) -> dict[str, Any]:
        """What depends on a library: masks and data-dependent shapes work outside of programs."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """The only one."""
        return DEVICE

    def devices(self) -> list[str]:
        """The only one."""
        return [DEVICE]

    def default_dtypes(self, *, device: Any = None) -> dict[str, DType]:
        """The dtypes of Python numbers, and of indices."""
        require_device(device)
        return {
            "real floating": DEFAULT_FLOAT,
            "complex floating": DEFAULT_COMPLEX,
            "integral": DEFAULT_INT,
            "indexing": INDEX,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, DType]:
        """The dtypes of the standard, or those of a kind.

        >>> list(Info().dtypes(kind="real floating"))
        ['float32', 'float64']
        """
        require_device(device)
        return {dtype.name: dtype for dtype in KINDS["any"] if kind is None or isdtype(dtype, kind)}


def __array_namespace_info__() -> Info:
    """What this namespace can do."""
    return Info()
