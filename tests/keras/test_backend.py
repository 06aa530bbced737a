"""keras.backend's functions of symbolic tensors, learning phase and settings."""

import numpy as np
import pytest

import caudal as tf
from caudal import keras

K = keras.backend


def network():
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, activation="tanh"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2),
        ]
    )


X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def test_a_function_computes_layers_outputs():
    model = network()
    call = K.function([model.layers[0].input], [model.layers[0].output, model.output])
    hidden, out = call([X])
    np.testing.assert_allclose(hidden, model.layers[0](X).numpy(), rtol=1e-6)
    # One program of both layers rounds sums of terms up to 0.5 elsewhere.
    np.testing.assert_allclose(out, model(X).numpy(), rtol=1e-6, atol=1e-7)


def test_a_function_takes_the_learning_phase():
    model = network()
    call = K.function([model.input, K.learning_phase()], [model.layers[1].output])
    still = call([X, 0])[0]
    assert (still != 0).all()
    assert (call([X, 1])[0] == 0).any()


def test_gradients_are_those_of_a_tape():
    model = network()
    hidden = model.layers[0].output
    weight = model.layers[2].kernel
    loss = K.mean(K.square(model.output[:, 0]))
    grads = K.gradients(loss, [model.input, hidden, weight])
    assert grads[0].shape == (None, 4)
    normed = grads[0] / (K.sqrt(K.mean(K.square(grads[0]))) + 1e-5)
    found = K.function([model.input], [loss, *grads, normed])([X])
    with tf.GradientTape() as tape:
        x = tf.constant(X)
        tape.watch(x)
        inner = model.layers[0](x)
        tape.watch(inner)
        total = tf.reduce_mean(tf.square(model.layers[2](inner)[:, 0]))
    wanted = tape.gradient(total, [x, inner, weight])
    np.testing.assert_allclose(found[0], total.numpy(), rtol=1e-6)
    for mine, its in zip(found[1:4], wanted, strict=True):
        np.testing.assert_allclose(mine, its.numpy(), rtol=1e-5, atol=1e-7)
    assert abs(float(np.sqrt(np.mean(found[4] ** 2))) - 1) < 1e-3


def test_gradients_of_values_say_what_to_do():
    with pytest.raises(tf.errors.InvalidArgumentError, match="GradientTape"):
        K.gradients(tf.constant(1.0), [tf.Variable(1.0)])


def test_phases():
    assert K.in_train_phase(1, 2) == 2
    with K.learning_phase_scope(1):
        assert K.learning_phase() == 1
        assert K.in_train_phase(lambda: 1, 2) == 1
        assert K.in_test_phase(1, 2) == 2
    assert K.learning_phase() == 0
    with pytest.raises(tf.errors.InvalidArgumentError, match="0 or 1"):
        K.set_learning_phase(3)


def test_the_layout_under_keras_1s_name():
    assert K.image_dim_ordering() == "tf"
    K.set_image_dim_ordering("th")
    assert keras.config.image_data_format() == "channels_first"
    K.set_image_dim_ordering("tf")
    with pytest.raises(tf.errors.InvalidArgumentError, match="'tf' or 'th'"):
        K.set_image_dim_ordering("xy")


def test_names_are_counted():
    K.clear_session()
    assert [K.get_uid("a"), K.get_uid("a"), K.get_uid("b")] == [1, 2, 1]


def test_random_numbers():
    K.set_floatx("float64")
    try:
        assert K.random_normal((2, 3)).dtype == tf.float64
    finally:
        K.set_floatx("float32")
    drawn = K.random_bernoulli((1000,), p=0.3).numpy()
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert 0.2 < drawn.mean() < 0.4
    drawn = K.random_uniform_variable((100,), 2.0, 3.0).numpy()
    assert drawn.min() >= 2
    assert drawn.max() < 3


def test_old_lambdas_work_on_symbols():
    mean, spread = keras.Input((2,)), keras.Input((2,))

    def sample(args):
        m, s = args
        epsilon = K.random_normal(shape=(K.shape(m)[0], K.int_shape(m)[1]))
        return m + K.exp(s / 2) * epsilon

    z = keras.layers.Lambda(sample, output_shape=(2,))([mean, spread])
    loss = -0.5 * K.sum(1 + spread - K.square(mean) - K.exp(spread), axis=-1)
    model = keras.Model([mean, spread], [z, loss])
    drawn, kl = model([np.zeros((3, 2), "float32"), np.full((3, 2), -60, "float32")])
    assert np.abs(drawn.numpy()).max() < 1e-9
    np.testing.assert_allclose(kl.numpy(), 59.0, rtol=1e-6)


def test_bad_arguments():
    with pytest.raises(tf.errors.InvalidArgumentError, match="batch_dot"):
        K.batch_dot(tf.zeros((2, 3)), tf.zeros((3, 3)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="symbolic"):
        K.get_value(keras.Input((2,)))
    with pytest.raises(tf.errors.UnimplementedError, match="updates"):
        K.function([keras.Input((2,))], [], updates=[1])
    with pytest.raises(AttributeError, match="Sessions left"):
        K.get_session()
