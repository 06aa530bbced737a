"""UnitNormalization: vectors scaled to norm 1."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.errors import DTypeError
from caudal.keras.layers.shape_preserving import ShapePreserving


class UnitNormalization(ShapePreserving):
    """Divides by the L2 norm along ``axis``."""

    _config_names = ("axis",)

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise DTypeError(
                "UnitNormalization: `axis` must be an integer or a list of them, "
                "received {axis!r}.",
                axis=axis,
            )
        self.axis = list(axis) if isinstance(axis, list | tuple) else axis

    def call(self, inputs: Any) -> Any:
        """The scaled input."""
        return math.l2_normalize(inputs, axis=self.axis)
