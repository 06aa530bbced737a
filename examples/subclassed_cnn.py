"""MNIST with a subclassed model, GradientTape and tf.function: over 98 % after 3 epochs."""

import sys

import caudal as tf

EPOCHS = 3

try:
    (x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
except tf.errors.UnavailableError as error:
    sys.exit(f"This example needs the MNIST data set. {error}")

x_train = (x_train[..., None] / 255.0).astype("float32")
x_test = (x_test[..., None] / 255.0).astype("float32")
train = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(10000).batch(32)
test = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(32)


class Network(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = tf.keras.layers.Conv2D(32, 3, activation="relu")
        self.flatten = tf.keras.layers.Flatten()
        self.hidden = tf.keras.layers.Dense(128, activation="relu")
        self.logits = tf.keras.layers.Dense(10)

    def call(self, images):
        return self.logits(self.hidden(self.flatten(self.conv(images))))


tf.keras.utils.set_random_seed(1)
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


for epoch in range(EPOCHS):
    for metric in (*losses.values(), *accuracies.values()):
        metric.reset_state()
    for images, labels in train:
        train_step(images, labels)
    for images, labels in test:
        test_step(images, labels)
    print(
        f"epoch {epoch + 1}: "
        + ", ".join(
            f"{name} loss {float(losses[name].result()):.4f}, "
            f"accuracy {float(accuracies[name].result()):.4f}"
            for name in ("train", "test")
        )
    )
