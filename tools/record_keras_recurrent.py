"""Records recurrent layers of real Keras, in the peers' environment.

    KERAS_BACKEND=jax PYTHONPATH=tests/keras python tools/record_keras_recurrent.py

Writes tests/keras/golden_recurrent.npz: for a case its outputs name/y<k>, the gradients of
sum(y * cotangent) name/gx and name/gw<k>, and name/config as JSON; and the weights after three
steps of training, with the loss of each.
"""

import json
from pathlib import Path

import jax
import keras
import numpy as np
from recurrent_cases import CASES, call_arguments, inputs, masked_sequences, values, weight

TESTS = Path(__file__).parents[1] / "tests" / "keras"


def record(make, options):
    keras.backend.clear_session()
    layer = make(keras.layers)
    given = call_arguments(options)
    x = jax.numpy.asarray(inputs())
    config = layer.get_config()
    layer(x, **given)
    for number, variable in enumerate(layer.weights):
        variable.assign(weight(variable.shape, number))
    frozen = [v.value for v in layer.non_trainable_variables]

    def run(trainable, x):
        return keras.tree.flatten(layer.stateless_call(trainable, frozen, x, **given)[0])

    trainable = [v.value for v in layer.trainable_variables]
    ys, pull = jax.vjp(run, trainable, x)
    found = {f"y{i}": y for i, y in enumerate(ys)}
    weights, gx = pull([jax.numpy.asarray(values(y.shape, 5 + i)) for i, y in enumerate(ys)])
    found.update({f"gw{i}": g for i, g in enumerate(weights)})
    found["gx"] = gx
    found["config"] = np.array(json.dumps(config))
    return {key: np.asarray(value) for key, value in found.items()}


def train():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(3),
            layers.Dense(1),
        ]
    )
    model.set_weights([weight(v.shape, i) for i, v in enumerate(model.weights)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = np.arange(24).reshape(4, 6) * 5 % 9
    x[:, 4:] = [[0, 0], [3, 0], [1, 2], [0, 0]]
    losses = [model.train_on_batch(x, values((4, 1), 2)) for _ in range(3)]
    found = {f"train/w{i}": np.asarray(v.value) for i, v in enumerate(model.weights)}
    every = keras.Sequential([keras.Input((6,), dtype="int32"), *masked_sequences(layers)])
    every.set_weights([weight(v.shape, i) for i, v in enumerate(every.weights)])
    every.compile(keras.optimizers.SGD(0.1), "mse")
    found["train/every"] = [every.train_on_batch(x, values((4, 6, 1), 2)) for _ in range(3)]
    return {"train/losses": np.array(losses), "train/p": model.predict(x, verbose=0), **found}


def main():
    everything = train()
    for name, make, options in CASES:
        everything.update({f"{name}/{key}": v for key, v in record(make, options).items()})
    np.savez_compressed(TESTS / "golden_recurrent.npz", **everything)


main()
