"""Rescaling: a scale and an offset."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.keras.layers import arguments
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.shape_preserving import ShapePreserving


class Rescaling(ShapePreserving):
    """``inputs * scale + offset``, in floats: images of 0-255 with ``Rescaling(1 / 255)``.

    A scale for each channel follows the global image data format.
    """

    _config_names = ("scale", "offset")

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.built = False
        self.scale, self.offset = scale, offset

    def call(self, inputs: Any) -> Any:
        """The scaled input."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        kind = x.dtype.np_dtype
        scale = np.asarray(self.scale, kind)
        if scale.ndim and arguments.data_format(None) == "channels_first":
            scale = scale.reshape(scale.shape + (1,) * (3 - scale.ndim))
        return x * scale + np.asarray(self.offset, kind)
