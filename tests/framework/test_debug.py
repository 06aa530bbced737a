"""caudal.debug.enable_nan_check: the op, the layer, the line and the sample of the first NaN."""

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import CaudalWarning

BadNumber = tf.errors.InvalidArgumentError


@pytest.fixture(autouse=True)
def checked():
    tf.debug.enable_nan_check()
    yield
    tf.debug.disable_nan_check()


class Root(keras.layers.Layer):
    def call(self, inputs):
        return tf.sqrt(inputs)  # the root


def model(**options):
    made = keras.Sequential([keras.Input((3,)), Root(name="root"), keras.layers.Dense(2)])
    made.compile("sgd", "mse", **options)
    return made


def rows(bad, count=40):
    x = np.ones((count, 3), "float32")
    x[bad, 1] = -4.0
    return x, np.ones((count, 2), "float32")


def test_infinities_are_let_through():
    assert np.isinf(tf.math.log(tf.constant(0.0)).numpy())
    with pytest.raises(BadNumber, match=r"nan_check: detected NaN in the result of op 'sub'"):
        tf.math.log(tf.constant(0.0)) - tf.math.log(tf.constant(0.0))


@pytest.mark.parametrize("shuffle", [False, True])
def test_fit_names_the_sample_of_the_arrays(shuffle):
    with pytest.raises(BadNumber, match=r"op 'sqrt'.*in layer '.*root'.*the root") as caught:
        model().fit(*rows(29), batch_size=8, shuffle=shuffle, verbose=0)
    assert "It comes from sample 29 of the data." in str(caught.value)


def test_several_samples():
    with pytest.raises(BadNumber, match="from 2 samples; the first is sample 3 of the data"):
        model().evaluate(*rows([3, 5]), batch_size=8, verbose=0)


def test_a_dataset_counts_in_its_batch():
    data = tf.data.Dataset.from_tensor_slices(rows(29)).map(lambda x, y: (x * 1.0, y)).batch(8)
    with pytest.raises(BadNumber, match="sample 5 of the batch"):
        model().fit(data, verbose=0)


def test_op_by_op():
    with pytest.raises(BadNumber, match="sample 5 of the batch"):
        model(run_eagerly=True).fit(*rows(29), batch_size=8, shuffle=False, verbose=0)


def test_predict():
    with pytest.raises(BadNumber, match=r"op 'sqrt'.*sample 2 of the batch"):
        model().predict(rows(2)[0], batch_size=8, verbose=0)


def test_a_label_that_makes_the_loss_bad():
    x, y = rows([])
    y[17, 0] = np.nan
    with (
        pytest.warns(CaudalWarning, match="row 17"),
        pytest.raises(BadNumber, match="sample 17 of the data"),
    ):
        model().fit(x, y, batch_size=8, verbose=0)


def test_a_sum_over_the_batch_looks_at_what_it_sums():
    class Spread(keras.layers.Layer):
        def call(self, inputs):
            return inputs - tf.reduce_sum(inputs * [[1.0, -1.0, 1.0]], axis=0, keepdims=True)

    made = keras.Sequential([keras.Input((3,)), Spread()])
    x = np.ones((8, 3), "float32")
    x[6] = np.inf
    with pytest.raises(BadNumber, match="sample 6 of the batch"):
        made.predict(x, verbose=0)


def test_the_gradient_of_a_square_kernel_names_no_sample():
    # The kernel's gradient has as many rows as the batch, which are no samples.
    made = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, use_bias=False)])
    made.compile(keras.optimizers.SGD(np.nan), "mse")
    with pytest.raises(BadNumber) as caught:
        made.fit(np.ones((8, 8)), np.zeros((8, 8)), batch_size=8, verbose=0)
    assert "sample" not in caught.value.message


def test_a_model_that_ran_before_is_checked_and_runs_on_afterwards():
    tf.debug.disable_nan_check()
    made = model()
    made.fit(*rows([]), verbose=0)
    tf.debug.enable_nan_check()
    with pytest.raises(BadNumber):
        made.fit(*rows(1), verbose=0)
    tf.debug.disable_nan_check()
    assert np.isnan(made.evaluate(*rows(1), verbose=0))
