"""MNIST with a subclassed model, GradientTape and tf.function: over 98 % after 3 epochs."""

import sys

import caudal as tf


class Network(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = tf.keras.layers.Conv2D(32, 3, activation="relu")
        self.flatten = tf.keras.layers.Flatten()
        self.hidden = tf.keras.layers.Dense(128, activation="relu")
        self.logits = tf.keras.layers.Dense(10)

    def call(self, images):
        return self.logits(self.hidden(self.flatten(self.conv(images))))


def batches(images, labels):
    images = (images[..., None] / 255.0).astype("float32")
    return tf.data.Dataset.from_tensor_slices((images, labels))


def train(data, epochs=3):
    """The accuracy on the test digits after the last epoch."""
    tf.keras.utils.set_random_seed(1)
    train_batches = batches(*data[0]).shuffle(10000).batch(32)
    test_batches = batches(*data[1]).batch(32)
    model = Network()
    loss_function = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = tf.keras.optimizers.Adam()
    losses = {name: tf.keras.metrics.Mean() for name in ("train", "test")}
    accuracies = {name: tf.keras.metrics.SparseCategoricalAccuracy() for name in ("train", "test")}

    @tf.function
    def train_step(images, labels):
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            loss = loss_function(labels, logits)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        losses["train"](loss)
        accuracies["train"](labels, logits)

    @tf.function
    def test_step(images, labels):
        logits = model(images, training=False)
        losses["test"](loss_function(labels, logits))
        accuracies["test"](labels, logits)

    for epoch in range(epochs):
        for metric in (*losses.values(), *accuracies.values()):
            metric.reset_state()
        for images, labels in train_batches:
            train_step(images, labels)
        for images, labels in test_batches:
            test_step(images, labels)
        parts = (
            f"{name} loss {float(losses[name].result()):.4f}, "
            f"accuracy {float(accuracies[name].result()):.4f}"
            for name in ("train", "test")
        )
        print(f"epoch {epoch + 1}: " + ", ".join(parts))
    return float(accuracies["test"].result())


if __name__ == "__main__":
    try:
        digits = tf.keras.datasets.mnist.load_data()
    except tf.errors.UnavailableError as error:
        sys.exit(f"This example needs the MNIST data set. {error}")
    train(digits)
