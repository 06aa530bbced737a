"""A search for a network's size and learning rate on the digits inside the package: Hyperband.

Trials begin with few epochs; the best go on. Run it twice with a folder as its argument: the second
run goes on with the first one's search, and so has nothing left to do.
"""

import sys
import tempfile

import caudal as tf
from caudal import tuner

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.digits.load_data()
x_train, x_test = x_train / 16, x_test / 16


def build(hp):
    """A model of the hyperparameters that a trial was given."""
    model = tf.keras.Sequential([tf.keras.Input((8, 8)), tf.keras.layers.Flatten()])
    for i in range(hp.Int("layers", 1, 2)):
        units = hp.Int(f"units_{i}", min_value=16, max_value=64, step=16)
        model.add(
            tf.keras.layers.Dense(units, activation=hp.Choice("activation", ["relu", "tanh"]))
        )
    if hp.Boolean("dropout"):
        model.add(tf.keras.layers.Dropout(0.2))
    model.add(tf.keras.layers.Dense(10, activation="softmax"))
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    model.compile(
        tf.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


search = tuner.Hyperband(
    build,
    objective="val_accuracy",
    max_epochs=8,
    factor=2,
    seed=1,
    directory=sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(),
    project_name="digits",
)
search.search(x_train, y_train, validation_split=0.2, verbose=0)
search.results_summary(num_trials=3)

model = search.get_best_models()[0]
accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
print(f"\n{len(search.oracle.trials)} trials; the best has a test accuracy of {accuracy:.3f}")
assert accuracy > 0.9, accuracy
