"""Preprocessing and augmentation layers; values recorded by hand from Keras 3.15.1."""

from typing import Any

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import CaudalError, InvalidArgumentError

layers = keras.layers

RAMP = np.arange(20, dtype="float32").reshape(1, 4, 5, 1)
PAIR = np.arange(60, dtype="float32").reshape(2, 5, 6, 1)


def _plane(x: Any, index: int = 0) -> Any:
    return np.asarray(x)[index, ..., 0]


# --- deterministic ----------------------------------------------------------------------------


def test_center_crop_cuts_or_resizes() -> None:
    cut = layers.CenterCrop(2, 3)(PAIR)
    assert _plane(cut).tolist() == [[7, 8, 9], [13, 14, 15]]
    grown = _plane(layers.CenterCrop(8, 3)(PAIR))
    assert grown[:, 0].tolist() == [2, 4.625, 8.375, 12.125, 15.875, 19.625, 23.375, 26]


def test_resizing_values_and_dtype() -> None:
    small = _plane(layers.Resizing(3, 4)(PAIR))
    np.testing.assert_allclose(small[0], [2.25, 3.75, 5.25, 6.75], rtol=1e-6)
    np.testing.assert_allclose(small[2], [22.25, 23.75, 25.25, 26.75], rtol=1e-6)
    cropped = _plane(layers.Resizing(3, 4, crop_to_aspect_ratio=True)(PAIR))
    np.testing.assert_allclose(cropped[0], [1.25, 2.75, 4.25, 5.75], rtol=1e-6)
    assert layers.Resizing(3, 4)(PAIR.astype("uint8")).dtype.name == "uint8"
    assert keras.Input((None, None, 3)).shape == (None, None, None, 3)
    assert layers.Resizing(3, 4)(keras.Input((None, None, 3))).shape == (None, 3, 4, 3)


@pytest.mark.parametrize(
    ("make", "row", "values"),
    [
        (lambda: layers.RandomRotation((0.25, 0.25)), 1, [2.5, 5, 10, 15, 17.5]),
        (lambda: layers.RandomRotation((0.1, 0.1)), 0, [1.2636, 2.0727, 4.314, 8.062, 11.3102]),
        (
            lambda: layers.RandomRotation((0.1, 0.1), fill_mode="constant"),
            3,
            [3.8471, 10.938, 14.686, 11.827, 1.967],
        ),
        (
            lambda: layers.RandomZoom((0.5, 0.5), fill_mode="constant"),
            1,
            [0, 4.25, 5.75, 7.25, 0],
        ),
        (
            lambda: layers.RandomZoom((0.5, 0.5), (-0.5, -0.5), fill_mode="constant"),
            3,
            [4, 4.125, 4.25, 4.375, 4.5],
        ),
        (lambda: layers.RandomZoom((-0.25, -0.25)), 0, [2.375, 3.125, 3.875, 4.625, 5.375]),
        (lambda: layers.RandomTranslation((0.25, 0.25), (0.2, 0.2)), 2, [5, 5, 6, 7, 8]),
        (
            lambda: layers.RandomTranslation((0.3, 0.3), (0, 0), fill_mode="nearest"),
            2,
            [4, 5, 6, 7, 8],
        ),
        (lambda: layers.RandomBrightness((0.2, 0.2)), 0, [51, 52, 53, 54, 55]),
    ],
)
def test_random_layers_with_one_possible_value(make: Any, row: int, values: list[float]) -> None:
    found = _plane(make()(RAMP, training=True))[row]
    np.testing.assert_allclose(found, values, atol=6e-5)


# --- random -----------------------------------------------------------------------------------

RANDOM = [
    lambda **k: layers.RandomFlip(**k),
    lambda **k: layers.RandomRotation(0.2, **k),
    lambda **k: layers.RandomZoom(0.4, **k),
    lambda **k: layers.RandomTranslation(0.4, 0.4, **k),
    lambda **k: layers.RandomContrast(0.5, **k),
    lambda **k: layers.RandomBrightness(0.5, **k),
]


def test_random_extents_of_keras_2() -> None:
    x = np.arange(2 * 4 * 3, dtype="float32").reshape(2, 4, 3, 1)
    place = tf.keras.layers.experimental.preprocessing
    tall = place.RandomHeight((0.5, 0.5))(x, training=True)
    assert tall.shape == (2, 6, 3, 1)
    # As tf_keras 2.21 gives it.
    assert np.allclose(tall[0, :, 0, 0], [0, 1.5, 3.5, 5.5, 7.5, 9])
    wide = layers.RandomWidth((1.0, 1.0), "nearest")(x[0].astype("uint8"), training=True)
    assert wide.dtype == "float32"
    assert wide[0, :, 0].numpy().tolist() == [0, 0, 1, 1, 2, 2]
    layer = layers.RandomHeight(0.5, seed=4)
    assert {layer(x).shape[1] for _ in range(30)} == {2, 3, 4, 5}
    assert layers.RandomHeight.from_config(layer.get_config()).seed == 4
    assert np.array_equal(layer(x, training=False), x)
    assert layer(tf.keras.Input((8, 9, 3))).shape == (None, None, 9, 3)
    images = tf.data.Dataset.from_tensor_slices(x).map(place.RandomWidth((1.0, 1.0)))
    assert [image.shape for image in images] == [(4, 6, 1)] * 2


def test_random_extents_within_a_trained_model_say_where_to_put_them() -> None:
    model = tf.keras.Sequential([layers.RandomHeight(0.5), layers.GlobalMaxPooling2D()])
    model.compile("sgd", "mse")
    with pytest.raises(NotImplementedError, match=r"RandomHeight.*map\(\) of a dataset"):
        model.fit(np.zeros((2, 4, 4, 1)), np.zeros((2, 1)), verbose=0)
    assert model.predict(np.ones((2, 4, 4, 1)), verbose=0).tolist() == [[1], [1]]
    with pytest.raises(ValueError, match="3 axes or a batch of 4"):
        layers.RandomHeight(0.5)(np.zeros((2, 3), "float32"))


@pytest.mark.parametrize("make", RANDOM)
def test_random_layers_follow_their_seed_and_rest_outside_of_training(make: Any) -> None:
    x = np.random.default_rng(1).uniform(0, 255, (6, 5, 7, 3)).astype("float32")
    assert np.array_equal(make(seed=3)(x, training=False), x)
    first, second = make(seed=3)(x, training=True), make(seed=3)(x, training=True)
    assert np.array_equal(first, second)
    layer = make(seed=3)
    assert np.array_equal(layer(x, training=True), first)
    assert not np.array_equal(layer(x, training=True), first)
    assert first.numpy().min() >= 0
    assert first.numpy().max() <= 255


@pytest.mark.parametrize("make", RANDOM)
def test_random_layers_compile_and_pass_gradients(make: Any) -> None:
    x = np.random.default_rng(1).uniform(10, 90, (6, 5, 7, 3)).astype("float32")
    eager = make(seed=3)(x, training=True)
    layer = make(seed=3)
    compiled = tf.function(lambda value: layer(value, training=True))
    np.testing.assert_allclose(compiled(x), eager, rtol=2e-4, atol=2e-3)
    value = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(value)
        total = tf.reduce_sum(make(seed=3)(value, training=True))
    assert float(tf.reduce_sum(tf.abs(tape.gradient(total, value)))) > 1


def test_flip_gives_each_image_or_its_mirror() -> None:
    x = np.repeat(RAMP, 64, axis=0)
    found = layers.RandomFlip("horizontal", seed=5)(x, training=True).numpy()
    mirrored = [bool(np.array_equal(image, RAMP[0, :, ::-1])) for image in found]
    same = [bool(np.array_equal(image, RAMP[0])) for image in found]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 15 < sum(mirrored) < 49


def test_crop_is_a_block_of_the_image() -> None:
    layer = layers.RandomCrop(2, 3, seed=1)
    corners = set()
    for _ in range(40):
        block = _plane(layer(RAMP, training=True))
        corner = int(block[0, 0])
        corners.add(corner)
        assert np.array_equal(block, _plane(RAMP)[corner // 5 :, corner % 5 :][:2, :3])
    assert corners == {0, 1, 2, 5, 6, 7, 10, 11, 12}
    assert layer(RAMP, training=False).shape == (1, 2, 3, 1)
    assert layer(RAMP[0], training=True).shape == (2, 3, 1)


def test_brightness_and_contrast_draw_within_their_ranges() -> None:
    x = np.full((200, 2, 2, 1), 100.0, "float32")
    shift = layers.RandomBrightness((0.0, 0.1), seed=2)(x, training=True).numpy() - x
    assert 0 <= shift.min() < 3
    assert 22 < shift.max() <= 25.5
    edge = np.tile(np.array([90.0, 110.0], "float32").reshape(1, 1, 2, 1), (200, 2, 1, 1))
    # Keras sorts the pair.
    found = layers.RandomContrast((0.5, 0.2), seed=2)(edge, training=True).numpy()
    by = (found[:, 0, 1, 0] - found[:, 0, 0, 0]) / 20
    assert 0.8 <= by.min() < 0.83
    assert 1.47 < by.max() <= 1.5001


def test_augmentation_in_a_model() -> None:
    model = keras.Sequential(
        [
            layers.Resizing(8, 8),
            layers.RandomFlip(seed=1),
            layers.RandomRotation(0.2, seed=2),
            layers.Conv2D(2, 3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    x = np.random.default_rng(1).normal(size=(8, 6, 10, 3)).astype("float32")
    history = model.fit(x, np.zeros((8, 1)), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert np.allclose(model.predict(x, verbose=0), model(x, training=False), atol=1e-5)


def test_channels_first_and_single_images() -> None:
    first = PAIR.transpose(0, 3, 1, 2)
    layer = layers.RandomTranslation((0.2, 0.2), (0.5, 0.5), data_format="channels_first")
    last = layers.RandomTranslation((0.2, 0.2), (0.5, 0.5))
    a, b = layer(first, training=True).numpy(), last(PAIR, training=True).numpy()
    assert np.array_equal(a.transpose(0, 2, 3, 1), b)
    assert np.array_equal(last(PAIR[0], training=True), b[0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.RandomFlip("sideways"), "mode"),
        (lambda: layers.RandomRotation("a lot"), "factor"),
        (lambda: layers.RandomRotation((0.5, 0.1, 0.2)), "factor"),
        (lambda: layers.RandomZoom(0.1, fill_mode="mirrored"), "fill_mode"),
        (lambda: layers.RandomZoom(0.1, interpolation="cubic"), "interpolation"),
        (lambda: layers.Resizing(0, 3), "height"),
        (lambda: layers.RandomHeight((0.3, -0.2)), "least, greatest"),
        (lambda: layers.RandomHeight(-1.5), "factor"),
        (lambda: layers.RandomWidth(0.1, interpolation="best"), "interpolation"),
        (lambda: layers.Resizing(2, 3, interpolation="best"), "interpolation"),
        (lambda: layers.RandomBrightness(3.0), "factor"),
        (lambda: layers.CenterCrop(2, -1), "width"),
    ],
)
def test_bad_arguments_are_named(make: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        make()


def test_a_batch_of_vectors_is_no_image() -> None:
    with pytest.raises(CaudalError, match="3 axes or a batch of 4"):
        layers.RandomFlip()(np.zeros((2, 3), "float32"), training=True)


def test_configurations_make_the_same_layers() -> None:
    for make in RANDOM:
        layer = make(seed=4)
        again = type(layer).from_config(layer.get_config())
        x = np.random.default_rng(2).uniform(0, 255, (2, 4, 5, 3)).astype("float32")
        assert np.array_equal(layer(x, training=True), again(x, training=True))
