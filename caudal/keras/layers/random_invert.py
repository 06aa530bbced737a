"""RandomInvert: negatives."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.keras.layers.colour_layer import ColourLayer, chosen
from caudal.keras.layers.image_layer import Extents
from caudal.keras.ops.promotion import boolean


class RandomInvert(ColourLayer):
    """Takes the values of an image from the greatest of ``value_range``, while training.

    factor: the probability, a number a, for 0 to a, or a pair, within [0, 1].

    >>> import numpy as np
    >>> RandomInvert((1, 1), (0, 1))(np.array([[[[0.25]]]], "float32"), training=True).numpy()
    array([[[[0.75]]]], dtype=float32)
    """

    _bounds = (0, 1)

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(factor, value_range, data_format, seed, **kwargs)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        return {"apply_inversion": chosen(extents.batch, self.factor, seed)}

    def _change(self, x: Any, transformation: Any) -> Any:
        which = movement.reshape(boolean(transformation["apply_inversion"]), (-1, 1, 1, 1))
        return ops.select(which, float(self.value_range[1]) - x, x)
