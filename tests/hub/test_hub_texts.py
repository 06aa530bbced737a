"""Modules that take texts: embeddings, and models over texts that are trained."""

from __future__ import annotations

import numpy as np
import pytest
from hub_files import golden, handle

import caudal as tf
from caudal import errors, hub, keras

SENTENCES = ["A very good film!", "", "not so bad, not so good", "unknown words, CAFE", "é film"]
FORMS = {
    "tensor": lambda: tf.constant(SENTENCES),
    "objects": lambda: np.asarray([text.encode() for text in SENTENCES], object),
    "unicode": lambda: np.asarray(SENTENCES),
    "list": lambda: list(SENTENCES),
}


def close(found, name):
    np.testing.assert_allclose(found, golden[name], rtol=1e-5, atol=1e-5)


def classifier(trainable=True):
    layer = hub.KerasLayer(handle("texts"), input_shape=[], dtype=tf.string, trainable=trainable)
    model = keras.Sequential([layer, keras.layers.Dense(1, activation="sigmoid")])
    model.layers[-1].set_weights([golden["texts/head"], np.zeros(1, "float32")])
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("form", FORMS)
def test_an_embedding(form):
    close(hub.load(handle("texts"))(FORMS[form]()), "texts/y")


def test_one_sentence_and_none():
    module = hub.load(handle("texts"))
    np.testing.assert_allclose(module(SENTENCES[:1])[0], golden["texts/y"][0], rtol=1e-5)
    assert module(tf.constant([], tf.string)).shape == (0, 5)


def test_an_encoder_of_words_and_pairs():
    module = hub.load(handle("sentences"))
    with tf.GradientTape() as tape:
        found = module(SENTENCES)
        loss = tf.reduce_sum(found**3)
    close(found, "sentences/y")
    for i, slope in enumerate(tape.gradient(loss, module.trainable_variables)):
        close(tf.convert_to_tensor(slope), f"sentences/slope{i}")


def test_what_the_layer_says_before_it_runs():
    model = classifier()
    assert model.input_shape == (None,) and model.output_shape == (None, 1)
    assert model.inputs[0].dtype == "string"
    assert model.layers[0].output.dtype == "float32" and model.layers[0].output.shape == (None, 5)
    assert [len(model.trainable_weights), len(model.non_trainable_weights)] == [3, 0]
    assert len(classifier(trainable=False).trainable_weights) == 2


@pytest.mark.parametrize("form", FORMS)
def test_training_steps(form):
    model = classifier()
    x, y = FORMS[form](), golden["texts/labels"]
    losses = [model.train_on_batch(x, y)[0] for _ in range(3)]
    np.testing.assert_allclose(losses, golden["texts/losses"], rtol=1e-5)
    close(model.layers[0].resolved_object.embeddings, "texts/embeddings")
    close(model.predict(x, verbose=0), "texts/predictions")


def test_fit_evaluate_and_predict_on_data_sets():
    model = classifier()
    pairs = tf.data.Dataset.from_tensor_slices((SENTENCES * 4, np.tile([1.0, 0, 1, 0, 1], 4)))
    history = model.fit(
        pairs.shuffle(20, seed=1).batch(8), validation_data=pairs.batch(8), epochs=8, verbose=0
    ).history
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history["val_accuracy"][-1] == 1.0
    loss, accuracy = model.evaluate(pairs.batch(20), verbose=0)
    assert accuracy == 1.0 and loss == pytest.approx(history["val_loss"][-1])
    texts = pairs.map(lambda text, label: text).batch(3)
    assert model.predict(texts, verbose=0).shape == (20, 1)
    many = np.asarray(SENTENCES * 100)
    np.testing.assert_allclose(
        model.predict(many, verbose=0)[:5], model.predict(many[:5], verbose=0), rtol=1e-6
    )


def test_a_frozen_module_stays():
    model = classifier(trainable=False)
    before = model.layers[0].get_weights()[0].copy()
    model.fit(np.asarray(SENTENCES), golden["texts/labels"], epochs=2, verbose=0)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], before)
    assert not np.allclose(model.layers[1].get_weights()[0], golden["texts/head"])


def test_texts_and_numbers_in_one_model():
    words = keras.Input((), dtype="string", name="words")
    extra = keras.Input((2,), name="extra")
    embedded = hub.KerasLayer(handle("texts"), trainable=True)(words)
    joined = keras.layers.Concatenate()([embedded, extra])
    model = keras.Model([words, extra], keras.layers.Dense(1)(joined))
    model.compile("adam", "mse")
    data = {"words": np.asarray(SENTENCES), "extra": np.ones((5, 2))}
    model.fit(data, np.ones(5), validation_split=0.4, verbose=0)
    assert model.predict(data, verbose=0).shape == (5, 1)


def test_saving(tmp_path):
    model = classifier()
    model.train_on_batch(np.asarray(SENTENCES), golden["texts/labels"])
    model.save(tmp_path / "m.keras")
    custom = {"KerasLayer": hub.KerasLayer}
    again = keras.models.load_model(tmp_path / "m.keras", custom_objects=custom)
    x = np.asarray(SENTENCES)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_the_layers_of_keras_take_texts_in_fit():
    vectorize = keras.layers.TextVectorization(max_tokens=20, output_sequence_length=4)
    vectorize.adapt(SENTENCES)
    model = keras.Sequential(
        [
            keras.Input((), dtype="string"),
            vectorize,
            keras.layers.Embedding(20, 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy")
    x, y = np.asarray(SENTENCES), golden["texts/labels"]
    losses = model.fit(x, y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


# --- what does not work -----------------------------------------------------------------------


@pytest.mark.parametrize("call", ["fit", "evaluate", "predict", "train_on_batch"])
def test_texts_for_a_model_of_numbers(call):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    y = () if call == "predict" else (np.ones(5),)
    with pytest.raises(errors.InvalidArgumentError, match="expected an array of numbers"):
        getattr(model, call)(np.asarray(SENTENCES), *y)


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [
        (np.asarray(SENTENCES), np.asarray(SENTENCES), "y: expected an array of numbers"),
        (np.asarray([b"a", 1], object), np.ones(2), "x: expected an array of numbers"),
        (np.asarray(SENTENCES), np.ones(4), "Data cardinality"),
    ],
)
def test_wrong_data(x, y, text):
    with pytest.raises(errors.InvalidArgumentError, match=text):
        classifier().fit(x, y, verbose=0)


@pytest.mark.parametrize("wrong", [[1, 2], [["a"], ["b"]], "a", np.ones((2, 3))])
def test_wrong_calls(wrong):
    with pytest.raises(ValueError, match="matching concrete function"):
        hub.load(handle("texts"))(wrong)


def test_a_function_of_texts_that_is_not_known_before_it_runs():
    layer = hub.KerasLayer(lambda x: tf.strings.length(x))
    assert layer(tf.constant(["ab"])).numpy().tolist() == [2]
    with pytest.raises(NotImplementedError, match="not known before it runs"):
        layer(keras.Input((), dtype="string"))
