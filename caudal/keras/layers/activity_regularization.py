"""ActivityRegularization: a penalty on what passes through."""

from __future__ import annotations

from typing import Any

from caudal.keras import regularizers
from caudal.keras.layers.shape_preserving import ShapePreserving


class ActivityRegularization(ShapePreserving):
    """Returns its input and adds ``l1 * sum|x| + l2 * sum x^2`` to the losses."""

    _config_names = ("l1", "l2")

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def call(self, inputs: Any) -> Any:
        """The input."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Both factors."""
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
