"""Programs with LoRA and quantized layers, recorded by tools/record_keras_cases.py.

Each is ``case(k)`` -> a nest of arrays, with ``k`` the keras module. Imports neither framework.
"""

import json
from typing import Any

import numpy as np
from mask_cases import IDS, set_values, values

ROWS, STEPS = values((3, 5), 0), values((2, 4, 6), 1)
MAKE: dict[str, Any] = {
    "dense": (lambda k, **m: k.Dense(4, activation="relu", **m), ROWS),
    "dense_plain": (lambda k, **m: k.Dense(4, use_bias=False, **m), STEPS),
    "einsum": (lambda k, **m: k.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", **m), STEPS),
    "einsum_heads": (lambda k, **m: k.EinsumDense("abc,cde->abde", (None, 2, 3), **m), STEPS),
    "embedding": (lambda k, **m: k.Embedding(5, 3, **m), IDS),
}


def _numbers(k: Any, found: Any) -> np.ndarray:
    return np.asarray(k.ops.convert_to_numpy(found))


def _lora(name: str) -> Any:
    """Outputs and configuration with LoRA, made afterwards and by the constructor; training."""

    def case(k: Any) -> list:
        make, x = MAKE[name]
        layer = make(k.layers)
        layer(x)
        layer.enable_lora(2, lora_alpha=3.0)
        set_values(layer)
        shapes = [[w.name, list(w.shape), w.trainable] for w in layer.weights]
        config = layer.get_config()
        made = make(k.layers, lora_rank=2)
        made(x)
        model = k.Sequential([k.Input(x.shape[1:], dtype=str(x.dtype)), layer])
        model.compile(k.optimizers.SGD(0.01), "mse")
        y = values(tuple(model(x).shape), 3)
        losses = [model.train_on_batch(x, y) for _ in range(3)]
        told = [shapes, config, len(made.weights), made.lora_alpha]
        weights = [_numbers(k, w) for w in layer.weights]
        return [_numbers(k, layer(x)), np.array(losses), weights, np.array(json.dumps(told))]

    return case


CASES: dict[str, Any] = {f"lora_{name}": _lora(name) for name in MAKE}


def lora_model(k: Any) -> Any:
    """For files: the low-rank products are added to the weights."""
    layers = k.layers
    x = k.Input((4, 6))
    y = layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", name="sums")(x)
    model = k.Model(x, layers.Dense(2, name="last")(y))
    for name in ("sums", "last"):
        model.get_layer(name).enable_lora(2)
    return set_values(model)


FILES = {"lora": (lora_model, STEPS)}
