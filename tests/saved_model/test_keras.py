"""Keras models as SavedModels: export, save(folder), TFSMLayer, ExportArchive."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.keras import layers

RNG = np.random.default_rng(5)


def numbers(*shape):
    return RNG.normal(size=shape).astype("float32")


def row(*stack):
    return keras.Sequential(list(stack))


def two_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    total = layers.Add()([a, b])
    return keras.Model([a, b], [layers.Dense(2)(total), layers.Dot(1)([total, b])])


def attention():
    x = keras.Input((4, 6))
    y = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    return keras.Model(x, layers.LayerNormalization()(layers.Add()([x, y])))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(2)

    def call(self, x):
        return tf.nn.relu(self.inner(x))


CASES = {
    "dense": (
        lambda: row(
            keras.Input((4,)),
            layers.Dense(3, activation="gelu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(2, activation="softmax"),
        ),
        [(4,)],
    ),
    "pictures": (
        lambda: row(
            keras.Input((8, 8, 4)),
            layers.Conv2D(4, 3, strides=2, groups=2, padding="same"),
            layers.DepthwiseConv2D(3, padding="same", dilation_rate=2),
            layers.Conv2DTranspose(2, 3, strides=2, padding="same"),
            layers.UpSampling2D(2),
            layers.MaxPooling2D(3, padding="same"),
            layers.AveragePooling2D(3, strides=1, padding="same"),
            layers.GlobalAveragePooling2D(),
        ),
        [(8, 8, 4)],
    ),
    "lines": (
        lambda: row(
            keras.Input((8, 3)),
            layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
            layers.MaxPooling1D(2),
            layers.Reshape((4, 2, 2, 1)),
            layers.Conv3D(2, 2),
            layers.Flatten(),
        ),
        [(8, 3)],
    ),
    "recurrent": (
        lambda: row(
            keras.Input((5, 3)),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.GRU(2),
        ),
        [(5, 3)],
    ),
    "open length": (lambda: row(keras.Input((None, 3)), layers.LSTM(2)), [(5, 3)]),
    "attention": (attention, [(4, 6)]),
    "two inputs": (two_inputs, [(3,), (3,)]),
}


def check_same(result, expected):
    for one, other in zip(tf.nest.flatten(result), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_export(name, tmp_path):
    make, shapes = CASES[name]
    model = make()
    model.export(tmp_path / "m", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "m")
    assert len(loaded.trainable_variables) == len(model.trainable_variables)
    for batch in (1, 4):
        arrays = [tf.constant(numbers(batch, *shape)) for shape in shapes]
        given = arrays[0] if len(arrays) == 1 else arrays
        expected = model(given)
        check_same(loaded.serve(given), expected)
        signature = loaded.signatures["serving_default"]
        named = dict(zip(sorted(signature.structured_input_signature[1]), arrays, strict=True))
        found = signature(**named)
        check_same([found[key] for key in sorted(found)], expected)


def test_a_subclassed_model_that_was_called(tmp_path):
    model = Subclassed()
    with pytest.raises(tf.errors.InvalidArgumentError, match="not built"):
        model.export(tmp_path / "m", verbose=False)
    x = tf.constant(numbers(3, 4))
    expected = model(x)
    model.export(tmp_path / "m", verbose=False)
    check_same(tf.saved_model.load(tmp_path / "m").serve(x), expected)


def test_what_cannot_be_exported_is_named(tmp_path):
    words = layers.TextVectorization(vocabulary=["a", "b"])
    model = row(keras.Input((), dtype="string"), words)
    with pytest.raises(NotImplementedError, match=r"text_vectorization.*output_sequence_length"):
        model.export(tmp_path / "m")

    class Noisy(layers.Layer):
        def call(self, inputs):
            return inputs + tf.random.normal([2])

    noisy = row(keras.Input((2,)), Noisy(name="loud"), layers.Dense(1))
    with pytest.raises(NotImplementedError, match=r"loud.*threefry"):
        noisy.export(tmp_path / "m", verbose=False)
    with pytest.raises(NotImplementedError, match="openvino"):
        noisy.export(tmp_path / "m", format="openvino")


class TestFolder:
    def test_it_is_both(self, tmp_path):
        model = CASES["dense"][0]()
        model.compile("adam", "mse")
        model.fit(numbers(8, 4), numbers(8, 2), verbose=0)
        model.save(tmp_path / "m")
        x = numbers(3, 4)
        expected = model.predict(x, verbose=0)
        again = keras.models.load_model(tmp_path / "m")
        np.testing.assert_array_equal(again.predict(x, verbose=0), expected)
        assert int(again.optimizer.iterations) == 1
        graph = tf.saved_model.load(tmp_path / "m").signatures["serving_default"]
        (found,) = graph(tf.constant(x)).values()
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)

    def test_a_model_that_tensorflow_cannot_have(self, tmp_path, caplog):
        lookup = layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=0)
        model = row(keras.Input((), dtype="string"), lookup)
        caplog.set_level(logging.WARNING)
        model.save(tmp_path / "m")
        assert "num_oov_indices=0" in caplog.text
        assert not tf.saved_model.contains_saved_model(tmp_path / "m")
        again = keras.models.load_model(tmp_path / "m")
        assert again(tf.constant(["b", "a"])).numpy().tolist() == [1, 0]

    def test_an_export_alone_gives_its_functions(self, tmp_path):
        model = CASES["dense"][0]()
        model.export(tmp_path / "m", verbose=False)
        x = tf.constant(numbers(2, 4))
        check_same(keras.models.load_model(tmp_path / "m").serve(x), model(x))


class TestTFSMLayer:
    @pytest.fixture
    def folder(self, tmp_path):
        CASES["dense"][0]().export(tmp_path / "m", verbose=False)
        return tmp_path / "m"

    def test_in_a_model(self, folder, tmp_path):
        layer = layers.TFSMLayer(folder, call_endpoint="serve")
        model = row(keras.Input((4,)), layer, layers.Dense(1))
        assert len(layer.weights) > len(layer.trainable_weights) == 6
        model.compile("sgd", "mse")
        before = [w.numpy() for w in layer.trainable_weights]
        model.fit(numbers(8, 4), numbers(8, 1), verbose=0)
        changed = [
            not np.array_equal(a, b.numpy())
            for a, b in zip(before, layer.trainable_weights, strict=True)
        ]
        assert any(changed)
        model.save(tmp_path / "m.keras")
        with pytest.raises(tf.errors.PermissionDeniedError, match="safe_mode"):
            keras.models.load_model(tmp_path / "m.keras")
        x = numbers(2, 4)
        again = keras.models.load_model(tmp_path / "m.keras", safe_mode=False)
        np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))

    def test_signatures_give_dicts(self, folder):
        layer = layers.TFSMLayer(folder, call_endpoint="serving_default")
        assert list(layer(numbers(2, 4))) == ["output_0"]
        with pytest.raises(ValueError, match=r"Available endpoints.*serve"):
            layers.TFSMLayer(folder, call_endpoint="nope")


class TestExportArchive:
    def test_endpoints_and_collections(self, tmp_path):
        model = CASES["dense"][0]()
        archive = keras.export.ExportArchive()
        archive.track(model)
        spec = tf.TensorSpec([None, 4], tf.float32)
        archive.add_endpoint("serve", lambda x: model(x, training=False), [spec])
        archive.add_endpoint("size", lambda x: tf.reduce_sum(x * x), [spec])
        archive.add_variable_collection("first", model.layers[0].weights)
        archive.write_out(tmp_path / "m", verbose=False)
        loaded = tf.saved_model.load(tmp_path / "m")
        x = tf.constant(numbers(3, 4))
        check_same(loaded.serve(x), model(x))
        check_same(loaded.size(x), tf.reduce_sum(x * x))
        assert sorted(loaded.signatures) == ["serve", "serving_default", "size"]
        assert len(loaded.first) == 2

    def test_mistakes(self, tmp_path):
        archive = keras.export.ExportArchive()
        with pytest.raises(ValueError, match="no endpoint"):
            archive.write_out(tmp_path / "m")
        with pytest.raises(ValueError, match="layer or a model"):
            archive.track(3)
        with pytest.raises(ValueError, match="input_signature"):
            archive.add_endpoint("serve", lambda x: x)
