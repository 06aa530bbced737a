"""AdditiveAttention: attention whose scores are sums over tanh(query + key)."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.array import movement
from caudal.keras.layers.attention import Attention


class AdditiveAttention(Attention):
    """`Attention` with the scores ``sum(scale * tanh(query + key))``, ``scale`` a learned vector.

    Bahdanau and others, "Neural Machine Translation by Jointly Learning to Align", 2015.

    >>> import numpy as np
    >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 4), "float32")
    >>> AdditiveAttention()([query, value]).shape
    TensorShape([2, 3, 4])
    """

    _config_names = ("use_scale", "dropout", "seed")

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Makes the scale, one number per feature."""
        self._check(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(input_shape[0][-1],))

    def _scores(self, query: Any, key: Any) -> Any:
        both = ops.tanh(movement.expand_dims(query, -2) + movement.expand_dims(key, -3))
        return math.reduce_sum(both if self.scale is None else both * self.scale, axis=-1)
