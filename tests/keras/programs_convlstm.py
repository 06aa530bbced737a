import numpy as np
from programs import gradient, loose, values


def weighted(layer, shape):
    layer.build(shape)
    new = [values(*w.shape, start=float(i)) * 0.3 for i, w in enumerate(layer.get_weights())]
    layer.set_weights(new)
    return layer


def both(keras, kind, shape, options):
    x = values(*shape)
    layer = weighted(getattr(keras.layers, kind)(**options), shape)
    found = {"y": layer(x) if not options.get("return_state") else layer(x)[0]}
    if options.get("return_state"):
        for i, state in enumerate(layer(x)[1:]):
            found[f"state{i}"] = state

    def run(x):
        y = layer(x)
        return y[0] if isinstance(y, list | tuple) else y

    found["gradient"] = gradient(keras, run, x)
    config = layer.get_config()
    config.pop("dtype")
    config.pop("seed")
    found["config"] = config
    found["shape"] = str(tuple(layer.compute_output_shape((None, *shape[1:]))))
    found["weights"] = str([(w.name, tuple(w.shape)) for w in layer.weights])
    found["again"] = type(layer).from_config(layer.get_config())(x).shape
    return found


@loose(1e-4)
def case_conv_lstm(keras):
    found = {}
    rows = [
        ("ConvLSTM1D", (2, 3, 6, 2), {"filters": 3, "kernel_size": 3}),
        (
            "ConvLSTM1D",
            (2, 3, 6, 2),
            {"filters": 2, "kernel_size": 2, "padding": "same", "return_sequences": True},
        ),
        ("ConvLSTM2D", (2, 3, 5, 6, 2), {"filters": 3, "kernel_size": 3}),
        (
            "ConvLSTM2D",
            (2, 3, 5, 6, 2),
            {
                "filters": 2,
                "kernel_size": (3, 2),
                "padding": "same",
                "return_sequences": True,
                "go_backwards": True,
                "recurrent_activation": "hard_sigmoid",
                "use_bias": False,
            },
        ),
        (
            "ConvLSTM2D",
            (1, 2, 7, 7, 2),
            {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"},
        ),
        ("ConvLSTM2D", (1, 2, 6, 6, 2), {"filters": 2, "kernel_size": 2, "dilation_rate": 2}),
        ("ConvLSTM3D", (1, 2, 3, 4, 4, 2), {"filters": 2, "kernel_size": 2, "padding": "same"}),
    ]
    for i, (kind, shape, options) in enumerate(rows):
        found |= {f"{i}.{key}": v for key, v in both(keras, kind, shape, options).items()}
    layer = keras.layers.ConvLSTM2D(2, 3, return_state=True, return_sequences=True)
    layer = weighted(layer, (1, 2, 5, 5, 1))
    output, h, c = layer(values(1, 2, 5, 5, 1))
    return found | {"output": output, "h": h, "c": c}


@loose(1e-4)
def case_masks_and_states(keras):
    x = values(2, 4, 5, 5, 1)
    layer = weighted(keras.layers.ConvLSTM2D(2, 3, padding="same"), (2, 4, 5, 5, 1))
    mask = np.array([[True, True, False, True], [True, False, False, False]])
    found = {"masked": layer(x, mask=mask)}
    starts = [values(2, 5, 5, 2), values(2, 5, 5, 2, start=1.0)]
    found["started"] = layer(x, initial_state=[keras.ops.convert_to_tensor(s) for s in starts])
    model = keras.Sequential(
        [
            keras.Input((4, 5, 5, 1)),
            keras.layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True),
            keras.layers.ConvLSTM2D(1, 3, padding="same"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    new = [values(*w.shape, start=float(i)) * 0.2 for i, w in enumerate(model.get_weights())]
    model.set_weights(new)
    model.compile(keras.optimizers.SGD(0.01), "mse")
    history = model.fit(x, values(2, 1), epochs=3, verbose=0, shuffle=False)
    found["loss"] = history.history["loss"]
    for i, w in enumerate(model.get_weights()):
        found[f"w{i}"] = w
    return found
