"""SpatialDropout3D: drops whole channels of volumes."""

from __future__ import annotations

from typing import Any

from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.layers import arguments
from caudal.keras.layers.dropout import Dropout


class SpatialDropout3D(Dropout):
    """Dropout of whole channels: neighbours say the same, so single zeros teach little."""

    _config_names = ("rate", "seed", "data_format")
    _config_without = ("trainable",)

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(ndim=5)

    def _mask_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self.data_format == "channels_first":
            return (*shape[:2], 1, 1, 1)
        return (shape[0], 1, 1, 1, shape[-1])
