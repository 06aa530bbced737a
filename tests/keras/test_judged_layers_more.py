"""More of what Keras's own tests of layers found: dtypes of wrappers, LoRA, errors, freezing."""

import numpy as np
import pytest

import caudal as tf
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.keras import KerasTensor, RematScope, layers, models

HALF = {"dtype": "mixed_float16"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Bidirectional(layers.SimpleRNN(4), **HALF),
        lambda: layers.RNN(layers.SimpleRNNCell(3), return_state=True, **HALF),
        lambda: layers.TimeDistributed(layers.Dense(2), **HALF),
        lambda: layers.SpectralNormalization(layers.Dense(2), **HALF),
        lambda: layers.GroupNormalization(2, **HALF),
        lambda: layers.LayerNormalization(**HALF),
    ],
)
def test_outputs_are_in_the_outer_layer_s_dtype(make):
    layer = make()
    outputs = tf.nest.flatten(layer(np.ones((2, 3, 4), "float32")))
    spec = tf.nest.flatten(layer.compute_output_spec(KerasTensor((2, 3, 4), "float16")))
    assert [y.dtype.name for y in outputs] == ["float16"] * len(outputs)
    assert [y.dtype for y in spec] == ["float16"] * len(outputs)


@pytest.mark.parametrize("kind", [layers.GroupNormalization, layers.LayerNormalization])
def test_normalization_of_what_float16_cannot_hold(kind):
    layer = kind(**({"groups": 2} if kind is layers.GroupNormalization else {}), **HALF)
    y = layer(np.full((2, 4, 8), 70000.0, "float32")).numpy()
    assert np.all(y == 0)


@pytest.mark.parametrize(
    "kind, shape, groups", [("Conv1D", (2, 5, 4), 2), ("Conv2D", (2, 5, 5, 4), 1)]
)
def test_low_rank_factors_of_convolutions(kind, shape, groups, tmp_path):
    layer = getattr(layers, kind)(6, 2, groups=groups)
    x = np.linspace(-1, 1, int(np.prod(shape)), dtype="float32").reshape(shape)
    model = models.Sequential([layer])
    plain = model(x).numpy()
    kernel = layer.kernel.numpy()
    layer.enable_lora(2, lora_alpha=3.0)
    assert [v.path.rpartition("/")[2] for v in layer.trainable_variables] == [
        "bias",
        "lora_kernel_a",
        "lora_kernel_b",
    ]
    np.testing.assert_array_equal(model(x), plain)
    a = np.full(layer.lora_kernel_a.shape, 0.1, "float32")
    b = np.full(layer.lora_kernel_b.shape, 0.2, "float32")
    layer.lora_kernel_a.assign(a)
    layer.lora_kernel_b.assign(b)
    expected = kernel + 1.5 * np.tensordot(a, b, 1)
    np.testing.assert_allclose(layer.kernel, expected, rtol=1e-6)
    model.save(tmp_path / "m.keras")
    again = models.load_model(tmp_path / "m.keras")
    assert again.layers[0].lora_enabled and again.layers[0].lora_rank == 2
    np.testing.assert_allclose(again(x), model(x), rtol=1e-5, atol=1e-6)


def test_low_rank_factors_carry_the_path_of_their_layer():
    class Outer(models.Model):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = layers.Conv2D(4, 3, name="conv", lora_rank=2)
            self.dense = layers.Dense(3, name="dense")

        def call(self, x):
            return self.dense(self.inner(x))

    model = Outer()
    model(np.zeros((1, 4, 4, 2), "float32"))
    model.dense.enable_lora(1)
    assert model.inner.lora_kernel_a.path == "outer/conv/lora_kernel_a"
    assert model.dense.lora_kernel_b.path == "outer/dense/lora_kernel_b"


@pytest.mark.parametrize("tied", [True, False])
def test_a_reversible_embedding(tied, tmp_path):
    layer = layers.ReversibleEmbedding(7, 3, tie_weights=tied, mask_zero=True, logit_soft_cap=2.0)
    ids = np.array([[0, 3, 6]])
    rows = layer(ids)
    table = layer.embeddings.numpy()
    np.testing.assert_array_equal(rows, table[ids])
    np.testing.assert_array_equal(rows._keras_mask, [[False, True, True]])
    x = np.linspace(-3, 3, 12, dtype="float32").reshape(2, 2, 3)
    weights = table.T if tied else layer.reverse_embeddings.numpy()
    expected = 2 * np.tanh(x @ weights / 2)
    np.testing.assert_allclose(layer(x, reverse=True), expected, rtol=1e-5, atol=1e-6)
    assert len(layer.trainable_weights) == (1 if tied else 2)
    assert layer.compute_output_spec(KerasTensor((None, 2, 3)), reverse=True).shape == (None, 2, 7)
    copy = layers.ReversibleEmbedding.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    layer.enable_lora(2)
    model = models.Sequential([layer])
    model(ids)
    model.save_weights(tmp_path / "m.weights.h5")
    plain = models.Sequential([copy])
    plain(ids)
    plain.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(copy(x, reverse=True), expected, rtol=1e-5, atol=1e-6)


def test_scores_in_another_dtype():
    layer = layers.ReversibleEmbedding(7, 3, reverse_dtype="float16")
    assert layer(np.ones((2, 3), "float32"), reverse=True).dtype == "float16"
    assert layer.compute_output_spec(KerasTensor((2, 3)), reverse=True).dtype == "float16"


def test_a_layer_made_frozen_stays_so_in_its_model():
    inputs = layers.Input((1,))
    layer = layers.Dense(2, trainable=False)
    model = models.Model(inputs, layer(inputs))
    assert not model.trainable_weights and len(model.non_trainable_weights) == 2
    before = model.get_weights()
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 1), "float32"), np.ones((4, 2), "float32"), verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    layer.trainable = True
    assert len(model.trainable_weights) == 2


def test_metrics_are_no_variables_of_a_layer():
    class Measured(layers.Layer):
        def __init__(self):
            super().__init__()
            self.metric = tf.keras.metrics.MeanSquaredError()

    layer = Measured()
    assert not layer.variables and len(layer.metrics_variables) == 2


def test_dropped_weights_are_the_attention_scores_returned():
    query = np.ones((1, 2, 2), "float32")
    _, scores = layers.Attention(dropout=0.5, seed=3)(
        [query, query], return_attention_scores=True, training=True
    )
    assert set(np.unique(scores.numpy())) <= {0.0, 1.0}


def test_integers_are_multiplied_through_masks():
    mask = layers.Masking()
    x = mask(tf.constant([[[0, 0], [1, 2], [0, 0], [3, 4]]]))
    y = mask(tf.constant([[[0, 0], [0, 0], [1, 2], [3, 4]]]))
    np.testing.assert_array_equal(layers.Multiply()([x, y]), [[[0, 0], [1, 2], [1, 2], [9, 16]]])


def test_layers_made_in_a_remat_scope_compute_the_same():
    x = np.ones((2, 3), "float32")
    for mode in ("full", "activations", "larger_than", "list_of_layers", None):
        with RematScope(mode, output_size_threshold=3, layer_names=["chosen"]):
            layer = layers.Dense(2, "relu", kernel_initializer="ones", name="chosen")
        np.testing.assert_array_equal(layer(x), [[3.0, 3.0]] * 2)


def test_bidirectional_copies_an_argument_that_is_in_no_configuration():
    wrapped = layers.Bidirectional(layers.GRU(1, use_cudnn=False))
    assert wrapped.forward_layer.use_cudnn is wrapped.backward_layer.use_cudnn is False


def test_a_gru_in_a_function():
    layer = layers.GRU(5, stateful=True)
    x = np.ones((2, 10, 10), "float32")
    expected = layers.GRU.from_config({**layer.get_config(), "stateful": False})
    layer.build(x.shape)
    expected.build(x.shape)
    expected.set_weights(layer.get_weights())
    function = tf.function(
        lambda x: layer(x), input_signature=[tf.TensorSpec((None, 10, 10), "float32")]
    )
    np.testing.assert_allclose(function(x), expected(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_a_quantized_reversible_embedding(tied, mode, tmp_path):
    layer = layers.ReversibleEmbedding(7, 4, tie_weights=tied)
    ids, x = np.array([[0, 3, 6]]), np.linspace(-1, 1, 8, dtype="float32").reshape(2, 4)
    rows, scores = layer(ids).numpy(), layer(x, reverse=True).numpy()
    layer.quantize(mode)
    names = {"embeddings", "embeddings_scale"}
    if not tied:
        names |= {"reverse_embeddings", "reverse_embeddings_scale"}
    assert names <= {v.name for v in layer.weights} and not layer.trainable_weights
    np.testing.assert_allclose(layer(ids), rows, atol=0.01)
    np.testing.assert_allclose(layer(x, reverse=True), scores, atol=0.02)
    model = models.Sequential([layer])
    model(ids)
    model.save(tmp_path / "m.keras")
    again = models.load_model(tmp_path / "m.keras").layers[0]
    np.testing.assert_array_equal(again(x, reverse=True), layer(x, reverse=True))


def test_noise_that_never_draws_has_no_random_state():
    for made in (layers.Dropout(0), layers.GaussianNoise(0.0), layers.GaussianDropout(0)):
        assert not made.variables
        np.testing.assert_array_equal(made(np.ones((1, 2), "float32"), training=True), [[1, 1]])
    assert len(layers.Dropout(0.5).variables) == 1


def test_losses_of_outputs_that_compute_loss_makes():
    class Twice(models.Model):
        def compute_loss(self, x, y, y_pred, sample_weight=None, **kwargs):
            outputs = [y_pred, y_pred]
            return super().compute_loss(x, y, outputs, sample_weight=sample_weight, **kwargs)

    inputs = layers.Input((3,))
    model = Twice(inputs, layers.Dense(1)(inputs))
    model.compile("sgd", ["mean_squared_error", "mean_absolute_error"])
    y = np.ones((4, 1), "float32")
    history = model.fit(np.ones((4, 3), "float32"), (y, y), verbose=0).history
    assert sorted(history) == ["loss", "mean_absolute_error_loss", "mean_squared_error_loss"]


def test_bad_input():
    class Unfit(layers.Layer):
        def build(self, first_shape, other):
            pass

        def call(self, first, other):
            return first

    x = np.ones((2, 3), "float32")
    bounds = [{"most": 1.0}, {"rmax": 0.0, "rmin": 1.0}, {"dmax": -1.0}]
    wrong = [
        (InvalidArgumentError, "other", lambda: Unfit()(x, x)),
        (DTypeError, "axis", lambda: layers.LayerNormalization(axis={"axis": -1})),
        (DTypeError, "axis", lambda: layers.UnitNormalization(axis="last")),
        (DTypeError, "`n`", lambda: layers.RepeatVector("3")),
        (InvalidArgumentError, "`n`", lambda: layers.RepeatVector(0)),
        (DTypeError, "`size`", lambda: layers.UpSampling1D(2.5)),
        (
            InvalidArgumentError,
            "dilation_rate",
            lambda: layers.ConvLSTM1D(2, 3, strides=2, dilation_rate=2),
        ),
        (
            TypeError,
            "input_dim",
            lambda: layers.Embedding.from_config({"input_dim": 3.7, "output_dim": 2}),
        ),
        (ValueError, "input_dim", lambda: layers.ReversibleEmbedding(0, 2)),
        (
            InvalidArgumentError,
            "output_shape",
            lambda: layers.EinsumDense("abc,cd->abd", (4,)).build((2, 3, 5)),
        ),
        (NotImplementedError, "Dropout", lambda: layers.Dropout(0.5).quantized_build((2,), "int8")),
        (InvalidArgumentError, "padding", lambda: layers.ZeroPadding1D((1,))),
        *(
            (
                InvalidArgumentError,
                "renorm_clipping",
                lambda b=b: layers.BatchNormalization(renorm=True, renorm_clipping=b),
            )
            for b in bounds
        ),
    ]
    for error, words, call in wrong:
        with pytest.raises(error, match=words):
            call()
