"""An autoencoder that squeezes a digit through 32 numbers: validation loss about 0.096."""

import sys

import caudal as tf

try:
    (x_train, _), (x_test, _) = tf.keras.datasets.mnist.load_data()
except tf.errors.UnavailableError as error:
    sys.exit(f"This example needs the MNIST data set. {error}")

x_train = x_train.reshape(-1, 784).astype("float32") / 255.0
x_test = x_test.reshape(-1, 784).astype("float32") / 255.0

tf.keras.utils.set_random_seed(1)
inputs = tf.keras.Input((784,))
code = tf.keras.layers.Dense(32, activation="relu")(inputs)
outputs = tf.keras.layers.Dense(784, activation="sigmoid")(code)
autoencoder = tf.keras.Model(inputs, outputs)
encoder = tf.keras.Model(inputs, code)

autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
history = autoencoder.fit(
    x_train, x_train, epochs=10, batch_size=256, validation_data=(x_test, x_test)
)
print(f"codes of shape {encoder.predict(x_test, verbose=0).shape}")
print(f"validation loss {history.history['val_loss'][-1]:.4f}")
