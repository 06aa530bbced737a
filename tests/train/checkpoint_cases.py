"""What the checkpoints of tests/train/files hold; tools/record_checkpoints.py made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

rng = np.random.default_rng(5)
X = rng.random((8, 3), "float32")
Z = rng.random((8, 3), "float32")
IMAGES = rng.random((4, 5, 5, 2), "float32")
WORDS = rng.integers(0, 6, (4, 3)).astype("int32")


@dataclass
class Case:
    make: Any
    inputs: Any
    targets: Any


def row(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def graph(keras):
    """Two inputs, a shared layer, a model inside, a residual connection."""
    layers = keras.layers
    a, b = keras.Input((3,)), keras.Input((3,))
    shared = layers.Dense(2)
    x = layers.Concatenate()([shared(a), shared(b)])
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh")])
    y = layers.Add()([inner(x), layers.Dense(3)(x)])
    model = keras.Model([a, b], layers.Dense(1)(y))
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    return model


def images(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((5, 5, 2)),
            layers.Conv2D(3, 3, padding="same"),
            layers.DepthwiseConv2D(2),
            layers.Conv2DTranspose(2, 2),
            layers.SeparableConv2D(2, 2),
            layers.LayerNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1),
        ]
    )
    model.compile("rmsprop", "mse")
    return model


def words(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            layers.Embedding(6, 3),
            layers.Bidirectional(layers.LSTM(2)),
            layers.Dense(1),
        ]
    )
    model.compile("adagrad", "mse")
    return model


CASES = {
    "row": Case(row, X, X[:, :1]),
    "graph": Case(graph, [X, Z], X[:, :1]),
    "images": Case(images, IMAGES, IMAGES[:, 0, 0, :1]),
    "words": Case(words, WORDS, WORDS[:, :1].astype("float32")),
}


def make_module(tf, zero=False):
    """Variables of many dtypes; all zero or empty where ``zero``."""

    def variable(value, dtype):
        value = np.asarray(value, object if dtype == "string" else None)
        if zero:
            value = np.zeros_like(value) if dtype != "string" else np.full(value.shape, "")
        return tf.Variable(value.tolist(), dtype=dtype)

    module, inner = tf.Module(), tf.Module()
    inner.half = variable([0.5, 1.5], "float16")
    inner.brain = variable([0.5, 1.5], "bfloat16")
    module.inner = inner
    module.texts = variable([["a", "ñandú".encode()], ["", "x" * 300]], "string")
    module.items = [variable(1.5, "float64"), {"a": variable([1, 2], "int8")}]
    module.by_name = {
        "x.y/z": variable([True, False], "bool"),
        "c": variable([1 + 2j], "complex64"),
    }
    module.pair = (variable([[1, 2], [3, 2**40]], "int64"), variable(7, "uint8"))
    module.again = inner
    return module


def keras_2(keras):
    """A model as Keras 2 has it: layers are numbered, with and without those that have weights."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(2, activation="relu"),
            layers.Dropout(0.5),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )
