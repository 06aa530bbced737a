"""Programs with layers around layers, recorded by tools/record_keras_cases.py.

Each is ``case(k)`` -> a nest of arrays, with ``k`` the keras module. Imports neither framework.
"""

import json
from typing import Any

import numpy as np
from mask_cases import set_values, values


def _spectral(make: Any, x: np.ndarray, **options: Any) -> Any:
    def case(k: Any) -> list:
        layer = k.layers.SpectralNormalization(make(k.layers), **options)
        layer(x)
        set_values(layer)
        found = [np.asarray(layer(x))]
        for _ in range(2):
            found += [np.asarray(layer(x, training=True)), *layer.get_weights()]
        return [*found, np.array(json.dumps(layer.get_config()["power_iterations"]))]

    return case


def _trained(k: Any) -> list:
    layers = k.layers
    model = k.Sequential(
        [
            k.Input((6,)),
            layers.SpectralNormalization(layers.Dense(4, activation="tanh")),
            layers.Dense(1),
        ]
    )
    set_values(model)
    model.compile(k.optimizers.SGD(0.05), "mse")
    x, y = values((8, 6), 1), values((8, 1), 2)
    losses = [model.train_on_batch(x, y) for _ in range(3)]
    return [np.array(losses), *model.get_weights()]


def _zeros(k: Any) -> list:
    layer = k.layers.SpectralNormalization(k.layers.Dense(3, kernel_initializer="zeros"))
    return [np.asarray(layer(values((2, 4), 0), training=True)), np.asarray(layer.layer.kernel)]


CASES: dict[str, Any] = {
    "dense": _spectral(lambda k: k.Dense(3), values((4, 5), 0)),
    "conv": _spectral(lambda k: k.Conv2D(3, 2), values((2, 5, 5, 2), 0), power_iterations=3),
    "trained": _trained,
    "zeros": _zeros,
}
