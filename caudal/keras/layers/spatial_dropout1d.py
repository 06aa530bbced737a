"""SpatialDropout1D: drops whole channels of sequences."""

from __future__ import annotations

from typing import Any

from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.layers.dropout import Dropout


class SpatialDropout1D(Dropout):
    """Dropout of whole channels: neighbours say the same, so single zeros teach little."""

    _config_names = ("rate", "seed")
    _config_without = ("trainable",)

    def __init__(
        self,
        rate: float,
        seed: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.input_spec = InputSpec(ndim=3)

    def _mask_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (shape[0], 1, shape[-1])
