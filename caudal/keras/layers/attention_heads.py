"""Scores of queries and keys by heads, and the values that they weight."""

from __future__ import annotations

import math
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras.layers.attention_masks import for_heads
from caudal.keras.ops.networks import dot_product_attention
from caudal.linalg import einsum


def attend(
    layer: Any, query: Any, key: Any, value: Any, mask: Any, training: Any, scores_wanted: bool
) -> tuple[Any, Any]:
    """Outputs (batch, queries, heads, features), and the weights of the keys if wanted.

    ``layer``: a ProjectedAttention. As in Keras, a query that may see no key gets the mean of the
    values, but 0 when the weights are wanted or thinned out.
    """
    scale = 1.0 / math.sqrt(float(query.shape[-1]))
    flash, axes = layer._flash_attention, len(layer._attention_axes)
    if flash and scores_wanted:
        raise InvalidArgumentError(
            "Layer {layer!r}: attention scores cannot be returned with flash attention.",
            layer=layer.name,
        )
    if not layer.dropout and not scores_wanted and len(query.shape) == 4:
        mask = for_heads(mask, 4, axes)
        found = dot_product_attention(
            query, key, value, mask=mask, scale=scale, flash_attention=flash
        )
        return found, None
    scores = einsum(layer._equations[0], key, query * scale)
    scores = layer._softmax(scores, mask=for_heads(mask, len(scores.shape), axes))
    kept = layer._dropout_layer(scores, training=training) if layer.dropout else scores
    return einsum(layer._equations[1], kept, convert_to_tensor(value)), scores
