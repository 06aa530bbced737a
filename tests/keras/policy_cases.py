"""Programs with dtype policies, recorded by tools/record_keras_cases.py.

Each is ``case(k)`` -> a nest of arrays, with ``k`` the keras module. Imports neither framework.
"""

import json
from typing import Any

import numpy as np
from mask_cases import IDS, set_values, values

ROWS, STEPS, IMAGE = values((3, 5), 0), values((2, 5, 4), 1), values((2, 6, 6, 3), 2)


def _name(x: Any) -> np.ndarray:
    dtype = x.dtype
    return np.array(json.dumps(dtype if isinstance(dtype, str) else dtype.name))


def _layer(make: Any, x: np.ndarray, **call: Any) -> Any:
    """Output, its dtype and the weights' in each mixed policy."""

    def case(k: Any) -> list:
        found: list = []
        for policy in ("mixed_bfloat16", "mixed_float16"):
            layer = make(k.layers, dtype=policy)
            layer(x)
            y = set_values(layer)(x, **call)
            for leaf in k.tree.flatten(y):
                found += [_name(leaf), np.asarray(k.ops.cast(leaf, "float32"))]
            found += [_name(weight) for weight in layer.weights]
            symbol = layer(k.Input(x.shape[1:], dtype=str(x.dtype)))
            found += [_name(leaf) for leaf in k.tree.flatten(symbol)]
        return found

    return case


def _trained(policy: str, optimizer: Any) -> Any:
    """A small network learns under a policy."""

    def case(k: Any) -> list:
        k.mixed_precision.set_global_policy(policy)
        try:
            layers = k.layers
            inputs = k.Input((6,))
            x = layers.Dense(8, activation="tanh")(inputs)
            x = layers.LayerNormalization()(x)
            outputs = layers.Dense(1, dtype="float32")(x)
            model = k.Model(inputs, outputs)
            set_values(model)
            model.compile(optimizer(k.optimizers), "mse", metrics=["mae"])
            x, y = values((16, 6), 1), values((16, 1), 2)
            losses = [model.train_on_batch(x, y) for _ in range(3)]
            names = [_name(weight) for weight in model.weights]
            kind = np.array(json.dumps(type(model.optimizer).__name__))
            return [np.array(losses), names, kind, model.get_weights()]
        finally:
            k.mixed_precision.set_global_policy("float32")

    return case


def _scaled(k: Any) -> list:
    """Scales that grow, and a step that overflows and changes nothing."""
    model = k.Sequential([k.Input((3,)), k.layers.Dense(1)])
    set_values(model)
    inner = k.optimizers.Adam(0.1)
    optimizer = k.optimizers.LossScaleOptimizer(inner, 1024.0, dynamic_growth_steps=2)
    model.compile(optimizer, "mse")
    found = []
    for step in range(7):
        y = values((4, 1), step) * (np.float32(1e36) if step == 3 else np.float32(1))
        loss = model.train_on_batch(values((4, 3), 1), y)
        state = [optimizer.dynamic_scale, optimizer.step_counter, optimizer.iterations]
        found += [np.array(0 if step == 3 else loss), *map(np.asarray, state)]
        found += model.get_weights()
    config = optimizer.get_config()
    config["inner_optimizer"]["config"].pop("learning_rate")
    return [*found, np.array(json.dumps(config))]


def _map(k: Any) -> list:
    policies = k.dtype_policies.DTypePolicyMap("float32")
    policies["block/first"] = k.dtype_policies.DTypePolicy("mixed_bfloat16")
    policies["block/last.*"] = "float16"

    class Block(k.layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            names = ("first", "other", "last_1")
            self.parts = [k.layers.Dense(2, name=name, dtype=policies) for name in names]

        def build(self, shape: Any) -> None:
            for part in self.parts:
                part.build(shape)

        def call(self, x: Any) -> Any:
            return [part(x) for part in self.parts]

    block = Block(name="block")
    found = [_name(leaf) for leaf in block(ROWS)]
    found += [_name(weight) for weight in block.weights]
    config = k.dtype_policies.serialize(policies)
    told = np.array(json.dumps(block.parts[0].compute_dtype))
    return [*found, np.array(json.dumps(config)), told]


def _configs(k: Any) -> list:
    names = """float32 bfloat16 mixed_float16 int8_from_float32 int8_from_mixed_bfloat16
        float8_from_bfloat16 int4_from_float32 int4/32_from_float32 gptq/4/128_from_float32
        awq/4/-1_from_mixed_bfloat16""".split()
    found = []
    for name in names:
        policy = k.dtype_policies.get(name)
        told = [policy.name, policy.compute_dtype, policy.variable_dtype, policy.quantization_mode]
        found.append(np.array(json.dumps([k.dtype_policies.serialize(policy), told, repr(policy)])))
    return found


def _nested(k: Any) -> list:
    """A layer in float32 inside one in bfloat16, and the other way round."""

    class Outer(k.layers.Layer):
        def __init__(self, inner: str, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.inner = k.layers.Dense(2, dtype=inner)

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight((shape[-1],), "ones", name="scale")
            self.fixed = self.add_weight((shape[-1],), "ones", name="fixed", autocast=False)
            self.inner.build(shape)

        def call(self, x: Any) -> Any:
            y = x * self.scale
            return y, self.inner(y), k.ops.cast(self.fixed, "float32")

    found: list = []
    for outer, inner in (("mixed_bfloat16", "float32"), ("float32", "mixed_bfloat16")):
        layer = Outer(inner, dtype=outer)
        layer(ROWS)
        set_values(layer)
        for leaf in layer(ROWS):
            found += [_name(leaf), np.asarray(k.ops.cast(leaf, "float32"))]
    return found


CASES: dict[str, Any] = {
    "dense": _layer(lambda k, **m: k.Dense(3, activation="relu", **m), ROWS),
    "softmax": _layer(lambda k, **m: k.Dense(3, activation="softmax", **m), ROWS),
    "einsum": _layer(
        lambda k, **m: k.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", **m), STEPS
    ),
    "embedding": _layer(lambda k, **m: k.Embedding(5, 3, **m), IDS),
    "conv1d": _layer(lambda k, **m: k.Conv1D(3, 2, **m), STEPS),
    "conv2d": _layer(lambda k, **m: k.Conv2D(3, 2, **m), IMAGE),
    "depthwise": _layer(lambda k, **m: k.DepthwiseConv2D(2, **m), IMAGE),
    "max_pool": _layer(lambda k, **m: k.MaxPooling2D(**m), IMAGE),
    "mean_pool": _layer(lambda k, **m: k.AveragePooling2D(2, **m), IMAGE),
    "global_mean": _layer(lambda k, **m: k.GlobalAveragePooling2D(**m), IMAGE),
    "flatten": _layer(lambda k, **m: k.Flatten(**m), IMAGE),
    "rescaling": _layer(lambda k, **m: k.Rescaling(0.5, 1.0, **m), IMAGE),
    "batch_norm": _layer(lambda k, **m: k.BatchNormalization(**m), ROWS, training=True),
    "layer_norm": _layer(lambda k, **m: k.LayerNormalization(**m), ROWS),
    "group_norm": _layer(lambda k, **m: k.GroupNormalization(3, **m), IMAGE),
    "rms_norm": _layer(lambda k, **m: k.RMSNormalization(**m), ROWS),
    "unit_norm": _layer(lambda k, **m: k.UnitNormalization(**m), ROWS),
    "prelu": _layer(lambda k, **m: k.PReLU(**m), ROWS),
    "lstm": _layer(lambda k, **m: k.LSTM(3, return_state=True, **m), STEPS),
    "gru": _layer(lambda k, **m: k.GRU(3, return_sequences=True, **m), STEPS),
    "simple_rnn": _layer(lambda k, **m: k.SimpleRNN(3, **m), STEPS),
    "dropout": _layer(lambda k, **m: k.Dropout(0.5, **m), ROWS),
    "trained_bfloat16": _trained("mixed_bfloat16", lambda o: o.SGD(0.01)),
    "trained_float16": _trained("mixed_float16", lambda o: o.SGD(0.01)),
    "trained_own_scale": _trained(
        "mixed_float16", lambda o: o.LossScaleOptimizer(o.SGD(0.01), initial_scale=16.0)
    ),
    "scaled": _scaled,
    "map": _map,
    "configs": _configs,
    "nested": _nested,
}
