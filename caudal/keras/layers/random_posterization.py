"""RandomPosterization: fewer shades."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.keras import random
from caudal.keras.layers.colour_layer import ColourLayer
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import rescaled
from caudal.keras.ops.promotion import cast, cast_value, tensor


class RandomPosterization(ColourLayer):
    """Keeps the upper bits of each value (of 8), while training.

    factor: how many bits are kept, from 1 to 8: a number a, for any from 1 to a - 1, or a pair
    (l, u), for any from l to u - 1, or for l where both are equal.

    >>> import numpy as np
    >>> RandomPosterization((1, 1))(np.array([[[[100.0], [200.0]]]]), training=True).numpy().ravel()
    array([  0., 128.], dtype=float32)
    """

    _bounds = (1, 8)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        low, high = (int(bound) for bound in self.factor)
        kept = random.randint((extents.batch,), low, max(high, low + 1), "uint8", seed=seed)
        return {"shift_factor": cast_value(8, "uint8") - kept}

    def _change(self, x: Any, transformation: Any) -> Any:
        shift = cast(tensor(transformation["shift_factor"]), "int32")
        shift = movement.reshape(shift, (-1, 1, 1, 1))
        shades = cast(cast(rescaled(x, self.value_range, (0, 255)), "uint8"), "int32")
        kept = cast(ops.shift_left(ops.shift_right(shades, shift), shift), x.dtype)
        return rescaled(kept, (0, 255), self.value_range)
