"""Transfer learning: a MobileNet learns the digits 0 to 4; the digits 5 to 9 are then told apart by
its features, which stay as they are, and a new head. No download: ``weights="imagenet"`` would
fetch features of photographs instead.
"""

import tempfile
from pathlib import Path

import numpy as np

import caudal as tf

SHAPE = (32, 32, 3)


def pictures(x, y, digits):
    """The images of some digits as RGB pictures of pixels -1 to 1, and their places in the list."""
    chosen = np.isin(y, digits)
    grey = x[chosen].astype("float32") * (255 / 16)
    large = grey.repeat(4, axis=1).repeat(4, axis=2)
    rgb = np.stack([large] * 3, axis=-1)
    places = np.searchsorted(digits, y[chosen])
    return tf.keras.applications.mobilenet.preprocess_input(rgb), places


def network(**options):
    return tf.keras.applications.MobileNet(input_shape=SHAPE, alpha=0.25, **options)


tf.keras.utils.set_random_seed(1)
(x_train, y_train), (x_test, y_test) = tf.keras.datasets.digits.load_data()
weights = Path(tempfile.mkdtemp()) / "digits.weights.h5"

# What others do with ImageNet: a network that has learnt other pictures.
x, y = pictures(x_train, y_train, range(5))
teacher_body = network(weights=None, include_top=False, pooling="avg")
for layer in teacher_body.layers:
    if isinstance(layer, tf.keras.layers.BatchNormalization):
        layer.momentum = 0.9  # some 400 steps: the usual 0.99 would still remember the start
teacher = tf.keras.Sequential([teacher_body, tf.keras.layers.Dense(5, activation="softmax")])
teacher.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
teacher.fit(x, y, epochs=12, batch_size=32, verbose=2)
teacher_body.save_weights(weights)

# Its features half way, frozen, under a head of our own, which learns from 40 pictures a digit.
body = network(weights=weights, include_top=False, pooling="avg")
body.trainable = False
features = tf.keras.layers.Flatten()(body.get_layer("conv_pw_5_relu").output)
scores = tf.keras.layers.Dense(5, activation="softmax")(features)
model = tf.keras.Model(body.input, scores)
model.compile(
    tf.keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
)
x, y = pictures(x_train, y_train, range(5, 10))
few = np.concatenate([np.flatnonzero(y == digit)[:40] for digit in range(5)])
model.fit(x[few], y[few], epochs=30, verbose=0)
loss, accuracy = model.evaluate(*pictures(x_test, y_test, range(5, 10)), verbose=0)
trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
print(f"{trained} of {model.count_params()} weights trained")
print(f"new digits: test loss {loss:.4f}, test accuracy {accuracy:.4f}")
assert accuracy > 0.75, accuracy
