"""Programs with quantized layers, recorded by tools/record_keras_cases.py.

Each is ``case(k)`` -> a nest of arrays, with ``k`` the keras module. Imports neither framework.
"""

import json
from typing import Any

import numpy as np
from mask_cases import IDS, set_values, values

STEPS = values((2, 4, 6), 1)
LAYERS: dict[str, Any] = {
    "dense": lambda k: k.Dense(5, activation="relu"),
    "dense_plain": lambda k: k.Dense(4, use_bias=False),
    "einsum": lambda k: k.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"),
    "einsum_heads": lambda k: k.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="d"),
    "einsum_joined": lambda k: k.EinsumDense("abc,bcd->ad", 3),
    "embedding": lambda k: k.Embedding(5, 3),
}


def _config(k: Any, kind: str) -> Any:
    q = k.quantizers
    return {
        "int8": lambda: q.Int8QuantizationConfig(),
        "int8_weights": lambda: q.Int8QuantizationConfig(activation_quantizer=None),
        "int4_channel": lambda: q.Int4QuantizationConfig(block_size=None),
        "int4_blocks": lambda: q.Int4QuantizationConfig(block_size=2),
        "int4_inputs": lambda: q.Int4QuantizationConfig(
            q.AbsMaxQuantizer(axis=0, value_range=(-8, 7)), q.AbsMaxQuantizer(), block_size=-1
        ),
        "float8": lambda: q.Float8QuantizationConfig(),
    }[kind]()


def _numbers(k: Any, found: Any) -> np.ndarray:
    return np.asarray(k.ops.convert_to_numpy(found)).astype("float32")


def _case(name: str, kind: str) -> Any:
    """The variables, outputs before and after training what is in front, the configuration."""

    def case(k: Any) -> list:
        x = IDS if name == "embedding" else STEPS
        layer = LAYERS[name](k.layers)
        front = [] if name == "embedding" else [k.layers.Dense(6)]
        model = k.Sequential([k.Input(x.shape[1:], dtype=str(x.dtype)), *front, layer])
        set_values(model)
        layer.quantize(config=_config(k, kind))
        found = [_numbers(k, model(x)), *[_numbers(k, w) for w in layer.weights]]
        told = [layer.dtype_policy.name, [w.name for w in layer.weights], layer.get_config()]
        if kind != "float8":
            layer.enable_lora(2)
            for factor in (w for w in layer.weights if "lora" in w.name):
                factor.assign(0.3 * values(tuple(factor.shape), 7))
        model.compile(k.optimizers.SGD(0.002), "mse")
        y = values(tuple(model(x).shape), 3)
        losses = [model.train_on_batch(x, y) for _ in range(3)]
        found += [np.array(losses), model.predict(x, verbose=0)]
        store: dict[str, Any] = {}
        layer.save_own_variables(store)
        found += [_numbers(k, store[str(place)]) for place in range(len(store))]
        return [*found, np.array(json.dumps(told))]

    return case


_KINDS = ("int8", "int8_weights", "int4_channel", "int4_blocks", "int4_inputs", "float8")
_LACKING = {("embedding", "float8"), ("embedding", "int4_inputs")}
CASES: dict[str, Any] = {
    f"{name}_{kind}": _case(name, kind)
    for name in LAYERS
    for kind in _KINDS
    if (name, kind) not in _LACKING
}


def _functions(k: Any) -> list:
    q, x = k.quantizers, values((5, 6), 2)
    packed, shape, length = q.pack_int4(np.arange(-8, 7).reshape(3, 5).astype("int8"), axis=1)
    parts = [
        *q.abs_max_quantize(x, axis=0),
        *q.abs_max_quantize_grouped_with_zero_point(x, 2),
        q.unpack_int4(packed, length, axis=1),
        packed,
        q.quantize_and_dequantize(x, 0.3, "float8_e4m3fn", "float32"),
        q.quantize_and_dequantize(x * 1e5, 1.5, "float8_e5m2", "float32"),
        q.fake_quant_with_min_max_vars(x, -0.6, 0.7, num_bits=4, narrow_range=True),
        q.fake_quant_with_min_max_vars(x, [-0.6] * 5, [0.7, 1, 2, 3, 0.1], axis=0),
        q.compute_float8_scale(2.0, 1.0, 448.0),
        q.compute_float8_amax_history(x, values((4,), 1)),
    ]
    configs = [q.serialize(q.AbsMaxQuantizer(axis=1)), list(shape), length]
    return [*[_numbers(k, part) for part in parts], np.array(json.dumps(configs))]


CASES["functions"] = _functions


def _model(k: Any, mode: str) -> Any:
    layers = k.layers
    x = k.Input((4,), dtype="int32")
    y = layers.Embedding(9, 6, name="words")(x)
    y = layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", name="sums")(y)
    model = set_values(k.Model(x, layers.Dense(2, name="last")(y)))
    model.quantize(mode, filters=["words", "sums", "last"])
    return model


TOKENS = np.array([[1, 8, 3, 0], [5, 5, 2, 7]], "int32")
FILES = {
    "int8": (lambda k: _model(k, "int8"), TOKENS),
    "int4": (lambda k: _model(k, "int4"), TOKENS),
}
"""Quantized models, saved by real Keras and read here."""
