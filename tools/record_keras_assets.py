"""Records .keras files with assets with real Keras, for tests/keras/test_saving_assets.py.

Run with a Python that has Keras 3.15 and TensorFlow: ``KERAS_BACKEND=tensorflow python
tools/record_keras_assets.py``. The layers are adapted, so that Keras keeps their vocabularies in
files of the archive; Discretization keeps its boundaries in the configuration.
"""

import pathlib

import keras
import numpy as np
import tensorflow as tf
from keras import layers

FILES = pathlib.Path(__file__).parent.parent / "tests" / "keras" / "files"
TEXTS = ["hola mundo", "adios mundo cruel"]
ASKED = [["hola cruel"], ["mundo nada"]]


def words():
    """Two TextVectorizations, one in a model inside, and a StringLookup."""
    ids = layers.TextVectorization(max_tokens=20, output_sequence_length=4, name="ids")
    bags = layers.TextVectorization(output_mode="tf_idf", name="bags")
    whole = layers.StringLookup(output_mode="one_hot", name="whole")
    for layer in (ids, bags, whole):
        layer.adapt(TEXTS)
    inner = keras.Sequential([keras.Input((1,), dtype="string"), ids], name="inner")
    x = keras.Input((1,), dtype="string")
    return keras.Model(x, [inner(x), layers.Dense(2, name="top")(bags(x)), whole(x)])


def numbers():
    """An IntegerLookup and a Discretization."""
    known = layers.IntegerLookup(output_mode="multi_hot", name="known")
    known.adapt([10, 20, 20, 30])
    bins = layers.Discretization(num_bins=3, name="bins")
    bins.adapt(np.arange(1, 7, dtype="float32").reshape(6, 1))
    a, b = keras.Input((2,), dtype="int64"), keras.Input((1,))
    return keras.Model([a, b], [known(a), bins(b)])


def space():
    """A FeatureSpace, of which test_feature_space.py holds what it gives."""
    make = keras.utils.FeatureSpace
    found = make(
        {
            "age": make.float_normalized(),
            "cat": make.string_categorical(num_oov_indices=1),
            "n": make.integer_hashed(4),
            "d": make.float_discretized(num_bins=3),
        },
        crosses=[make.cross(("cat", "n"), 8)],
    )
    rows = {"age": [1.0, 2.0, 3.0], "cat": ["a", "b", "a"], "n": [1, 2, 3], "d": [0.1, 0.5, 0.9]}
    found.adapt(tf.data.Dataset.from_tensor_slices(rows).batch(2))
    return found


def main():
    FILES.mkdir(exist_ok=True)
    given = {
        "words": (words(), tf.constant(ASKED)),
        "numbers": (
            numbers(),
            [tf.constant([[10, 5], [20, 30]], tf.int64), tf.constant([[0.5], [9.0]])],
        ),
    }
    found = {}
    for name, (model, x) in given.items():
        model.save(FILES / f"{name}.keras")
        for i, y in enumerate(model(x)):
            found[f"{name}/{i}"] = np.asarray(y)
    np.savez_compressed(FILES / "golden_assets.npz", **found)
    space().save(FILES / "feature_space.keras")


main()
