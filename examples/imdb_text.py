"""IMDB's film reviews, good or bad: about 86 % of the test reviews right after 6 epochs.

The classifier of the text tutorials: learned word vectors, their mean, a small dense network.
"""

import sys
import time

import caudal as tf

WORDS, LENGTH = 20_000, 256


class Clock(tf.keras.callbacks.Callback):
    """Notes how long each epoch takes."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.begun)


def prepare(data):
    """Reviews of one length: the last words of long ones, zeros before short ones."""
    (x_train, y_train), (x_test, y_test) = data
    pad = tf.keras.utils.pad_sequences
    return (pad(x_train, LENGTH), y_train), (pad(x_test, LENGTH), y_test)


def build():
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input((LENGTH,), dtype="int32"),
            tf.keras.layers.Embedding(WORDS, 16),
            tf.keras.layers.Dropout(0.3),
            tf.keras.layers.GlobalAveragePooling1D(),
            tf.keras.layers.Dropout(0.3),
            tf.keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def train(data, epochs=6):
    """The accuracy on the test reviews, and the seconds of a usual epoch."""
    (x_train, y_train), test = prepare(data)
    tf.keras.utils.set_random_seed(1)
    model, clock = build(), Clock()
    model.fit(
        x_train, y_train, batch_size=64, epochs=epochs, validation_split=0.1, callbacks=[clock]
    )
    _, accuracy = model.evaluate(*test, batch_size=512, verbose=0)
    return accuracy, sorted(clock.seconds)[len(clock.seconds) // 2]


if __name__ == "__main__":
    try:
        reviews = tf.keras.datasets.imdb.load_data(num_words=WORDS)
    except tf.errors.UnavailableError as error:
        sys.exit(f"This example needs the IMDB data set. {error}")
    accuracy, seconds = train(reviews)
    print(f"test accuracy {accuracy:.4f}, {seconds:.1f} s an epoch")
