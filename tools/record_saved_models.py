"""Records small SavedModels with real TensorFlow, for tests/saved_model/test_golden.py.

Run with a Python that has TensorFlow 2.21 and Keras 3.15: ``python tools/record_saved_models.py``.
Each folder has an .npz beside it: inputs x0, x1, ... and the outputs y0, y1, ... of ``serve``.
"""

import os
import pathlib
import shutil
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from keras import layers
from tensorflow.core.protobuf import saved_model_pb2

FILES = pathlib.Path(__file__).parent.parent / "tests" / "saved_model" / "files"
rng = np.random.default_rng(7)


def numbers(*shape):
    return rng.normal(size=shape).astype("float32")


def mlp():
    """Dense layers, normalised and regularised."""
    model = keras.Sequential(
        [
            keras.Input((4,), name="features"),
            layers.Dense(5, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "mse")
    model.fit(numbers(16, 4), numbers(16, 3), verbose=0)
    return model, [numbers(3, 4)]


def cnn():
    """Convolutions of several kinds, and pools."""
    model = keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            layers.Conv2D(3, 3, padding="same", activation="gelu"),
            layers.MaxPooling2D(2),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.Conv2DTranspose(2, 3, strides=2),
            layers.AveragePooling2D(3, padding="same"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    return model, [numbers(2, 9, 9, 2)]


def recurrent():
    """While loops over lists of tensors, with masks."""
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(9, 3, mask_zero=True),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.GRU(3),
        ]
    )
    return model, [np.array([[1, 2, 3, 0, 0], [4, 8, 7, 6, 5]], "int32")]


def open_length():
    """A loop whose length is only known when it runs."""
    model = keras.Sequential([keras.Input((None, 2)), layers.LSTM(3)])
    return model, [numbers(2, 4, 2)]


def texts():
    """Text rules and a table of words."""
    words = layers.TextVectorization(max_tokens=12, output_sequence_length=4)
    words.adapt(["the cat sat", "a dog ran off", "the end"])
    model = keras.Sequential(
        [
            keras.Input((), dtype="string"),
            words,
            layers.Embedding(12, 2),
            layers.GlobalAveragePooling1D(),
        ]
    )
    return model, [np.array([b"The cat!", b"dog the end of it all"], object)]


def attention():
    """Attention, and two inputs."""
    a, b = keras.Input((4, 6), name="a"), keras.Input((4, 6), name="b")
    x = layers.MultiHeadAttention(2, 3)(a, b, use_causal_mask=True)
    x = layers.LayerNormalization()(layers.Add()([x, a]))
    return keras.Model([a, b], x), [numbers(2, 4, 6), numbers(2, 4, 6)]


class Module(tf.Module):
    """tf.functions with state, Python arguments, a branch and a loop."""

    def __init__(self, folder):
        super().__init__()
        self.scale = tf.Variable([1.0, 2.0], name="scale")
        self.calls = tf.Variable(0, trainable=False)
        path = pathlib.Path(folder) / "words.txt"
        path.write_text("x\ny\nz\n")
        whole, line = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        source = tf.lookup.TextFileInitializer(str(path), tf.string, whole, tf.int64, line)
        self.words = tf.lookup.StaticVocabularyTable(source, 2)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def __call__(self, x):
        self.calls.assign_add(1)
        return {"scaled": x * self.scale, "calls": tf.identity(self.calls)}

    @tf.function
    def power(self, x, n=2):
        if tf.reduce_sum(x) > 0:
            return x ** tf.cast(n, tf.float32)
        return -x

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def total(self, n):
        found = 0
        for i in tf.range(n):
            found += i
        return found

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def look_up(self, x):
        return self.words.lookup(tf.strings.lower(x))


class Line(tf.Module):
    def __init__(self):
        super().__init__()
        self.slope = tf.Variable(3.0, name="slope")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def __call__(self, x):
        return {"y": self.slope * x + 1.0}


def as_text():
    """A SavedModel whose graph is text, as TensorFlow's text format spells it."""
    folder = FILES / "text"
    shutil.rmtree(folder, ignore_errors=True)
    module = Line()
    tf.saved_model.save(module, str(folder), signatures=module.__call__)
    binary = folder / "saved_model.pb"
    message = saved_model_pb2.SavedModel.FromString(binary.read_bytes())
    # The list of all ops that are used: long, and read by nobody.
    message.meta_graphs[0].meta_info_def.ClearField("stripped_op_list")
    (folder / "saved_model.pbtxt").write_text(text_format.MessageToString(message))
    binary.unlink()


def main():
    keras.utils.set_random_seed(3)
    FILES.mkdir(parents=True, exist_ok=True)
    for make in (mlp, cnn, recurrent, open_length, texts, attention):
        model, inputs = make()
        folder = FILES / make.__name__
        shutil.rmtree(folder, ignore_errors=True)
        model.export(str(folder), verbose=False)
        given = [tf.constant(x) for x in inputs]
        loaded = tf.saved_model.load(str(folder))
        output = loaded.serve(given[0] if len(given) == 1 else given)
        arrays = {f"x{i}": x.astype("S") if x.dtype == object else x for i, x in enumerate(inputs)}
        arrays |= {f"y{i}": y.numpy() for i, y in enumerate(tf.nest.flatten(output))}
        np.savez_compressed(FILES / f"{make.__name__}.npz", **arrays)
    with tempfile.TemporaryDirectory() as folder:
        module = Module(folder)
        module.power(tf.constant([1.0, 2.0]))
        module.power(tf.constant([1.0, 2.0]), 3)
        shutil.rmtree(FILES / "module", ignore_errors=True)
        tf.saved_model.save(module, str(FILES / "module"), signatures=module.__call__)
    as_text()
    for extra in FILES.glob("*/fingerprint.pb"):
        extra.unlink()


if __name__ == "__main__":
    main()
