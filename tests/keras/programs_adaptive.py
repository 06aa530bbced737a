"""Recorded with KERAS_BACKEND=jax: TensorFlow 2.21 stops with a floating point exception here."""

from programs import gradient, values

SHAPES = {1: (2, 7, 3), 2: (2, 7, 5, 3), 3: (1, 3, 4, 5, 2)}
SIZES = {1: [3], 2: [(3, 2)], 3: [2]}


def case_adaptive(keras):
    found = {}
    for kind in ("Average", "Max"):
        for rank, shape in SHAPES.items():
            for size in SIZES[rank]:
                name = f"{kind}{rank}{size}"
                layer = getattr(keras.layers, f"Adaptive{kind}Pooling{rank}D")(size)
                x = values(*shape)
                found[name] = layer(x)
                found[f"{name}.gradient"] = gradient(
                    keras, lambda x, f=layer: f(x) * f(x), values(*shape)
                )
                config = layer.get_config()
                config.pop("dtype")
                found[f"{name}.config"] = config
                found[f"{name}.shape"] = str(tuple(layer.compute_output_shape((None, *shape[1:]))))
    return found
