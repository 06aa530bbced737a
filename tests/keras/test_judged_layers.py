"""Layers where Keras's own tests found a difference (tools/conformance.py)."""

import numpy as np
import pytest

import caudal as tf
from caudal.errors import InvalidArgumentError
from caudal.keras import KerasTensor, layers, metrics, ops


def test_a_subclass_that_gives_build_to_a_layer_without_weights_is_not_built():
    class Weighted(layers.ReLU):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(1,), initializer="ones")

    assert layers.ReLU().built and layers.MaxPooling2D().built
    layer = Weighted()
    assert not layer.built
    layer(np.ones((2, 3), "float32"))
    assert layer.built and len(layer.weights) == 1


@pytest.mark.parametrize(
    "equation, output_shape, expected",
    [
        ("...b,bc->...c", (64,), (2, 64)),
        ("ab...,bc->ac...", (5,), (2, 5, 3)),
        ("abc...,cd->abd...", (7, 4), (2, 7, 4, 5)),
    ],
)
def test_einsum_dense_with_dots(equation, output_shape, expected):
    shapes = {"...b": (2, 6), "ab...": (2, 7, 3), "abc...": (2, 7, 3, 5)}
    shape = shapes[equation.split(",")[0]]
    layer = layers.EinsumDense(equation, output_shape)
    assert layer(np.ones(shape, "float32")).shape == expected
    assert layer.compute_output_shape(shape) == expected


def test_lambda_is_revived_with_safe_mode_off():
    config = layers.Lambda(lambda x: x**2).get_config()
    with pytest.raises(InvalidArgumentError):
        layers.Lambda.from_config(config)
    layer = layers.Lambda.from_config(config, safe_mode=False)
    np.testing.assert_array_equal(layer(np.full((1, 2), 3.0, "float32")), [[9.0, 9.0]])


def test_input_layers_check_what_they_are_told_about_a_tensor():
    tensor = KerasTensor((2, 3))
    assert layers.InputLayer(input_tensor=tensor).output is tensor
    for wrong in (
        {"shape": (4,)},
        {"batch_shape": (2, 4)},
        {"batch_size": 5},
        {"dtype": "float16"},
    ):
        with pytest.raises(InvalidArgumentError, match=next(iter(wrong))):
            layers.InputLayer(input_tensor=KerasTensor((2, 3)), **wrong)
    with pytest.raises(InvalidArgumentError, match="batch_size"):
        layers.InputLayer(batch_size=4, batch_shape=(2, 3))


def test_dense_without_activation_after_it_was_made():
    layer = layers.Dense(2, activation="relu", kernel_initializer="ones")
    layer.activation = None
    np.testing.assert_array_equal(layer(np.full((1, 2), -1.0, "float32")), [[-2.0, -2.0]])


def test_a_wrapper_without_a_constructor_of_its_own_is_written_down():
    class Halved(layers.Wrapper):
        def call(self, inputs):
            return self.layer(inputs) * 0.5

    layer = Halved(layers.Dense(2))
    assert layer.get_config()["layer"]["class_name"] == "Dense"


class Scaled(layers.Layer):
    """A layer with a weight of each kind, a layer inside, and both made in the constructor."""

    def __init__(self):
        self.started = True  # before super().__init__(), which Keras allows
        super().__init__(name="scaled")
        self.scale = self.add_weight(shape=(2,), initializer="ones", name="scale")
        self.count = self.add_weight(name="count", initializer="zeros", trainable=False)
        self.inner = layers.Dense(2, name="inner", kernel_initializer="ones")
        self.seen = metrics.Mean(name="seen")

    def call(self, x):
        self.count.assign_add(1.0)
        self.add_loss(self.scale[0])
        return self.inner(x) * self.scale


def test_weights_of_the_constructor_have_the_layer_s_name_in_their_path():
    layer = Scaled()
    layer(np.ones((1, 2), "float32"))
    assert [weight.path for weight in layer.trainable_weights] == [
        "scaled/scale",
        "scaled/inner/kernel",
        "scaled/inner/bias",
    ]
    assert layer.metrics == [layer.seen]


def test_stateless_calls_leave_the_variables_alone():
    layer = Scaled()
    x = np.ones((1, 2), "float32")
    layer(x)
    trained = [np.full(v.shape, 2.0) for v in layer.trainable_variables]
    others = [np.zeros(v.shape) for v in layer.non_trainable_variables]
    out, others, losses = layer.stateless_call(trained, others, x, return_losses=True)
    np.testing.assert_array_equal(out, [[12.0, 12.0]])  # (1*2 + 1*2 + 2) * 2
    assert float(others[0]) == 1.0 and float(losses[0]) == 2.0
    np.testing.assert_array_equal(layer.scale, [1.0, 1.0])
    assert float(layer.count) == 1.0
    with pytest.raises(InvalidArgumentError, match="values of variables"):
        layer.stateless_call(trained[1:], others, x)


def test_stateless_metrics():
    mean = metrics.Mean()
    mean.update_state([2.0])
    values = mean.stateless_update_state([np.float32(1.0), np.float32(1.0)], [4.0])
    assert [float(value) for value in values] == [5.0, 2.0]
    assert float(mean.stateless_result(values)) == 2.5
    assert [float(value) for value in mean.stateless_reset_state()] == [0.0, 0.0]
    assert float(mean.result()) == 2.0


def test_trainable_must_be_a_boolean():
    for wrong in ("yes", 1, None):
        with pytest.raises(InvalidArgumentError, match="trainable"):
            layers.Dense(2, trainable=wrong)


def test_a_layer_without_call_has_no_output_shape():
    with pytest.raises(NotImplementedError, match="compute_output_shape"):
        layers.Layer().compute_output_shape((2, 3))


def test_masks_of_merged_integers():
    mask = layers.Masking()
    x = mask(np.array([[[0, 0], [1, 2], [0, 0]]], "int32"))
    y = mask(np.array([[[0, 0], [0, 0], [3, 4]]], "int32"))
    total = layers.Add()([x, y])
    np.testing.assert_array_equal(total._keras_mask, [[False, True, True]])
    joined = layers.Concatenate(axis=1)([x, y])
    assert joined._keras_mask.shape == (1, 6)
    numbers = [np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])]
    np.testing.assert_array_equal(layers.Add().compute_mask([x, y], numbers), [[True, False]])


@pytest.mark.parametrize("kind", ["list", "generator", "labels", "dataset"])
def test_normalization_adapts_to_batches(kind):
    x = np.random.default_rng(0).normal(3.0, 2.0, (64, 5)).astype("float32")
    parts = [x[i : i + 16] for i in range(0, 64, 16)]
    data = {
        "list": parts,
        "generator": (part for part in parts),
        "labels": [(part, np.zeros(16)) for part in parts],
        "dataset": tf.data.Dataset.from_tensor_slices((x, x[:, 0])).batch(16),
    }[kind]
    layer, whole = layers.Normalization(), layers.Normalization()
    layer.adapt(data)
    whole.adapt(x)
    np.testing.assert_allclose(layer(x), whole(x), atol=1e-5)


def test_normalization_refuses_what_is_no_batch():
    for empty in ([], iter(())):
        with pytest.raises(InvalidArgumentError, match="empty iterable"):
            layers.Normalization().adapt(empty)
    with pytest.raises(TypeError, match="shape"):
        layers.Normalization().adapt(iter([42]))
    with pytest.raises(InvalidArgumentError, match="incompatible"):
        layers.Normalization().adapt([np.ones((8, 4)), np.ones((8, 6))])


@pytest.mark.parametrize("way", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_up_sampling_interpolates(way):
    x = np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1)
    found = layers.UpSampling2D((2, 3), interpolation=way)(x)
    assert found.shape == (1, 8, 12, 1)
    wanted = np.repeat(np.repeat(x, 2, 1), 3, 2)
    if way != "nearest":
        wanted = ops.image.resize(x, (8, 12), way)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    with pytest.raises(InvalidArgumentError, match="interpolation"):
        layers.UpSampling2D(interpolation="linear")


def test_bad_arguments_of_layers():
    for shape in ("Invalid", (20, 1.5, 10), (20, -1, 10), (20, 0, 10)):
        with pytest.raises(InvalidArgumentError, match="noise_shape"):
            layers.Dropout(0.5, noise_shape=shape)
    for groups in (0, -2, 1.5, "32"):
        with pytest.raises(InvalidArgumentError, match="groups"):
            layers.GroupNormalization(groups=groups)


def test_layer_normalization_without_the_mean():
    layer = layers.LayerNormalization(rms_scaling=True)
    found = layer(np.array([[1.0, 2.0, 4.0], [0.0, 3.0, 5.0]], "float32"))
    # Recorded from Keras 3.15.1.
    expected = [[0.80152613, 1.60305226, 3.20610452], [0.0, 1.45981991, 2.43303323]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert [weight.name for weight in layer.weights] == ["gamma"]
    assert layer.get_config()["rms_scaling"] is True
