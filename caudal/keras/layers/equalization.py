"""Equalization: all shades equally frequent."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array import movement
from caudal.keras.layers import arguments, image_values
from caudal.keras.layers.image_layer import ImageLayer
from caudal.keras.layers.image_values import rescaled
from caudal.keras.ops.promotion import cast, cast_value
from caudal.keras.ops.segments import segment_sum


class Equalization(ImageLayer):
    """Spreads the values of each channel so that their shares are even, while training.

    The shares are those of the whole batch, in ``bins`` steps of ``value_range``. A channel within
    one step stays.

    >>> import numpy as np
    >>> Equalization()(np.array([[[[10.0], [11.0], [12.0]]]]), training=True).numpy().ravel()
    array([  0., 128., 255.], dtype=float32)
    """

    _config_names = ("data_format", "value_range", "bins")

    def __init__(
        self,
        value_range: Any = (0, 255),
        bins: int = 256,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.bins = arguments.positive(bins, "bins", "Equalization")
        self.value_range = image_values.value_range(value_range, "Equalization")

    def _change(self, x: Any, transformation: Any) -> Any:
        y = cast(rescaled(x, self.value_range, (0, 255)), "float32")
        channels, bins = int(y.shape[-1]), self.bins
        last = cast_value(bins - 1, "int32")

        def steps(values: Any) -> Any:
            whole = cast(values, "int32")
            return math.clip_by_value(whole, cast_value(0, "int32"), last)

        # One row of counts for each channel, in one table.
        offsets = np.arange(channels, dtype="int32") * bins
        flat = movement.reshape(steps(y * float(bins - 1) / 255.0) + offsets, (-1,))
        counts = segment_sum(flat * 0 + 1, flat, channels * bins)
        counts = movement.reshape(counts, (channels, bins))
        # Whole numbers up to 255 times the pixels: exact in float64.
        total = cast(math.cumsum(counts, axis=1), "float64")
        most = total[:, -1:]
        least = math.reduce_min(ops.select(total > 0.0, total, most), axis=1, keepdims=True)
        spread = most - least
        spread = ops.select(ops.equal(spread, spread * 0.0), spread + 1.0, spread)
        found = math.clip_by_value(math.round((total - least) * 255.0 / spread), 0.0, 255.0)
        table = movement.reshape(cast(found, y.dtype), (-1,))
        places = steps(y / 255.0 * float(bins - 1)) + offsets
        even = movement.reshape(ops.gather(table, movement.reshape(places, (-1,)), axis=0), y.shape)
        used = math.reduce_sum(cast(counts > 0, "int32"), axis=1)
        result = ops.select(used > 1, even, y)
        return rescaled(result, (0, 255), self.value_range)
