"""Records small model files with real Keras, for tests/keras/test_saving_golden.py.

Run with a Python that has Keras 3.15: ``KERAS_BACKEND=jax python tools/record_keras_files.py``.
Every model is trained for one step, so that its optimizer has a state worth comparing.
"""

import pathlib

import keras
import numpy as np
from keras import layers

FILES = pathlib.Path(__file__).parent.parent / "tests" / "keras" / "files"


def sequential():
    """Layers in a row, with a regularizer and running averages; SGD with momentum."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, activation="relu", kernel_regularizer="l2", name="first"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(2, activation="softmax"),
        ],
        name="row",
    )
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9), "categorical_crossentropy", metrics=["accuracy"]
    )
    return model, 1, [2]


def functional():
    """Two inputs, a shared layer, a model inside, two outputs; Adam."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(3, activation="relu", name="shared")
    x = layers.Concatenate()([shared(a), shared(b)])
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(5), layers.ReLU()], name="inner")
    x = layers.BatchNormalization()(inner(x))
    model = keras.Model([a, b], [layers.Dense(1, name="o1")(x), layers.Dense(2, name="o2")(x)])
    model.compile("adam", ["mean_squared_error", "mean_absolute_error"])
    return model, 2, [1, 2]


def convolutions():
    """A small image network; RMSprop."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3, padding="same", use_bias=False),
            layers.BatchNormalization(scale=False),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(3, 2),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    model.compile("rmsprop", keras.losses.Huber(0.5), metrics=[keras.metrics.MeanSquaredError()])
    return model, 1, [2]


def main():
    """Writes the files and ``golden.npz``: inputs, outputs, and optimizer states."""
    golden = {}
    for number, make in enumerate((sequential, functional, convolutions)):
        keras.utils.set_random_seed(number)
        model, count, widths = make()
        name = make.__name__
        rng = np.random.default_rng(number)
        shape = (5, *model.inputs[0].shape[1:])
        x = [rng.normal(size=shape).astype("float32") for _ in range(count)]
        y = [rng.random((5, width)).astype("float32") for width in widths]
        model.fit(x, y, epochs=2, verbose=0)
        outputs = model.predict(x, verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        for suffix in ("keras", "h5"):
            model.save(FILES / f"{name}.{suffix}")
        model.save_weights(FILES / f"{name}.weights.h5")
        for what, arrays in (("x", x), ("y", y), ("out", outputs)):
            golden.update({f"{name}/{what}/{i}": array for i, array in enumerate(arrays)})
        states = model.optimizer.variables
        golden.update({f"{name}/optimizer/{i}": np.asarray(s.value) for i, s in enumerate(states)})
        golden.update({f"{name}/weight/{i}": w for i, w in enumerate(model.get_weights())})
    np.savez_compressed(FILES / "golden.npz", **golden)


if __name__ == "__main__":
    main()
