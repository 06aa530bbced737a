import numpy as np
import pytest

from caudal import keras
from caudal.errors import InvalidArgumentError

sklearn = pytest.importorskip("sklearn")


def line(X, y):
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(y.shape[1])])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model


X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")


def test_a_warm_start_goes_on():
    y = X.sum(axis=1)
    estimator = keras.wrappers.SKLearnRegressor(line, warm_start=True)
    first = estimator.fit(X, y, epochs=2, verbose=0).history_.history["loss"]
    model = estimator.model_
    second = estimator.fit(X, y, epochs=2, verbose=0).history_.history["loss"]
    assert estimator.model_ is model and max(second) < min(first)


def test_in_a_pipeline_and_a_search():
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def classifier(X, y, rate=0.1):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
        model.compile(keras.optimizers.SGD(rate), "categorical_crossentropy")
        return model

    estimator = keras.wrappers.SKLearnClassifier(
        classifier, fit_kwargs={"epochs": 15, "verbose": 0}
    )
    search = GridSearchCV(estimator, {"model_kwargs": [{"rate": 1e-6}, {"rate": 0.5}]}, cv=2)
    pipe = make_pipeline(StandardScaler(), search)
    labels = np.where(X[:, 0] > 0, "up", "down")
    pipe.fit(X, labels)
    assert search.best_params_ == {"model_kwargs": {"rate": 0.5}}
    assert pipe.score(X, labels) > 0.9


def test_what_is_no_model():
    with pytest.raises(InvalidArgumentError, match="`model` must be"):
        keras.wrappers.SKLearnRegressor("dense").fit(X, X[:, 0])
    with pytest.raises(InvalidArgumentError, match="only one class"):
        keras.wrappers.SKLearnClassifier(line).fit(X, np.zeros(40, int))
