"""UpSampling2D: images made larger by repeating or interpolating pixels."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.ir.dtypes import as_dtype
from caudal.keras.layers.up_sampling import UpSampling
from caudal.keras.ops.image import resize

_WAYS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


class UpSampling2D(UpSampling):
    """Rows and columns ``size`` times as many: repeated ("nearest") or interpolated."""

    _config_names = ("size", "data_format", "interpolation")
    _rank = 2

    def __init__(
        self,
        size: Any = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(size, data_format, **kwargs)
        if interpolation not in _WAYS:
            raise InvalidArgumentError(
                "UpSampling2D: `interpolation` must be one of {known}, received {received!r}.",
                known=_WAYS,
                received=interpolation,
            )
        self.interpolation = interpolation

    def call(self, inputs: Any) -> Any:
        """The enlarged images."""
        if self.interpolation == "nearest":
            return super().call(inputs)
        shape = self.compute_output_shape(tuple(inputs.shape))
        first = self.data_format == "channels_first"
        size = shape[2:] if first else shape[1:3]
        found = resize(inputs, size, self.interpolation, data_format=self.data_format)
        return ops.cast(found, dtype=as_dtype(inputs.dtype))
