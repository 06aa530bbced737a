"""Fashion-MNIST with one hidden layer: 87 to 88 % of the test garments after 10 epochs."""

import sys

import numpy as np

import caudal as tf

NAMES = "T-shirt trouser pullover dress coat sandal shirt sneaker bag boot".split()

try:
    (x_train, y_train), (x_test, y_test) = tf.keras.datasets.fashion_mnist.load_data()
except tf.errors.UnavailableError as error:
    sys.exit(f"This example needs the Fashion-MNIST data set. {error}")

x_train, x_test = x_train / 255.0, x_test / 255.0

tf.keras.utils.set_random_seed(1)
model = tf.keras.Sequential(
    [
        tf.keras.Input((28, 28)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dense(10),
    ]
)
model.compile(
    optimizer="adam",
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs=10)
loss, accuracy = model.evaluate(x_test, y_test, verbose=2)

probability = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
for scores, label in zip(probability.predict(x_test[:5]), y_test, strict=False):
    guess = int(np.argmax(scores))
    print(f"{NAMES[guess]} ({scores[guess]:.0%}), is a {NAMES[label]}")
print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f}")
