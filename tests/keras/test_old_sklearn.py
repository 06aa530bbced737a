"""Keras 2's KerasClassifier and KerasRegressor with scikit-learn's tools."""

import numpy as np
import pytest

from caudal import keras
from caudal.errors import FailedPreconditionError, InvalidArgumentError

pytest.importorskip("sklearn")
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

old = keras.wrappers.scikit_learn
X = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
LABELS = np.where(X[:, 0] > 0, "yes", "no")


def binary(units=8, rate=0.05):
    layers = [keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((3,)), *layers])
    optimizer = keras.optimizers.Adam(rate)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


def several():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(0.1), "categorical_crossentropy", metrics=["acc"])
    return model


def line():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), "mean_squared_error")
    return model


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(1)


def test_a_classifier_of_two_labels():
    judge = old.KerasClassifier(build_fn=binary, epochs=15, batch_size=10, verbose=0)
    history = judge.fit(X, LABELS)
    assert len(history.history["loss"]) == 15
    assert set(judge.predict(X)) == {"yes", "no"}
    chances = judge.predict_proba(X)
    assert chances.shape == (60, 2)
    assert np.allclose(chances.sum(1), 1)
    assert np.array_equal(chances.argmax(1) == 1, judge.predict(X) == "yes")
    assert judge.score(X, LABELS) == pytest.approx((judge.predict(X) == LABELS).mean())
    assert judge.score(X, LABELS) > 0.9


def test_a_classifier_of_several_labels():
    y = X.argmax(1) + 4
    judge = old.KerasClassifier(several, epochs=20, verbose=0)
    judge.fit(X, y)
    assert set(judge.predict(X)) <= {4, 5, 6}
    assert judge.score(X, y) > 0.8
    rows = keras.utils.to_categorical(y - 4)
    judge.fit(X, rows)
    assert judge.classes_.tolist() == [0, 1, 2]
    assert judge.score(X, rows) > 0.8


def test_scikit_learns_tools():
    judge = old.KerasClassifier(build_fn=binary, epochs=10, batch_size=5, verbose=0)
    assert cross_val_score(judge, X, LABELS, cv=KFold(2)).shape == (2,)
    grid = GridSearchCV(judge, {"units": [2, 8], "epochs": [1, 10]}, cv=2)
    best = grid.fit(X, LABELS).best_params_
    assert best["epochs"] == 10
    made = clone(judge).set_params(units=3)
    assert made.get_params()["units"] == 3
    assert made.get_params()["build_fn"] is binary
    line_of = old.KerasRegressor(build_fn=line, epochs=40, batch_size=5, verbose=0)
    whole = Pipeline([("scale", StandardScaler()), ("line", line_of)])
    whole.fit(X, X.sum(1))
    assert whole.predict(X).shape == (60,)
    assert -0.1 < whole.score(X, X.sum(1)) <= 0


def test_a_subclass_builds_its_own():
    class Own(old.KerasClassifier):
        def __call__(self, units):
            return binary(units)

    judge = Own(units=2, epochs=1, verbose=0)
    judge.fit(X, LABELS)
    assert judge.model.layers[0].units == 2


def test_what_is_wrong():
    with pytest.raises(InvalidArgumentError, match="'unit' is no argument"):
        old.KerasClassifier(binary, unit=3)
    with pytest.raises(InvalidArgumentError, match="function that returns a compiled model"):
        old.KerasRegressor(build_fn=3)
    with pytest.raises(InvalidArgumentError, match="function that returns a compiled model"):
        old.KerasRegressor()
    with pytest.raises(FailedPreconditionError, match="call fit"):
        old.KerasRegressor(line).predict(X)
    with pytest.raises(InvalidArgumentError, match="shape of y"):
        old.KerasClassifier(binary).fit(X, np.zeros((60, 1, 1)))
    judge = old.KerasClassifier(line, verbose=0)
    judge.fit(X, LABELS)
    with pytest.raises(InvalidArgumentError, match="not configured to compute accuracy"):
        judge.score(X, LABELS)
