"""Programs that put masks through layers, recorded by tools/record_keras_cases.py.

Each is ``case(k)`` -> a nest of arrays, with ``k`` the keras module. Imports neither framework.
"""

from typing import Any

import numpy as np

IDS = np.array([[1, 2, 0, 0], [3, 0, 1, 2]])
OTHER = np.array([[4, 1, 2, 0], [0, 0, 3, 1]])


def values(shape: tuple, number: float) -> np.ndarray:
    """Numbers without ties, between -2 and 2."""
    angles = np.arange(int(np.prod(shape))) * 1.37 + 0.7 * number + 0.3
    return (2 * np.sin(angles)).astype("float32").reshape(shape)


def set_values(layer: Any) -> Any:
    """A layer or model with the recorded weights."""
    layer.set_weights([values(tuple(w.shape), 10 + i) / 2 for i, w in enumerate(layer.weights)])
    return layer


def flat(k: Any, found: Any) -> list:
    """The arrays of a result, each followed by its mask (-1 without one)."""
    arrays = []
    for leaf in k.tree.flatten(found):
        mask = getattr(leaf, "_keras_mask", None)
        arrays += [np.asarray(leaf), np.asarray(-1 if mask is None else mask)]
    return arrays


class Sources:
    """Embedded ids with masks, and without."""

    def __init__(self, k: Any) -> None:
        self.with_mask = k.layers.Embedding(5, 6, mask_zero=True)
        self.without = k.layers.Embedding(5, 6)
        for number, layer in enumerate((self.with_mask, self.without)):
            layer.build((2, 4))
            layer.set_weights([values((5, 6), number)])


def _one(make: Any, **call: Any) -> Any:
    def case(k: Any) -> list:
        layer, sources = make(k.layers), Sources(k)
        x = sources.with_mask(IDS)
        layer(x)
        return flat(k, set_values(layer)(x, **call))

    return case


def _merge(name: str, masks: str, **options: Any) -> Any:
    def case(k: Any) -> list:
        sources = Sources(k)
        ids = (IDS, OTHER, IDS[:, ::-1])
        given = [
            (sources.with_mask if one == "m" else sources.without)(value)
            for one, value in zip(masks, ids, strict=False)
        ]
        return flat(k, getattr(k.layers, name)(**options)(given))

    return case


def _lstm_with_states(k: Any) -> list:
    """A call on several tensors fills no mask in."""
    layer, sources = k.layers.LSTM(3), Sources(k)
    states = [np.zeros((2, 3), "float32")] * 2
    layer(sources.with_mask(IDS))
    return flat(k, set_values(layer)(sources.with_mask(IDS), initial_state=states))


def _functional(k: Any) -> list:
    layers = k.layers
    inputs = k.Input((4,), dtype="int32")
    x = layers.Embedding(5, 6, mask_zero=True)(inputs)
    y = layers.Dense(6)(x)
    added = layers.Add()([x, y])
    plain = layers.Add()([x, y + 1.0])
    mean = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(added))
    model = k.Model(inputs, [y, added, plain, mean, layers.LSTM(3)(layers.Concatenate()([x, y]))])
    return flat(k, set_values(model)(IDS))


def _given_mask(k: Any) -> list:
    inputs = k.Input((4, 6))
    model = k.Model(inputs, k.layers.LSTM(3, return_sequences=True)(inputs))
    row = k.Sequential([k.Input((4, 6)), k.layers.LSTM(3, return_sequences=True)])
    x = values((2, 4, 6), 3)
    mask = k.ops.convert_to_tensor(IDS > 0)
    return [flat(k, set_values(one)(x, mask=mask)) for one in (model, row)]


def _subclass(k: Any) -> list:
    class Own(k.Model):
        def __init__(self) -> None:
            super().__init__()
            self.embed = k.layers.Embedding(5, 6, mask_zero=True)
            self.cell = k.layers.GRU(3, return_sequences=True)
            self.dense = k.layers.Dense(2)

        def call(self, ids: Any) -> Any:
            return self.dense(self.cell(self.embed(ids)))

    model = Own()
    model(IDS)
    set_values(model)
    model.compile(k.optimizers.SGD(0.1), "mse", metrics=["mae"])
    losses = [model.train_on_batch(IDS, values((2, 4, 2), 2)) for _ in range(3)]
    return [np.array(losses), flat(k, model(IDS))]


def _own_layer(k: Any) -> list:
    class Halve(k.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.supports_masking = True

        def call(self, x: Any) -> Any:
            return x[:, ::2]

        def compute_mask(self, x: Any, mask: Any) -> Any:
            return None if mask is None else mask[:, ::2]

    x = Halve()(Sources(k).with_mask(IDS))
    return flat(k, (x, k.layers.GlobalAveragePooling1D()(x)))


def _normalized(k: Any) -> list:
    layer, sources = k.layers.BatchNormalization(), Sources(k)
    found = flat(k, layer(sources.with_mask(IDS), training=True))
    return [*found, *(np.asarray(w) for w in layer.weights)]


def _softmax(k: Any) -> list:
    x = values((2, 3, 4), 0)
    mask = values((2, 3, 4), 1) > 0
    mask[1, 1] = False
    layers = k.layers
    return [
        np.asarray(layers.Softmax()(x, mask=mask)),
        np.asarray(layers.Softmax(axis=[1, 2])(x, mask=mask)),
        np.asarray(layers.Softmax()(x, mask=mask.astype("float32"))),
        np.asarray(layers.Softmax()(x, mask=mask[:, :1])),
    ]


def _weighted_metric(k: Any) -> list:
    layers = k.layers
    model = k.Sequential(
        [k.Input((4,), dtype="int32"), layers.Embedding(5, 6, mask_zero=True), layers.Dense(1)]
    )
    set_values(model)
    model.compile(k.optimizers.SGD(0.1), "mse", metrics=["mae"], weighted_metrics=["mse"])
    y, weight = values((2, 4, 1), 2), np.array([[1.0, 2, 3, 4], [0.5, 1, 0, 2]])
    return [
        np.array(model.train_on_batch(IDS, y)),
        np.array(model.train_on_batch(IDS, y, sample_weight=weight)),
        np.array(model.test_on_batch(IDS, y, sample_weight=np.array([[1.0], [3.0]]))),
    ]


CASES: dict[str, Any] = {
    "dense": _one(lambda k: k.Dense(3)),
    "activation": _one(lambda k: k.Activation("relu")),
    "layer_norm": _one(lambda k: k.LayerNormalization()),
    "mean": _one(lambda k: k.GlobalAveragePooling1D()),
    "mean_kept": _one(lambda k: k.GlobalAveragePooling1D(keepdims=True)),
    "masking": _one(lambda k: k.Masking(0.5)),
    "lstm_all": _one(lambda k: k.LSTM(3, return_sequences=True, return_state=True)),
    "simple_rnn": _one(lambda k: k.SimpleRNN(3)),
    "each": _one(lambda k: k.TimeDistributed(k.Dense(2))),
    "each_softmax": _one(lambda k: k.TimeDistributed(k.Activation("softmax"))),
    "both_apart": _one(
        lambda k: k.Bidirectional(k.LSTM(3, return_sequences=True), merge_mode=None)
    ),
    "both_states": _one(
        lambda k: k.Bidirectional(k.GRU(3, return_sequences=True, return_state=True))
    ),
    "lambda_kept": _one(lambda k: k.Lambda(lambda x: x * 2, mask=lambda x, mask: mask)),
    "lstm_with_states": _lstm_with_states,
    "functional": _functional,
    "given_mask": _given_mask,
    "subclass": _subclass,
    "own_layer": _own_layer,
    "normalized": _normalized,
    "softmax": _softmax,
    "weighted_metric": _weighted_metric,
}
for _name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
    for _masks in ("mm", "mn", "nm"):
        CASES[f"{_name}_{_masks}"] = _merge(_name, _masks)
for _name in ("Add", "Multiply", "Maximum"):
    for _masks in ("mmm", "mnm"):
        CASES[f"{_name}_{_masks}"] = _merge(_name, _masks)
CASES["Concatenate_time"] = _merge("Concatenate", "mn", axis=1)
CASES["Dot"] = _merge("Dot", "mm", axes=2)
