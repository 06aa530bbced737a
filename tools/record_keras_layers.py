"""Records outputs, gradients and summaries of real Keras, in the peers' environment.

    COLUMNS=80 KERAS_BACKEND=jax PYTHONPATH=tests/keras python tools/record_keras_layers.py

Writes golden_summary.json and golden_layers.npz into tests/keras. The latter holds for case i the
arrays i/y, i/w<k> (the weights after the
call), i/gx<k> and i/gw<k> (the gradients of sum(y * cotangent)), and i/config as JSON.
"""

import json
from pathlib import Path

import jax
import keras
import numpy as np
import summary_cases
from layer_cases import CASES, inputs, label, values, weight

TESTS = Path(__file__).parents[1] / "tests" / "keras"


def record(case):
    kind, arguments, _, training = case
    keras.backend.clear_session()
    layer = getattr(keras.layers, kind)(**arguments)
    xs = [jax.numpy.asarray(x) for x in inputs(case)]
    single = len(xs) == 1
    layer(xs[0] if single else xs)
    for number, variable in enumerate(layer.weights):
        variable.assign(weight(variable.shape, number, variable.name))
    kwargs = {"training": training} if training else {}
    frozen = [v.value for v in layer.non_trainable_variables]

    def run(trainable, arrays):
        given = arrays[0] if single else arrays
        return layer.stateless_call(trainable, frozen, given, **kwargs)

    trainable = [v.value for v in layer.trainable_variables]
    (y, after) = run(trainable, xs)
    found = {"y": y, "config": np.array(json.dumps(layer.get_config()))}
    by_path = {v.path: value for v, value in zip(layer.non_trainable_variables, after, strict=True)}
    for number, variable in enumerate(layer.weights):
        found[f"w{number}"] = by_path.get(variable.path, variable.value)
    cotangent = values(y.shape, 5)
    if kind != "Embedding":
        _, pull = jax.vjp(lambda t, a: run(t, a)[0], trainable, xs)
        weights, arrays = pull(jax.numpy.asarray(cotangent))
        found.update({f"gx{number}": g for number, g in enumerate(arrays)})
    else:
        _, pull = jax.vjp(lambda t: run(t, xs)[0], trainable)
        (weights,) = pull(jax.numpy.asarray(cotangent))
    found.update({f"gw{number}": g for number, g in enumerate(weights)})
    return {key: np.asarray(value) for key, value in found.items()}


def main():
    keras.backend.clear_session()
    summaries = summary_cases.texts(keras)
    (TESTS / "golden_summary.json").write_text(json.dumps(summaries, ensure_ascii=False, indent=0))
    everything = {"labels": np.array([label(case) for case in CASES])}
    for number, case in enumerate(CASES):
        everything.update({f"{number}/{key}": value for key, value in record(case).items()})
    np.savez_compressed(TESTS / "golden_layers.npz", **everything)


main()
