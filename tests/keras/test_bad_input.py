import numpy as np
import pytest

import caudal
from caudal import keras
from caudal.data import Dataset
from caudal.errors import (
    CaudalWarning,
    DTypeError,
    FailedPreconditionError,
    InvalidArgumentError,
    ShapeError,
)
from caudal.keras import layers

X = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
Y = np.arange(10) % 3


def model(loss="sparse_categorical_crossentropy", activation="softmax", units=3):
    made = keras.Sequential([keras.Input((4,)), layers.Dense(units, activation=activation)])
    made.compile("sgd", loss)
    return made


def test_fit_before_compile():
    made = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    for method in ("fit", "evaluate", "train_on_batch"):
        with pytest.raises(FailedPreconditionError, match=rf"compile\(\) before {method}"):
            getattr(made, method)(X, Y)


def test_lengths_that_differ():
    with pytest.raises(ShapeError, match=r"x has 10 samples but y has 9"):
        model().fit(X, Y[:9], verbose=0)
    with pytest.raises(ShapeError, match="sample_weight has 3"):
        model().fit(X, Y, sample_weight=[1.0, 1.0, 1.0], verbose=0)


def test_empty_arrays():
    with pytest.raises(InvalidArgumentError, match="at least one sample"):
        model().fit(X[:0], Y[:0], verbose=0)
    with pytest.raises(InvalidArgumentError, match="empty"):
        model().predict([], verbose=0)


@pytest.mark.parametrize("bad", [np.array([["a"] * 4] * 10), np.array([[None] * 4] * 10)])
def test_arrays_that_are_not_numbers(bad):
    with pytest.raises(InvalidArgumentError, match="expected an array of numbers, received dtype"):
        model().fit(bad, Y, verbose=0)


def test_ragged_rows():
    with pytest.raises(InvalidArgumentError, match="rows of different lengths"):
        model().fit([[1.0, 2.0], [3.0]], [0, 1], verbose=0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_warn(value):
    x = X.copy()
    x[6, 2] = value
    with pytest.warns(CaudalWarning, match="x: 1 of 40 values .* first in row 6"):
        model().fit(x, Y, verbose=0)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("label", [3, -1, 255])
def test_label_out_of_range_in_compiled_training(shuffle, label):
    y = Y.copy()
    y[7] = label
    with pytest.raises(InvalidArgumentError, match=rf"label {label} in row 7 .*\[0, 3\)"):
        model().fit(X, y, batch_size=4, shuffle=shuffle, verbose=0)
    with pytest.raises(InvalidArgumentError, match=rf"label {label} in row 7"):
        model().evaluate(X, y, batch_size=4, verbose=0)


def test_label_out_of_range_in_streams_and_batches():
    y = Y.copy()
    y[7] = 5
    batches = [(X[:5], y[:5]), (X[5:], y[5:])]
    with pytest.raises(InvalidArgumentError, match="label 5 in row 7"):
        model().fit(iter(batches), verbose=0)
    with pytest.raises(InvalidArgumentError, match="label 5 in row 7"):
        model().train_on_batch(X, y)


def test_a_model_is_usable_after_a_bad_label():
    made = model()
    y = Y.copy()
    y[0] = 9
    with pytest.raises(InvalidArgumentError):
        made.fit(X, y, verbose=0)
    made.fit(X, Y, verbose=0)
    assert np.isfinite(made.predict(X, verbose=0)).all()


def test_labels_of_another_shape():
    with pytest.raises(ShapeError, match=r"labels have shape \(10,\).*\(10, 3\)|same shape"):
        model("categorical_crossentropy").fit(X, Y, verbose=0)
    with pytest.raises(ShapeError, match="use categorical_crossentropy"):
        model().fit(X, np.eye(3)[Y], verbose=0)
    with pytest.raises(ShapeError, match="predictions"):
        model("mse", None).fit(X, np.zeros((10, 2)), verbose=0)


def test_names_that_do_not_exist():
    made = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    with pytest.raises(InvalidArgumentError, match="Did you mean: categorical_crossentropy"):
        made.compile("sgd", "categorical_crosentropy")
    with pytest.raises(InvalidArgumentError, match="Did you mean: accuracy"):
        made.compile("sgd", "mse", metrics=["acuracy"])
    with pytest.raises(InvalidArgumentError, match="Did you mean: adam"):
        made.compile("adm", "mse")


def test_unknown_keywords_are_named():
    made = model()
    with pytest.raises(InvalidArgumentError, match=r"fit: unknown argument 'epoch'.*epochs"):
        made.fit(X, Y, epoch=3)
    with pytest.raises(InvalidArgumentError, match=r"compile: unknown argument 'metric'.*metrics"):
        made.compile("sgd", "mse", metric=["accuracy"])
    with pytest.raises(InvalidArgumentError, match=r"predict: unknown argument 'verbos'"):
        made.predict(X, verbos=0)
    with pytest.raises(InvalidArgumentError, match=r"evaluate: unknown argument 'batchsize'"):
        made.evaluate(X, Y, batchsize=1)
    with pytest.warns(CaudalWarning, match="workers= is an old argument"):
        made.fit(X, Y, workers=2, verbose=0)


def test_softmax_with_from_logits():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with pytest.warns(CaudalWarning, match="from_logits=False"):
        model(loss).fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("loss", "units", "fix"),
    [
        ("binary_crossentropy", 1, "activation='sigmoid'"),
        ("sparse_categorical_crossentropy", 3, "activation='softmax'"),
    ],
)
def test_loss_of_probabilities_without_activation(loss, units, fix):
    with pytest.warns(CaudalWarning, match=rf"{fix}.*from_logits=True"):
        model(loss, None, units).fit(X, Y % units if units == 3 else Y % 2, verbose=0)


def test_bad_numbers():
    made = model()
    with pytest.raises(InvalidArgumentError, match="batch_size must be an integer >= 1"):
        made.fit(X, Y, batch_size=0)
    with pytest.raises(InvalidArgumentError, match="epochs must be an integer >= 0, received '3'"):
        made.fit(X, Y, epochs="3")
    with pytest.raises(InvalidArgumentError, match="class_weight: expected a dict"):
        made.fit(X, Y, class_weight="balanced")
    with pytest.raises(InvalidArgumentError, match="verbose must be"):
        made.fit(X, Y, verbose=7)
    with pytest.raises(InvalidArgumentError, match="validation_split must be between"):
        made.fit(X, Y, validation_split=1.5, verbose=0)
    with pytest.raises(InvalidArgumentError, match="leaves no sample"):
        made.fit(X[:1], Y[:1], validation_split=0.5, verbose=0)
    with pytest.raises(InvalidArgumentError, match="only supported for arrays"):
        made.fit(iter([(X, Y)]), validation_split=0.5, verbose=0)
    with pytest.raises(InvalidArgumentError, match="y must come from it"):
        made.fit(iter([(X, Y)]), Y, verbose=0)
    with pytest.raises(InvalidArgumentError, match="no batch at all"):
        made.fit(iter([]), verbose=0)


def test_missing_labels():
    with pytest.raises(InvalidArgumentError, match="needs labels"):
        model().fit(X, verbose=0)


def test_no_loss():
    made = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    made.compile("sgd")
    with pytest.raises(InvalidArgumentError, match="no loss to compute"):
        made.fit(X, Y, verbose=0)


def test_outputs_that_do_not_exist():
    inputs = keras.Input((4,))
    made = keras.Model(
        inputs, [layers.Dense(1, name="a")(inputs), layers.Dense(1, name="b")(inputs)]
    )
    made.compile("sgd", loss={"a": "mse", "bb": "mse"})
    with pytest.raises(InvalidArgumentError, match=r"no output named 'bb'.*Did you mean: b"):
        made.fit(X, [X[:, :1], X[:, :1]], verbose=0)


def test_a_dataset_over_arrays_that_are_not_finite_warns():
    x = X.copy()
    x[6, 2] = np.nan
    with pytest.warns(CaudalWarning, match="x: 1 of 40 values .* first in row 6"):
        model().fit(Dataset.from_tensor_slices((x, Y)).batch(5), verbose=0)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: keras.losses.MeanSquaredError(reductoin="sum"), "'reductoin'.*mean: reduction"),
        (lambda: keras.losses.Huber(dleta=1), "Huber: unknown argument 'dleta'.*mean: delta"),
        (lambda: keras.metrics.Mean(nam="a"), "Mean: unknown argument 'nam'.*mean: name"),
        (lambda: caudal.reduce_mean([1.0], axes=0), "reduce_mean: .*'axes'.*mean: axis"),
    ],
)
def test_unknown_keywords(make, text):
    with pytest.raises(DTypeError, match=text):
        make()
    assert issubclass(DTypeError, TypeError)


def test_labels_of_several_outputs():
    inputs = keras.Input((4,))
    outputs = [layers.Dense(1, name=name)(inputs) for name in ("price", "area")]
    made = keras.Model(inputs, outputs)
    made.compile("sgd", "mse")
    y = np.ones((10, 1), "float32")
    with pytest.raises(InvalidArgumentError, match=r"2 outputs \(price, area\), received 1 array"):
        made.fit(X, y, verbose=0)
    with pytest.raises(InvalidArgumentError, match=r"no output 'prise'.*Did you mean: price"):
        made.fit(X, {"prise": y, "area": y}, verbose=0)
