"""Programs with attention layers, recorded by tools/record_keras_cases.py.

Each is ``case(k)`` -> a nest of arrays, with ``k`` the keras module. Imports neither framework.
"""

import json
from typing import Any

import numpy as np
from mask_cases import IDS, Sources, flat, set_values, values

QUERY, VALUE, KEY = (values((2, n, 6), i) for i, n in enumerate((4, 5, 5)))
SEEN = values((2, 4, 5), 4) > -0.5
ROW = values((2, 5), 6) > -0.3


def _config(layer: Any) -> np.ndarray:
    return np.array(json.dumps(layer.get_config()))


def _train(k: Any, make: Any, calls: Any) -> list:
    """Three steps of a model around the layer, whose inputs are learned too."""
    layers = k.layers
    inputs = [k.Input((n,), dtype="int32") for n in (4, 5)]
    x = layers.Embedding(7, 6)(inputs[0])
    y = layers.Embedding(7, 6)(inputs[1])
    found = calls(make(layers), x, y)
    found = found[0] if isinstance(found, list | tuple) else found
    model = k.Model(inputs, layers.Dense(1)(found))
    set_values(model)
    model.compile(k.optimizers.SGD(0.01), "mse")
    ids = [np.arange(8).reshape(2, 4) * 3 % 7, np.arange(10).reshape(2, 5) * 5 % 7]
    target = values((2, *model.output_shape[1:]), 2)
    losses = [model.train_on_batch(ids, target) for _ in range(3)]
    return [np.array(losses), *(np.asarray(weight) for weight in model.get_weights())]


def _heads(make: Any, trained: bool = True, key: bool = False, **call: Any) -> Any:
    def case(k: Any) -> list:
        layer = make(k.layers)
        first = (QUERY, VALUE, KEY) if key else (QUERY, VALUE)
        layer(*first)
        y = set_values(layer)(*first, **call)
        more = {n: v for n, v in call.items() if isinstance(v, bool)}
        steps = _train(k, make, lambda layer, x, y: layer(x, y, **more)) if trained else []
        return [[np.asarray(leaf) for leaf in k.tree.flatten(y)], steps, _config(make(k.layers))]

    return case


def _lists(make: Any, key: bool = False, **call: Any) -> Any:
    def case(k: Any) -> list:
        layer = make(k.layers)
        first = [QUERY, VALUE, KEY] if key else [QUERY, VALUE]
        layer(first)
        y = set_values(layer)(first, **call)
        more = {n: v for n, v in call.items() if isinstance(v, bool)}
        steps = _train(k, make, lambda layer, x, y: layer([x, y], **more))
        return [[np.asarray(leaf) for leaf in k.tree.flatten(y)], steps, _config(make(k.layers))]

    return case


def _masked(make: Any, **call: Any) -> Any:
    """On tensors with masks: self-attention, and attention over another masked sequence."""

    def case(k: Any) -> list:
        sources, layer = Sources(k), make(k.layers)
        x = sources.with_mask(IDS)
        lists = isinstance(layer, k.layers.Attention)
        layer([x, x]) if lists else layer(x, x)
        set_values(layer)
        found = []
        for number in range(3):
            x, other = sources.with_mask(IDS), sources.with_mask(IDS[:, ::-1])
            given = ((x, x), (x, other), (sources.without(IDS), other))[number]
            found.append(flat(k, layer(list(given), **call) if lists else layer(*given, **call)))
            found += [flat(k, tensor)[1] for tensor in given]
        return found

    return case


def _block(k: Any) -> list:
    """A transformer block behind a masked embedding."""
    layers = k.layers
    inputs = k.Input((4,), dtype="int32")
    x = layers.Embedding(5, 6, mask_zero=True)(inputs)
    y = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    x = layers.LayerNormalization()(x + layers.Dense(6)(layers.Dense(8, activation="relu")(x)))
    model = k.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))
    set_values(model)
    model.compile(k.optimizers.SGD(0.01), "mse")
    losses = [model.train_on_batch(IDS, np.array([[1.0], [-1.0]])) for _ in range(3)]
    return [np.array(losses), model.predict(IDS, verbose=0)]


def _axes(k: Any) -> list:
    x, y = values((2, 3, 4, 6), 1), values((2, 3, 5, 6), 2)
    found = []
    for axes, value in ((2, y), ((1, 2), y), (None, values((2, 3, 4, 6), 5))):
        layer = k.layers.MultiHeadAttention(2, 3, attention_axes=axes)
        layer(x, value)
        scored = set_values(layer)(x, value, return_attention_scores=True)
        found += [*map(np.asarray, scored), np.asarray(layer(x, value)), _config(layer)]
    return found


def _dropout(k: Any) -> list:
    """Outside of training, where the weights are found the other way."""
    layer = k.layers.MultiHeadAttention(2, 3, dropout=0.3, seed=5)
    layer(QUERY, VALUE)
    given = set_values(layer)(QUERY, VALUE, attention_mask=SEEN)
    return [np.asarray(given), _config(layer)]


def _products(k: Any) -> list:
    q, key, v = (values((2, n, 4, 6), i) for i, n in enumerate((3, 5, 5)))
    attend = k.ops.dot_product_attention
    bias, mask = values((2, 4, 3, 5), 7), values((2, 4, 3, 5), 8) > 0
    mask[0, 0, 0] = False
    return [
        np.asarray(one)
        for one in (
            attend(q, key, v),
            attend(q, key, v, scale=0.5, is_causal=True),
            attend(q, key, v, bias=bias),
            attend(q, key, v, mask=mask),
            attend(q, key, v, mask=mask[:, :1], is_causal=True),
            attend(q, key[:, :, :2], v[:, :, :2]),
        )
    ]


SCORES, CAUSAL = {"return_attention_scores": True}, {"use_causal_mask": True}
CASES: dict[str, Any] = {
    "multi": _heads(lambda k: k.MultiHeadAttention(2, 3)),
    "multi_key": _heads(lambda k: k.MultiHeadAttention(2, 3), key=True),
    "multi_wide": _heads(lambda k: k.MultiHeadAttention(3, 2, value_dim=5, output_shape=7)),
    "multi_two": _heads(lambda k: k.MultiHeadAttention(2, 3, output_shape=(3, 4), use_bias=False)),
    "multi_scores": _heads(lambda k: k.MultiHeadAttention(2, 3), **SCORES),
    "multi_causal": _heads(lambda k: k.MultiHeadAttention(2, 3), **CAUSAL),
    "multi_both": _heads(lambda k: k.MultiHeadAttention(2, 3), **SCORES, **CAUSAL),
    "multi_seen": _heads(lambda k: k.MultiHeadAttention(2, 3), attention_mask=SEEN),
    "multi_seen_scores": _heads(
        lambda k: k.MultiHeadAttention(2, 3), False, attention_mask=SEEN, **SCORES, **CAUSAL
    ),
    "multi_window": _heads(lambda k: k.MultiHeadAttention(2, 3, sliding_window=2), **CAUSAL),
    "multi_gate": _heads(lambda k: k.MultiHeadAttention(2, 3, use_gate=True, value_dim=4)),
    "multi_masks": _heads(
        lambda k: k.MultiHeadAttention(2, 3), False, True, value_mask=ROW, key_mask=~ROW
    ),
    "multi_options": _heads(
        lambda k: k.MultiHeadAttention(
            2,
            3,
            kernel_regularizer="l2",
            activity_regularizer="l2",
            kernel_constraint="max_norm",
            bias_initializer="ones",
        )
    ),
    "multi_axes": _axes,
    "multi_dropout": _dropout,
    "multi_masked": _masked(lambda k: k.MultiHeadAttention(2, 3)),
    "multi_masked_scores": _masked(lambda k: k.MultiHeadAttention(2, 3), **SCORES),
    "grouped": _heads(lambda k: k.GroupQueryAttention(3, 4, 2)),
    "grouped_key": _heads(lambda k: k.GroupQueryAttention(3, 4, 1), key=True),
    "grouped_scores": _heads(lambda k: k.GroupQueryAttention(3, 4, 4, use_gate=True), **SCORES),
    "grouped_window": _heads(
        lambda k: k.GroupQueryAttention(3, 4, 2, sliding_window=3, use_bias=False), **CAUSAL
    ),
    "grouped_seen": _heads(lambda k: k.GroupQueryAttention(3, 4, 2), attention_mask=SEEN),
    "grouped_masked": _masked(lambda k: k.GroupQueryAttention(3, 2, 1)),
    "dot": _lists(lambda k: k.Attention()),
    "dot_key": _lists(lambda k: k.Attention(use_scale=True), key=True),
    "dot_causal": _lists(lambda k: k.Attention(), **CAUSAL, **SCORES),
    "dot_masks": _lists(lambda k: k.Attention(), mask=[SEEN[:, :, 0], ROW]),
    "dot_masks_causal": _lists(lambda k: k.Attention(), mask=[None, ROW], **CAUSAL),
    "concat": _lists(lambda k: k.Attention(score_mode="concat")),
    "concat_scale": _lists(lambda k: k.Attention(True, "concat", dropout=0.0, seed=3)),
    "additive": _lists(lambda k: k.AdditiveAttention()),
    "additive_plain": _lists(lambda k: k.AdditiveAttention(use_scale=False), **SCORES),
    "additive_masks": _lists(lambda k: k.AdditiveAttention(), mask=[SEEN[:, :, 0], ROW]),
    "dot_masked": _masked(lambda k: k.Attention()),
    "additive_masked": _masked(lambda k: k.AdditiveAttention(), **SCORES),
    "block": _block,
    "products": _products,
}


def attention_model(k: Any) -> Any:
    """For files: every attention layer once."""
    layers = k.layers
    x, y = k.Input((4, 6)), k.Input((5, 6))
    found = [
        layers.MultiHeadAttention(2, 3, use_gate=True)(x, y),
        layers.MultiHeadAttention(2, 3, dropout=0.1, value_dim=2)(x, y, use_causal_mask=True),
        layers.GroupQueryAttention(3, 4, 2)(x, y),
        layers.Attention(use_scale=True)([x, y]),
        layers.Attention(score_mode="concat")([x, y]),
        layers.AdditiveAttention()([x, y]),
    ]
    return set_values(k.Model([x, y], layers.Add()(found)))


FILES = {"attention": (attention_model, [QUERY, VALUE])}
