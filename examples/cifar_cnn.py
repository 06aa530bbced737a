"""CIFAR-10 with four convolutions: about 77 % of the test photographs after 20 epochs."""

import sys

import caudal as tf


def build():
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
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(data, epochs=20):
    """What ``fit`` recorded: loss and accuracy of every epoch."""
    (x_train, y_train), (x_test, y_test) = data
    x_train, x_test = (x.astype("float32") / 255.0 for x in (x_train, x_test))
    tf.keras.utils.set_random_seed(1)
    model = build()
    model.summary()
    return model.fit(
        x_train, y_train, epochs=epochs, batch_size=128, validation_data=(x_test, y_test)
    ).history


if __name__ == "__main__":
    try:
        photographs = tf.keras.datasets.cifar10.load_data()
    except tf.errors.UnavailableError as error:
        sys.exit(f"This example needs the CIFAR-10 data set. {error}")
    train(photographs)
