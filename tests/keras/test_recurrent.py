"""Recurrent layers against real Keras: outputs, gradients, configurations, training."""

import json
from pathlib import Path

import numpy as np
import pytest
from recurrent_cases import CASES, NAMES, call_arguments, inputs, masked_sequences, values, weight

from caudal import keras
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import GradientTape, convert_to_tensor, nest, trace
from caudal.ir import Type, as_dtype
from caudal.math import add_n, reduce_sum

L = keras.layers
GOLDEN = np.load(Path(__file__).parent / "golden_recurrent.npz")
CASE = pytest.mark.parametrize("case", CASES, ids=NAMES)


def make(case):
    """The layer, built, with the recorded weights; its input; the other arguments."""
    _, function, options = case
    layer, x = function(L), convert_to_tensor(inputs())
    given = nest.map_structure(convert_to_tensor, call_arguments(options))
    layer(x, **given)
    layer.set_weights([weight(tuple(v.shape), i) for i, v in enumerate(layer.weights)])
    return layer, x, given


def close(found, key, loose=1.0):
    expected = GOLDEN[key]
    assert tuple(found.shape) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5 * loose, atol=2e-6 * loose)


@CASE
def test_values_and_gradients(case):
    layer, x, given = make(case)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        ys = nest.flatten(layer(x, **given))
        total = add_n([reduce_sum(y * values(tuple(y.shape), 5 + i)) for i, y in enumerate(ys)])
    assert f"{case[0]}/y{len(ys)}" not in GOLDEN.files
    for i, y in enumerate(ys):
        close(y.numpy(), f"{case[0]}/y{i}")
    close(tape.gradient(total, x).numpy(), f"{case[0]}/gx", loose=20)
    for i, variable in enumerate(layer.trainable_variables):
        gradient = convert_to_tensor(tape.gradient(total, variable))
        close(gradient.numpy(), f"{case[0]}/gw{i}", loose=20)


@CASE
def test_compiled_is_eager(case):
    layer, x, given = make(case)
    program = trace(
        lambda x: nest.flatten(layer(x, **given)), [Type(as_dtype(x.dtype), tuple(x.shape))]
    )
    for i, y in enumerate(program.run(x)):
        close(y.numpy(), f"{case[0]}/y{i}")


@CASE
def test_symbolic_shape(case):
    layer, _, _ = make(case)
    ys = nest.flatten(layer(keras.Input((None, 4))))
    for i, y in enumerate(ys):
        expected = GOLDEN[f"{case[0]}/y{i}"].shape
        time = () if len(expected) == 2 else (None,)
        assert tuple(y.shape) == (None, *time, expected[-1])


@CASE
def test_configuration_is_keras_own(case):
    keras.backend.clear_session()
    layer = case[1](L)
    expected = json.loads(str(GOLDEN[f"{case[0]}/config"]))
    assert json.loads(json.dumps(layer.get_config())) == expected
    again = L.deserialize(json.loads(json.dumps(L.serialize(layer))))
    assert json.loads(json.dumps(again.get_config())) == expected


def masked_model():
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            L.Embedding(9, 4, mask_zero=True),
            L.Bidirectional(L.LSTM(3, return_sequences=True)),
            L.GRU(3),
            L.Dense(1),
        ]
    )
    model.set_weights([weight(tuple(v.shape), i) for i, v in enumerate(model.weights)])
    x = np.arange(24).reshape(4, 6) * 5 % 9
    x[:, 4:] = [[0, 0], [3, 0], [1, 2], [0, 0]]
    return model, x


def test_training_with_masks_is_keras_own():
    model, x = masked_model()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    losses = [model.train_on_batch(x, values((4, 1), 2)) for _ in range(3)]
    np.testing.assert_allclose(losses, GOLDEN["train/losses"], rtol=1e-4)
    for i, variable in enumerate(model.weights):
        close(variable.numpy(), f"train/w{i}", loose=20)
    close(model.predict(x, verbose=0), "train/p", loose=20)


def test_the_loss_leaves_masked_steps_out():
    _, x = masked_model()
    model = keras.Sequential([keras.Input((6,), dtype="int32"), *masked_sequences(L)])
    model.set_weights([weight(tuple(v.shape), i) for i, v in enumerate(model.weights)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    losses = [model.train_on_batch(x, values((4, 6, 1), 2)) for _ in range(3)]
    np.testing.assert_allclose(losses, GOLDEN["train/every"], rtol=1e-4)


def test_masking_skips_steps():
    x = inputs()
    x[:, 3:] = 0.5
    layer = L.LSTM(3)
    expected = layer(x[:, :2])
    x[:, 2] = 0.5
    masked = L.Masking(0.5)(x)
    assert not np.any(masked.numpy()[:, 2:])
    np.testing.assert_allclose(layer(L.Dropout(0.5)(masked)), expected, rtol=1e-5, atol=1e-6)


def test_a_layer_with_a_mask_argument_gets_it():
    class Count(L.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, inputs, mask=None):
            return reduce_sum(convert_to_tensor(np.float32(mask)), axis=1)

        def compute_mask(self, inputs, mask=None):
            return None

    ids = np.array([[3, 0, 1], [0, 0, 2]])
    np.testing.assert_array_equal(Count()(L.Embedding(4, 2, mask_zero=True)(ids)), [2, 1])


def test_a_cell_is_one_step():
    x = inputs()
    for layer in (L.SimpleRNN(3), L.LSTM(3), L.GRU(3), L.GRU(3, reset_after=False)):
        expected = layer(x).numpy()
        states = layer.cell.get_initial_state(batch_size=len(x))
        for t in range(x.shape[1]):
            output, states = layer.cell(x[:, t], states)
        np.testing.assert_allclose(output.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_a_cell_of_the_users():
    class Sum(L.Layer):
        state_size = 4

        def call(self, inputs, states):
            return states[0] + inputs, [states[0] + inputs]

    x = inputs()
    np.testing.assert_allclose(L.RNN(Sum())(x), x.sum(1), rtol=1e-5)
    every = L.RNN(Sum(), return_sequences=True)(x)
    np.testing.assert_allclose(every, x.cumsum(1), rtol=1e-5)


def test_long_sequences_keep_their_order():
    x = values((2, 70, 3), 1)
    layer = L.SimpleRNN(
        3, activation="linear", kernel_initializer="identity", recurrent_initializer="zeros"
    )
    layer.return_sequences = True
    np.testing.assert_allclose(layer(x), x, rtol=1e-6)


def test_stateful_goes_on():
    x = inputs()
    layer = L.GRU(3, stateful=True)
    whole = L.GRU(3)
    whole(x)
    layer.build(x.shape)
    layer.set_weights(whole.get_weights())
    assert len(layer.weights) == 3
    expected = whole(x).numpy()
    for _ in range(2):
        layer(x[:, :2])
        np.testing.assert_allclose(layer(x[:, 2:]), expected, rtol=1e-5, atol=1e-6)
        layer.reset_states()
    model = keras.Sequential([keras.Input(batch_shape=(3, 2, 4)), L.LSTM(2, stateful=True)])
    first = model.predict(x[:, :2], batch_size=3, verbose=0)
    assert not np.allclose(first, model.predict(x[:, :2], batch_size=3, verbose=0))


def test_dropout_has_one_mask_for_all_steps():
    x = np.ones((2, 6, 400), "float32")
    layer = L.SimpleRNN(
        400,
        activation="linear",
        kernel_initializer="identity",
        recurrent_initializer="zeros",
        dropout=0.25,
        return_sequences=True,
        seed=3,
    )
    y = layer(x, training=True).numpy()
    np.testing.assert_array_equal(y, y[:, :1].repeat(6, 1))
    np.testing.assert_allclose(np.unique(y), [0, 4 / 3], rtol=1e-6)
    assert 0.7 < (y > 0).mean() < 0.8
    assert (layer(x, training=True).numpy() != y).any()
    np.testing.assert_array_equal(layer(x), x)
    assert np.isfinite(L.LSTM(4, recurrent_dropout=0.5)(x, training=True).numpy()).all()


def test_time_distributed_over_images():
    x = values((2, 3, 6, 6, 1), 0)
    layer = L.TimeDistributed(L.Conv2D(2, 3))
    y = layer(x).numpy()
    np.testing.assert_allclose(y[:, 1], layer.layer(x[:, 1]), rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 3, 6, 6, 1)) == (None, 3, 4, 4, 2)


@pytest.mark.parametrize("units", [0, -2, 1.5, "3"])
@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM", "GRU", "LSTMCell"])
def test_units_must_be_positive(kind, units):
    with pytest.raises(InvalidArgumentError, match="units"):
        getattr(L, kind)(units)


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("ndim=3", lambda: L.LSTM(2)(np.ones((2, 3), "float32"))),
        ("initial_state", lambda: L.LSTM(2)(inputs(), initial_state=[values((3, 2), 0)])),
        (r"\(3, 2\)", lambda: L.GRU(2)(inputs(), initial_state=values((3, 5), 0))),
        ("mask", lambda: L.GRU(2)(inputs(), mask=np.ones((3, 4), bool))),
        ("time step", lambda: L.GRU(2)(np.ones((2, 0, 3), "float32"))),
        ("dropout", lambda: L.GRU(2, dropout=1.5)),
        ("recurent_dropout.*recurrent_dropout", lambda: L.LSTM(2, recurent_dropout=0.5)),
        ("batch", lambda: keras.Sequential([keras.Input((4, 2)), L.LSTM(2, stateful=True)])),
        ("cell", lambda: L.RNN(3)),
        ("cells", lambda: L.StackedRNNCells([])),
        ("merge mode", lambda: L.Bidirectional(L.LSTM(2), merge_mode="max")),
        ("go_backwards", lambda: L.Bidirectional(L.LSTM(2), backward_layer=L.LSTM(2))),
        ("go_backwards", lambda: L.Bidirectional(L.Dense(2))),
        ("layer", lambda: L.Bidirectional(3)),
        ("layer", lambda: L.TimeDistributed(L.Dense)),
        ("at least 3", lambda: L.TimeDistributed(L.Dense(2))(np.ones((2, 3), "float32"))),
        ("time_major", lambda: L.GRU(2, time_major=True)),
        ("expected 2 state", lambda: L.LSTMCell(2)(inputs()[:, 0], [values((3, 2), 0)])),
    ],
)
def test_bad_input(match, call):
    with pytest.raises((InvalidArgumentError, ShapeError), match=match):
        call()
