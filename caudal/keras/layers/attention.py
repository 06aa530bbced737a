"""Attention: values weighted by how well their keys fit a query."""

from __future__ import annotations

from typing import Any

from caudal import math, nn, ops
from caudal.array import movement
from caudal.array.arguments import scalar
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.seeds import SeedGenerator
from caudal.keras.layers import attention_masks
from caudal.keras.layers.noise import check_rate
from caudal.linalg import matmul
from caudal.random import bits


class Attention(Layer):
    """``softmax(scores(query, key)) value``, from a call on [query, value] or [query, value, key].

    query (batch, T, d), value (batch, S, e), key (batch, S, d), by default the value; the output
    is (batch, T, e). score_mode: "dot" for ``query key^T`` or "concat" for
    ``sum(tanh(query + key))``. use_scale: the scores have a learned factor. mask: [query mask,
    value mask]. Luong and others, 2015.

    >>> import numpy as np
    >>> query, value = np.ones((2, 3, 4), "float32"), np.ones((2, 5, 4), "float32")
    >>> Attention()([query, value]).shape
    TensorShape([2, 3, 4])
    """

    _config_names: tuple[str, ...] = ("use_scale", "score_mode", "dropout", "seed")

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if score_mode not in ("dot", "concat"):
            raise InvalidArgumentError(
                "Invalid value for argument score_mode. Expected one of {{'dot', 'concat'}}. "
                "Received: score_mode={mode!r}",
                mode=score_mode,
            )
        self.use_scale, self.score_mode = use_scale, score_mode
        self.dropout, self.seed = check_rate(dropout, name="dropout"), seed
        self.supports_masking = True
        if self.dropout:
            self.seed_generator = SeedGenerator(seed)
        self.scale: Any = None
        self.concat_score_weight: Any = None

    def build(self, input_shape: Any) -> None:
        """Makes the factors of the scores."""
        self._check(input_shape)
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )

    def _scores(self, query: Any, key: Any) -> Any:
        """How well keys fit queries, (batch, T, S)."""
        if self.score_mode == "dot":
            scores = matmul(query, key, transpose_b=True)
            return scores if self.scale is None else scores * self.scale
        both = movement.expand_dims(query, -2) + movement.expand_dims(key, -3)
        both = both if self.scale is None else both * self.scale
        return math.reduce_sum(ops.tanh(both), axis=-1) * self.concat_score_weight

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: Any = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The weighted values, with the weights (batch, T, S) if asked for."""
        self._check(inputs, mask)
        query, value, key = (*inputs, inputs[1])[:3]
        query_mask, value_mask = (None, None) if mask is None else mask[:2]
        scores = self._scores(query, key)
        queries, keys = (int(extent) for extent in scores.shape[-2:])
        seen = attention_masks.together(
            attention_masks.as_columns(value_mask),
            attention_masks.by_position(queries, keys, causal=use_causal_mask, window=None),
        )
        if seen is not None:
            away = scores - (65504.0 if scores.dtype.name == "float16" else 1.0e9)
            scores = ops.select(seen, scores, away)
        weights = nn.softmax(scores)
        if training and self.dropout:
            chosen = bits.below(self.seed_generator.next(), weights.shape, 1.0 - self.dropout)
            weights = ops.select(chosen, weights / (1.0 - self.dropout), scalar(0, weights))
        result = matmul(weights, convert_to_tensor(value))
        if query_mask is not None:
            rows = attention_masks.as_rows(attention_masks.together(query_mask))
            result = ops.select(rows, result, scalar(0, result))
        return (result, weights) if return_attention_scores else result

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The query's mask."""
        self._check(inputs, mask)
        return None if mask is None or mask[0] is None else convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The query's shape, ending in the value's last extent."""
        return (*input_shape[0][:-1], input_shape[1][-1])

    def _check(self, inputs: Any, mask: Any = None) -> None:
        for what, value in (("inputs", inputs), ("mask", mask)):
            if what == "mask" and value is None:
                continue
            if not isinstance(value, list) or len(value) not in (2, 3):
                raise InvalidArgumentError(
                    "{layer} layer must be called on a list of inputs, namely [query, value] or "
                    "[query, value, key], and a mask must be a list, [query_mask, value_mask]. "
                    "Received: {what}={value}",
                    layer=type(self).__name__,
                    what=what,
                    value=value,
                )
