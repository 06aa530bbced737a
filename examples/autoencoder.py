"""An autoencoder that squeezes a digit through 32 numbers: validation loss about 0.096."""

import sys

import caudal as tf


def build():
    """The autoencoder, and the part that encodes."""
    inputs = tf.keras.Input((784,))
    code = tf.keras.layers.Dense(32, activation="relu")(inputs)
    outputs = tf.keras.layers.Dense(784, activation="sigmoid")(code)
    autoencoder = tf.keras.Model(inputs, outputs)
    autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
    return autoencoder, tf.keras.Model(inputs, code)


def train(data, epochs=10):
    """The encoder and the validation loss of every epoch."""
    x_train, x_test = (images.reshape(-1, 784).astype("float32") / 255.0 for images, _ in data)
    tf.keras.utils.set_random_seed(1)
    autoencoder, encoder = build()
    history = autoencoder.fit(
        x_train, x_train, epochs=epochs, batch_size=256, validation_data=(x_test, x_test)
    )
    return encoder, history.history["val_loss"]


if __name__ == "__main__":
    try:
        digits = tf.keras.datasets.mnist.load_data()
    except tf.errors.UnavailableError as error:
        sys.exit(f"This example needs the MNIST data set. {error}")
    encoder, losses = train(digits)
    codes = encoder.predict(digits[1][0].reshape(-1, 784) / 255.0, verbose=0)
    print(f"codes of shape {codes.shape}, validation loss {losses[-1]:.4f}")
