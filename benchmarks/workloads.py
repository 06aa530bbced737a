"""The Keras programs that are measured: one function each, for any Keras.

Each takes the module ``keras`` and gives a compiled model, inputs, targets and the batch size.
The data are learnable (a random prototype a class, and noise), so that the loss says whether a
contender really trains.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Workload = tuple[Any, Any, Any, int]


def class_images(count: int, classes: int, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """float32 images in [0, 1] and their labels."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, count)
    prototypes = 0.6 * rng.random((classes, *shape), dtype=np.float32)
    images = rng.random((count, *shape), dtype=np.float32)
    images *= 0.4
    # Row by row: no second copy of the images counts as a contender's memory.
    for image, label in zip(images, labels, strict=True):
        image += prototypes[label]
    return images, labels


def classifier(keras: Any, layers: list[Any]) -> Any:
    """A Sequential compiled as most introductions do it."""
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def mlp(keras: Any) -> Workload:
    """MNIST's size: 784-128-10 with dropout, batches of 32."""
    x, y = class_images(60000, 10, (28, 28))
    layer = keras.layers
    model = classifier(
        keras,
        [
            keras.Input((28, 28)),
            layer.Flatten(),
            layer.Dense(128, activation="relu"),
            layer.Dropout(0.2),
            layer.Dense(10, activation="softmax"),
        ],
    )
    return model, x, y, 32


def autoencoder(keras: Any) -> Workload:
    """784-32-784 with binary crossentropy, batches of 256."""
    x, _ = class_images(60000, 10, (784,))
    inputs = keras.Input((784,))
    code = keras.layers.Dense(32, activation="relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(784, activation="sigmoid")(code))
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model, x, x, 256


def cifar(keras: Any) -> Workload:
    """Four convolutions on 32x32 colour images, batches of 128."""
    x, y = class_images(5120, 10, (32, 32, 3))
    layer = keras.layers
    stages = []
    for filters in (32, 64):
        stages += [
            layer.Conv2D(filters, 3, padding="same", activation="relu"),
            layer.Conv2D(filters, 3, activation="relu"),
            layer.MaxPooling2D(),
            layer.Dropout(0.25),
        ]
    head = [
        layer.Flatten(),
        layer.Dense(512, activation="relu"),
        layer.Dropout(0.5),
        layer.Dense(10, activation="softmax"),
    ]
    return classifier(keras, [keras.Input((32, 32, 3)), *stages, *head]), x, y, 128


def sign(keras: Any) -> Workload:
    """The sign-language network: 75 filters, then 3.2 million dense weights, batches of 128."""
    x, y = class_images(12800, 24, (28, 28, 1))
    layer, dense = keras.layers, []
    for units in (256, 128):
        l2 = keras.regularizers.L2(1e-5)
        dense += [
            layer.Dense(units, kernel_regularizer=l2, activation="relu"),
            layer.Dropout(0.2),
        ]
    layers = [
        keras.Input((28, 28, 1)),
        layer.Conv2D(75, 3, activation="relu"),
        layer.MaxPooling2D(),
        layer.Flatten(),
        *dense,
        layer.Dense(24, activation="softmax"),
    ]
    return classifier(keras, layers), x, y, 128


def forecaster(keras: Any, recurrent: Any) -> Workload:
    """Sequences of 64: a causal convolution and two recurrent layers of 64 units."""
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.standard_normal((3200, 64, 1)), axis=1).astype(np.float32) / 8
    layer = keras.layers
    model = keras.Sequential(
        [
            keras.Input((64, 1)),
            layer.Conv1D(32, 5, padding="causal", activation="relu"),
            recurrent(64, return_sequences=True),
            recurrent(64, return_sequences=True),
            layer.Dense(30, activation="relu"),
            layer.Dense(10, activation="relu"),
            layer.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="huber")
    return model, x, np.roll(x, -1, 1), 32


def lstm(keras: Any) -> Workload:
    """Forecasting with LSTMs."""
    return forecaster(keras, keras.layers.LSTM)


def gru(keras: Any) -> Workload:
    """Forecasting with GRUs."""
    return forecaster(keras, keras.layers.GRU)


def imdb(keras: Any) -> Workload:
    """Reviews of 80 words: an embedding of 20,000 words averaged, batches of 32."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (25000, 1)).astype(np.float32)
    x = rng.integers(100, 20000, (25000, 80), dtype=np.int32)
    # A few words that only one kind of review has.
    x[:, ::16] = rng.integers(0, 50, (25000, 5)) + 50 * y.astype(np.int32)
    layer = keras.layers
    model = keras.Sequential(
        [
            keras.Input((80,), dtype="int32"),
            layer.Embedding(20000, 128),
            layer.GlobalAveragePooling1D(),
            layer.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model, x, y, 32


def transformer(keras: Any) -> Workload:
    """A transformer block: 4 heads, 128 wide, 64 tokens, batches of 32."""
    x, y = class_images(3200, 10, (64, 128))
    layer = keras.layers
    inputs = keras.Input((64, 128))
    attended = layer.MultiHeadAttention(4, 32)(inputs, inputs)
    h = layer.LayerNormalization()(layer.Add()([inputs, attended]))
    wide = layer.Dense(128)(layer.Dense(512, activation="relu")(h))
    h = layer.LayerNormalization()(layer.Add()([h, wide]))
    outputs = layer.Dense(10, activation="softmax")(layer.GlobalAveragePooling1D()(h))
    model = keras.Model(inputs, outputs)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y, 32


WORKLOADS: dict[str, Callable[[Any], Workload]] = {
    "mlp": mlp,
    "autoencoder": autoencoder,
    "cifar": cifar,
    "sign": sign,
    "imdb": imdb,
    "lstm": lstm,
    "gru": gru,
    "transformer": transformer,
}
