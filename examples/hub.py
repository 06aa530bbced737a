"""Transfer learning with TensorFlow Hub: publish features, load them as a layer, fine-tune them.

Nothing is downloaded: the module is made here, from digits 0 to 4, and packed as a page of
TensorFlow Hub would send it. With a network, the handle is a URL: everything else stays.
"""

import tarfile
import tempfile

import numpy as np

import caudal as tf
from caudal import hub

tf.keras.utils.set_random_seed(1)
(x_train, y_train), (x_test, y_test) = tf.keras.datasets.digits.load_data()
x_train, x_test = x_train[..., None] / 16.0, x_test[..., None] / 16.0


def of_digits(digits, x, y, most=None):
    chosen = np.flatnonzero(np.isin(y, digits))[:most]
    return x[chosen].astype("float32"), y[chosen] - digits[0]


# --- a module: a network trained on half of the digits, without its last layer -----------------

features = tf.keras.Sequential(
    [
        tf.keras.Input((8, 8, 1)),
        tf.keras.layers.Conv2D(32, 3, padding="same"),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.ReLU(),
        tf.keras.layers.MaxPooling2D(),
        tf.keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
    ]
)
teacher = tf.keras.Sequential([features, tf.keras.layers.Dense(5, activation="softmax")])
teacher.compile("adam", "sparse_categorical_crossentropy")
teacher.fit(*of_digits([0, 1, 2, 3, 4], x_train, y_train), epochs=10, verbose=0)


class Module(tf.train.Checkpoint):
    """What Hub's modules have: a call with ``training``, and lists of variables."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.variables = model.variables
        self.trainable_variables = model.trainable_variables
        self.regularization_losses = []

    @tf.function
    def __call__(self, inputs, training=False):
        return self.model(inputs, training=training)


module = Module(features)
picture = tf.TensorSpec((None, 8, 8, 1), tf.float32)
for training in (True, False):
    module.__call__.get_concrete_function(picture, training)

with tempfile.TemporaryDirectory() as folder:
    tf.saved_model.save(module, f"{folder}/module")
    handle = f"{folder}/digits.tar.gz"
    with tarfile.open(handle, "w:gz") as tar:
        tar.add(f"{folder}/module", ".")

    # --- a new task: the other digits, of which there are few pictures -------------------------

    layer = hub.KerasLayer(handle, input_shape=(8, 8, 1), trainable=False)
    model = tf.keras.Sequential([layer, tf.keras.layers.Dense(5, activation="softmax")])
    few = of_digits([5, 6, 7, 8, 9], x_train, y_train, most=300)
    test = of_digits([5, 6, 7, 8, 9], x_test, y_test)

    def learn(epochs, rate):
        model.compile(
            tf.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        model.fit(*few, epochs=epochs, batch_size=16, verbose=0)
        accuracy = model.evaluate(*test, verbose=0)[1]
        print(f"{len(model.trainable_weights)} weights are trained: accuracy {accuracy:.3f}")
        return accuracy

    frozen = learn(epochs=20, rate=1e-2)
    layer.trainable = True
    tuned = learn(epochs=40, rate=3e-3)

assert frozen > 0.6 and tuned > 0.9 and tuned > frozen, (frozen, tuned)
