"""A curve through noisy points: one hidden layer, mean squared error, early stopping."""

import numpy as np

import caudal as tf

tf.keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
x = rng.uniform(-3, 3, (2000, 1)).astype("float32")
y = np.sin(2 * x) + 0.1 * rng.standard_normal(x.shape).astype("float32")

model = tf.keras.Sequential(
    [
        tf.keras.Input((1,)),
        tf.keras.layers.Dense(64, activation="tanh"),
        tf.keras.layers.Dense(64, activation="tanh"),
        tf.keras.layers.Dense(1),
    ]
)
model.compile(optimizer=tf.keras.optimizers.Adam(5e-3), loss="mse", metrics=["mae"])
history = model.fit(
    x,
    y,
    epochs=200,
    batch_size=64,
    validation_split=0.2,
    verbose=0,
    callbacks=[
        tf.keras.callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=True)
    ],
)
best = min(history.history["val_loss"])
grid = np.linspace(-3, 3, 7, dtype="float32")[:, None]
for point, value in zip(grid[:, 0], model.predict(grid, verbose=0)[:, 0], strict=True):
    print(f"x = {point:5.2f}   sin(2x) = {np.sin(2 * point):6.3f}   model: {value:6.3f}")
print(f"{len(history.epoch)} epochs, validation loss {best:.4f} (the noise alone is 0.0100)")
assert best < 0.03, best
