"""A training loop by hand: tf.data, GradientTape, tf.function, an optimizer, metrics."""

import caudal as tf

tf.keras.utils.set_random_seed(5)
(x_train, y_train), (x_test, y_test) = tf.keras.datasets.digits.load_data()
x_train, x_test = (x_train / 16).astype("float32"), (x_test / 16).astype("float32")
train = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(2000).batch(32)
test = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(60)

model = tf.keras.Sequential(
    [
        tf.keras.Input((8, 8)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(64, activation="relu"),
        tf.keras.layers.Dense(10),
    ]
)
loss_function = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.Adam(3e-3)
train_loss = tf.keras.metrics.Mean(name="train_loss")
accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="accuracy")


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        logits = model(images, training=True)
        loss = loss_function(labels, logits)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    train_loss(loss)


@tf.function
def test_step(images, labels):
    accuracy(labels, model(images, training=False))


for epoch in range(10):
    train_loss.reset_state()
    accuracy.reset_state()
    for images, labels in train:
        train_step(images, labels)
    for images, labels in test:
        test_step(images, labels)
    print(
        f"epoch {epoch + 1}: loss {float(train_loss.result()):.4f}, "
        f"test accuracy {float(accuracy.result()):.4f}"
    )
assert float(accuracy.result()) > 0.93
