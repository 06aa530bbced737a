"""Solarization: negatives of what is bright."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.keras import random
from caudal.keras.layers.colour_layer import spread
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import factor_range, rescaled, value_range


class Solarization(RandomImageLayer):
    """Adds a number to each image and inverts what is at or above a threshold, while training.

    addition_factor, threshold_factor: a number a, for 0 to a, or a pair, within [0, 1], in parts
    of the value range.

    >>> import numpy as np
    >>> Solarization()(np.array([[[[0.0], [200.0]]]], "float32"), training=True).numpy().ravel()
    array([255.,  55.], dtype=float32)
    """

    _config_names = ("data_format", "addition_factor", "threshold_factor", "value_range", "seed")

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.addition_factor = _factor(addition_factor, "addition_factor")
        self.threshold_factor = _factor(threshold_factor, "threshold_factor")
        self.value_range = _range(value_range)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        def drawn(bounds: Any) -> Any:
            # As in Keras 3.15, the lower bound counts in values and the upper one in parts of 255.
            return random.uniform((extents.batch, 1, 1, 1), bounds[0], bounds[1] * 255, seed=seed)

        return {
            "additions": drawn(self.addition_factor),
            "thresholds": drawn(self.threshold_factor),
        }

    def _change(self, x: Any, transformation: Any) -> Any:
        if transformation is None:
            return x
        added = rescaled(x, self.value_range, (0, 255)) + spread(transformation["additions"], x)
        added = math.clip_by_value(added, 0.0, 255.0)
        dark = added < spread(transformation["thresholds"], x)
        return rescaled(ops.select(dark, added, 255.0 - added), (0, 255), self.value_range)


def _factor(value: Any, name: str) -> Any:
    return factor_range(value, name, "Solarization", 0, 1, least=0)


def _range(value: Any) -> Any:
    return value_range(value, "Solarization")
