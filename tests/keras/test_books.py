"""What programs of books for Keras 2 rely on, found by running such programs."""

import numpy as np
import pytest

import caudal as tf
from caudal import keras

layers = keras.layers
X = np.random.default_rng(0).normal(size=(32, 6)).astype("float32")
Y = np.random.default_rng(1).integers(0, 2, (32, 1)).astype("float32")


def judge(**options):
    keras.utils.set_random_seed(1)
    inner = [layers.Dense(5, name="first"), layers.BatchNormalization(), layers.LeakyReLU()]
    model = keras.Sequential([keras.Input((6,)), *inner, layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], **options)
    return model


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("eager", [False, True])
def test_a_judge_that_is_frozen_behind_compile_learns_alone(eager):
    model, free = judge(run_eagerly=eager), judge(run_eagerly=eager)
    model.trainable = False
    maker = keras.Sequential([keras.Input((3,)), layers.Dense(6)])
    pair = keras.Model(maker.inputs, model(maker.output))
    pair.compile("adam", "binary_crossentropy")
    assert len(pair.trainable_weights) == 2
    noise = X[:, :3]
    for _ in range(3):
        # tf_keras 2.21 gives the same numbers for both, too.
        assert model.train_on_batch(X, Y) == free.train_on_batch(X, Y)
        assert same(model.get_weights(), free.get_weights())
        before, made = model.get_weights(), maker.get_weights()
        pair.train_on_batch(noise, 1 - Y)
        assert same(before, model.get_weights())
        assert not same(made, maker.get_weights())
    assert model.trainable is False
    assert model.trainable_weights == []
    assert model.fit(X, Y, shuffle=False, verbose=0).history
    assert not same(before, model.get_weights())


def test_what_is_frozen_when_compiled_or_in_part_stays_frozen():
    model = judge()
    model.trainable = False
    model.compile("adam", "binary_crossentropy")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    assert same(before, model.get_weights())
    part = judge()
    part.get_layer("first").trainable = False
    before = part.get_layer("first").get_weights()
    part.fit(X, Y, verbose=0)
    assert same(before, part.get_layer("first").get_weights())


def test_a_layer_that_adds_the_loss_of_its_inputs():
    backend = keras.backend

    class Judged(layers.Layer):
        def call(self, inputs):
            x, z = inputs
            z = backend.flatten(backend.sigmoid(z))
            loss = backend.mean(keras.metrics.binary_crossentropy(backend.flatten(x), z))
            self.add_loss(loss, inputs=inputs)
            return x

    inputs = keras.Input((6,))
    model = keras.Model(inputs, Judged()([inputs, layers.Dense(6)(inputs)]))
    model.compile("rmsprop", loss=None)
    found = model.fit(x=Y.repeat(6, 1), y=None, validation_data=(Y.repeat(6, 1), None), verbose=0)
    assert sorted(found.history) == ["loss", "val_loss"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="scalar tensor"):
        model.add_loss("mse", inputs=inputs)
