"""CIFAR-10 with four convolutions: about 77 % of the test photographs after 20 epochs."""

import sys

import caudal as tf

EPOCHS = 20

try:
    (x_train, y_train), (x_test, y_test) = tf.keras.datasets.cifar10.load_data()
except tf.errors.UnavailableError as error:
    sys.exit(f"This example needs the CIFAR-10 data set. {error}")

x_train = (x_train / 255.0).astype("float32")
x_test = (x_test / 255.0).astype("float32")

tf.keras.utils.set_random_seed(1)
layers = tf.keras.layers
model = tf.keras.Sequential(
    [
        tf.keras.Input((32, 32, 3)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.25),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=EPOCHS, batch_size=128, validation_data=(x_test, y_test))
