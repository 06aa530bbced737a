import numpy as np
import pytest

from caudal import keras
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras import layers

X = np.random.default_rng(0).normal(size=(2, 3, 6, 5, 2)).astype("float32")


def test_channels_first_is_a_transpose():
    last = layers.ConvLSTM2D(3, 2, return_sequences=True, return_state=True)
    first = layers.ConvLSTM2D(
        3, 2, return_sequences=True, return_state=True, data_format="channels_first"
    )
    expected = last(X)
    first.build((2, 3, 2, 6, 5))
    first.set_weights(last.get_weights())
    found = first(X.transpose(0, 1, 4, 2, 3))
    np.testing.assert_allclose(
        found[0].numpy().transpose(0, 1, 3, 4, 2), expected[0].numpy(), rtol=1e-5, atol=1e-6
    )
    for one, other in zip(found[1:], expected[1:], strict=True):
        np.testing.assert_allclose(
            one.numpy().transpose(0, 2, 3, 1), other.numpy(), rtol=1e-5, atol=1e-6
        )
    shapes = first.compute_output_shape((None, 3, 2, 6, 5))
    assert shapes == ((None, 3, 3, 5, 4), (None, 3, 5, 4), (None, 3, 5, 4))


def test_states_go_on():
    layer = layers.ConvLSTM2D(2, 3, padding="same", stateful=True)
    whole = layers.ConvLSTM2D(2, 3, padding="same")
    whole.build(X.shape)
    layer.build((2, 1, 6, 5, 2))
    layer.set_weights(whole.get_weights())
    for step in range(3):
        found = layer(X[:, step : step + 1])
    np.testing.assert_allclose(found.numpy(), whole(X).numpy(), rtol=1e-5, atol=1e-6)
    layer.reset_state()
    np.testing.assert_allclose(
        layer(X[:, :1]).numpy(), whole(X[:, :1]).numpy(), rtol=1e-5, atol=1e-6
    )


def test_dropout_and_saving(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((3, 6, 5, 2)),
            layers.ConvLSTM2D(2, 3, dropout=0.5, recurrent_dropout=0.5, seed=3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    y = X.mean(axis=(1, 2, 3, 4))
    assert np.isfinite(model.fit(X, y, epochs=2, verbose=0).history["loss"]).all()
    layer = model.layers[0]
    assert np.abs(layer(X, training=True).numpy() - layer(X).numpy()).max() > 1e-4
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_bad_arguments():
    with pytest.raises(InvalidArgumentError, match="filters"):
        layers.ConvLSTM2D(0, 3)
    with pytest.raises(InvalidArgumentError, match="kernel_size"):
        layers.ConvLSTM2D(2, (3, 3, 3))
    with pytest.raises(InvalidArgumentError, match="Did you mean: return_state"):
        layers.ConvLSTM1D(2, 3, return_stat=True)
    layer = layers.ConvLSTM2D(2, 3)
    layer.build(X.shape)
    with pytest.raises(ShapeError, match="a state must have the shape"):
        layer(X, initial_state=[np.zeros((2, 1, 1, 2), "float32")] * 2)
    with pytest.raises(InvalidArgumentError, match="2 tensors"):
        layer(X, initial_state=[np.zeros((2, 4, 3, 2), "float32")])
    with pytest.raises(InvalidArgumentError):
        layer(X[0])
